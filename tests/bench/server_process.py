"""A measured server in a process of its own, on one port and one data folder over its lives."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.bench.machine import cpu_seconds
from tests.bench.targets import ROOT, Target
from tests.chaos import _free_port

_ENVIRONMENT: Final = {
    **{
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SAMENBEELD_") and name != "DATABASE_URL"
    },
    "NODE_ENV": "production",
}
"""Every server with its defaults, and in its own folder."""
_LISTENS_WITHIN: Final = 30.0
_ENDS_WITHIN: Final = 30.0
_CALM: Final = 0.02
"""Seconds of work in half a second that still count as doing nothing."""


class ServerProcess:
    """Starts with an empty folder; at the end of the `async with` it is killed and the folder
    removed."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix=f"bench-{target.name}-"))
        self.data = self._folder / "data"
        self.data.mkdir()
        self._process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.kill()
        if error is not None:
            error.add_note(f"{self.target.name} said: {self.said()[-2000:]}")
        shutil.rmtree(self._folder)

    def said(self) -> str:
        """What it wrote to its terminal."""
        return (self._folder / "log").read_text(errors="replace")

    async def start(self) -> None:
        """Start it and wait until it listens and is calm; raises RuntimeError."""
        self._process = self._spawn()
        until = time.monotonic() + _LISTENS_WITHIN
        while not await self._listens():
            if self._process.poll() is not None:
                raise RuntimeError(f"it ended with {self._process.returncode}")
            if time.monotonic() > until:
                raise RuntimeError("it does not listen")
            await asyncio.sleep(0.05)
        await self.settle()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                self.target.command(self.port, self.data),
                cwd=ROOT,
                env=_ENVIRONMENT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def settle(self, time_limit: float = 20.0) -> None:
        """Wait until it has done next to nothing for a second."""
        until, calm, before = time.monotonic() + time_limit, 0, cpu_seconds(self.pid)
        while calm < 2 and time.monotonic() < until:
            await asyncio.sleep(0.5)
            now = cpu_seconds(self.pid)
            calm, before = calm + 1 if now - before <= _CALM else 0, now

    async def stop(self) -> None:
        """End it as an operator does; raises TimeoutError when it does not."""
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_ENDS_WITHIN):
            while self._process.poll() is None:  # noqa: ASYNC110 a process tells nobody
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """kill -9, with all below it (it leads a process group of its own)."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
