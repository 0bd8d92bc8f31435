"""A disk that fails while it is used, in ways that disks do."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from tests.disk.recording import Recording
from tests.disk.shim import FULL, IOERR_FSYNC, IOERR_WRITE, File

SLOW: Final = 2.0
"""Seconds that a slow disk takes for a sync."""


class Fault(StrEnum):
    """What goes wrong, as SQLite is told by the operating system."""

    WRITE_ERROR = "EIO on write"
    SYNC_ERROR = "EIO on fsync"
    NO_SPACE = "ENOSPC"
    SHORT_WRITE = "half of each write, then ENOSPC"
    SLOW_SYNC = "fsync takes 2 s"


THAT_FAIL: Final = (Fault.WRITE_ERROR, Fault.SYNC_ERROR, Fault.NO_SPACE, Fault.SHORT_WRITE)
"""Those that end in an error; a slow disk only takes its time."""


class FailingDisk(Recording):
    """Fails as long as it has a `fault`; counts how often. After a sync that failed the system
    holds on the disk what it held before, and calls the rest clean: so it is recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Fault | None = None
        self.met = 0

    def write(self, file: File, at: int, data: bytes, go: Callable[[bytes], int]) -> int:
        """Refused, or half done."""
        match self.fault:
            case Fault.WRITE_ERROR:
                self.met += 1
                return IOERR_WRITE
            case Fault.NO_SPACE:
                self.met += 1
                return FULL
            case Fault.SHORT_WRITE:
                self.met += 1
                super().write(file, at, data[: len(data) // 2], go)
                return FULL
            case _:
                return super().write(file, at, data, go)

    def sync(self, file: File, go: Callable[[], int]) -> int:
        """Refused, or late."""
        match self.fault:
            case Fault.SYNC_ERROR:
                self.met += 1
                return super().sync(file, lambda: IOERR_FSYNC)
            case Fault.SLOW_SYNC:
                self.met += 1
                time.sleep(SLOW)
                return super().sync(file, go)
            case _:
                return super().sync(file, go)
