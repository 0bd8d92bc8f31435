"""The real program in a process of its own, without waiting for its imports each time.

A small process imports everything once and is forked for each start; what runs in the fork is
`samenbeeld` with its arguments, and it can be killed like any other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Final

_context: Final[ForkServerContext] = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["server.__main__", "tests.forked", "tests.watched"])


class Forked:
    """A process that runs `samenbeeld` with arguments, seen as a `subprocess.Popen` is. `before`
    is called in it first; `environment` is added to ours."""

    def __init__(
        self,
        arguments: Sequence[str],
        before: Callable[[], None] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        told = {"SAMENBEELD_LOG_LEVEL": "error", **(environment or {})}
        self._process: ForkServerProcess = _context.Process(
            target=_samenbeeld, args=(list(arguments), before, told), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int | None:
        """Which process it is."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """How it ends; raises TimeoutError."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Nothing happens when it ended already."""
        if self._process.exitcode is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.send_signal(signal.SIGKILL)
        self.wait()


def _samenbeeld(
    arguments: list[str], before: Callable[[], None] | None, environment: Mapping[str, str]
) -> None:
    from server.__main__ import main

    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.argv = ["samenbeeld", *arguments]
    if before is not None:
        before()
    main()
