"""The demo as people start it: a real process of the command line, on a port of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
ENVIRONMENT: Final = {
    **{name: value for name, value in os.environ.items() if not name.startswith("SAMENBEELD_")},
    "PYTHONUNBUFFERED": "1",
}
READY_WITHIN: Final = 30.0


@dataclass
class DemoProcess:
    """A server with the demo in `folder`; it can be killed and started again on its port."""

    folder: Path
    port: int = 0
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it says where it is."""
        log = (self.folder / "server.log").open("w+")
        command = ["run", "--demo", "--port", str(self.port), "--data", str(self.folder / "data")]
        self._process = samenbeeld(command, log.fileno())
        log.close()
        until = time.monotonic() + READY_WITHIN
        while (found := re.search(r"Samenbeeld: http://127\.0\.0\.1:(\d+)", self.said())) is None:
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.05)
        self.port = int(found[1])

    def said(self) -> str:
        """What it wrote to its terminal."""
        return (self.folder / "server.log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it, gently or with SIGKILL."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None


def samenbeeld(arguments: list[str], output: int) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def a_demo(folder: Path) -> Iterator[DemoProcess]:
    """A running demo, stopped at the end."""
    demo = DemoProcess(folder)
    demo.start()
    try:
        yield demo
    finally:
        demo.stop()
