"""A server process that can be watched from outside: is it in the middle of a checkpoint?

A file of four bytes, mapped into both processes, says it at any moment, also after kill -9.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models import database, update_log
from models.database import DATABASE_FILE
from server import loading
from tests.disk.shim import Disk, File, between

ROWS_PER_CHECKPOINT: Final = 20
PAGES_PER_CHECKPOINT: Final = 40
"""Of the write-ahead log; as they are set, a round of chaos sees few of either."""

_for_ever: Final = ExitStack()
"""What a watched process enters and leaves only when it ends."""

OF_A_ROOM: Final = 0
OF_THE_LOG: Final = 1


class Lamps:
    """What a server process is busy with, as it says itself."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(4))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 4)

    def __getitem__(self, which: int) -> bool:
        return self._map[which] != 0

    def __setitem__(self, which: int, on: bool) -> None:
        self._map[which] = int(on)

    def off(self) -> None:
        """Nothing is being done."""
        self._map[:] = bytes(4)


class _Watch(Disk):
    """The database file itself is only written while the log is brought into it, and what a
    commit stores is on the disk when the log was synced."""

    def __init__(self, lamps: Lamps) -> None:
        self._lamps = lamps

    def write(self, file: File, at: int, data: bytes, go: Callable[[bytes], int]) -> int:
        if file.path.name == DATABASE_FILE:
            self._lamps[OF_THE_LOG] = True
        return go(data)

    def sync(self, file: File, go: Callable[[], int]) -> int:
        result = go()
        if file.path.name == DATABASE_FILE:
            self._lamps[OF_THE_LOG] = False
        else:
            self._lamps[OF_A_ROOM] = False
        return result


@dataclass(frozen=True, slots=True)
class Watch:
    """To be called in a process before it becomes a server over `folder`: lights the lamps in
    `file`, and makes checkpoints frequent."""

    folder: Path
    file: Path

    def __call__(self) -> None:
        lamps = Lamps(self.file)
        loading.CHECKPOINT_EVERY = ROWS_PER_CHECKPOINT
        often = f"wal_autocheckpoint={PAGES_PER_CHECKPOINT}"
        database._WRITER = (*database._WRITER, often)
        original = update_log.checkpoint

        def checkpoint(*arguments: Any) -> None:
            lamps[OF_A_ROOM] = True
            original(*arguments)

        update_log.checkpoint = checkpoint
        _for_ever.enter_context(between(_Watch(lamps), self.folder))
