"""All that SQLite did to the files of a folder, in order, and what a power cut could leave of it.

The rules are those of a disk that keeps its word: what was synced is there. Of what was not, any
part may be there, in any combination, a write torn between two sectors; a name that was made or
removed counts once the folder is flushed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.disk.shim import OK, Disk, File

SECTOR: Final = 512
"""Bytes that are written whole or not at all."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at a place in a file."""

    file: int
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file was made this long."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """What was written to a file before is on the disk; also the names, if the folder was flushed.
    One that `failed` is worse than none: the system forgets what it could not write."""

    file: int
    folder_too: bool
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """From now on a name stands for a file, or for none."""

    name: str
    file: int | None
    flushed: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody is told that everything up to this row of a document is on the disk."""

    document: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint of a document after this row is about to be written."""

    document: str
    seq: int


Event = Write | Truncate | Sync | Name | Told | Kept


class Recording(Disk):
    """Does what is asked, and writes it down. Lives on when a folder is copied and used further:
    files are known by their names."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._made = 0
        self._names: dict[str, int] = {}
        self._numbers: dict[File, int] = {}
        self._flushed: set[File] = set()

    def opened(self, file: File) -> None:
        """A file that was not there gets a number and a name."""
        name = file.path.name
        if not file.existed or name not in self._names:
            self._made += 1
            self._names[name] = self._made
            self.events.append(Name(name, self._made))
        self._numbers[file] = self._names[name]

    def write(self, file: File, at: int, data: bytes, go: Callable[[bytes], int]) -> int:
        """Recorded when it was done."""
        result = go(data)
        if result == OK:
            self.events.append(Write(self._numbers[file], at, data))
        return result

    def truncate(self, file: File, size: int, go: Callable[[], int]) -> int:
        """Recorded when it was done."""
        result = go()
        if result == OK:
            self.events.append(Truncate(self._numbers[file], size))
        return result

    def sync(self, file: File, go: Callable[[], int]) -> int:
        """Recorded when it was done, and when it failed."""
        result = go()
        folder_too = file.flushes_folder and file not in self._flushed
        self._flushed.add(file)
        self.events.append(
            Sync(self._numbers[file], folder_too and result == OK, failed=result != OK)
        )
        return result

    def delete(self, path: Path, flushes_folder: bool, go: Callable[[], int]) -> int:
        """Recorded when it was done."""
        result = go()
        if result == OK:
            self._names.pop(path.name, None)
            self.events.append(Name(path.name, None, flushes_folder))
        return result


def files_named(events: Sequence[Event], name: str) -> frozenset[int]:
    """Every file that ever had this name."""
    return frozenset(
        one.file
        for one in events
        if isinstance(one, Name) and one.name == name and one.file is not None
    )


class Loss(Enum):
    """What becomes of that which was not synced."""

    ALL = "all of it is lost"
    SOME = "any part of it is there, and some writes are torn"
    LAST_TORN = "it is there, but the last write is torn"
    NOTHING = "it is there"


Files = dict[str, bytes]
"""A folder: content by name."""


@dataclass
class Platter:
    """What is on the disk, and what is only on its way there. `chance` decides what reached the
    disk of a sync that failed; without it, nothing did."""

    chance: random.Random | None = None
    contents: dict[int, bytearray] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    on_the_way: list[Write | Truncate] = field(default_factory=list)
    new_names: list[Name] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """One more event."""
        match event:
            case Write() | Truncate():
                self.on_the_way.append(event)
            case Sync(file, folder_too, failed):
                for one in self.on_the_way:
                    if one.file == file and (not failed or self._got_there_all_the_same()):
                        _do(self.contents, one)
                self.on_the_way = [one for one in self.on_the_way if one.file != file]
                if folder_too:
                    self._flush_folder()
            case Name():
                self.new_names.append(event)
                if event.flushed:
                    self._flush_folder()
            case Told() | Kept():
                pass

    def _got_there_all_the_same(self) -> bool:
        return self.chance is not None and self.chance.random() < 0.5

    def _flush_folder(self) -> None:
        for one in self.new_names:
            _rename(self.names, one)
        self.new_names = []

    def after_power_loss(self, loss: Loss, rng: random.Random) -> Files:
        """The folder as it could be found."""
        contents = {number: bytearray(content) for number, content in self.contents.items()}
        for one in _kept(self.on_the_way, loss, rng):
            _do(contents, one)
        names = dict(self.names)
        for name in self.new_names:
            if loss in (Loss.NOTHING, Loss.LAST_TORN) or (loss is Loss.SOME and rng.random() < 0.5):
                _rename(names, name)
        return {name: bytes(contents.get(file, b"")) for name, file in names.items()}


def _do(contents: dict[int, bytearray], change: Write | Truncate) -> None:
    content = contents.setdefault(change.file, bytearray())
    match change:
        case Write(_, at, data):
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(data)] = data
        case Truncate(_, size):
            del content[size:]


def _rename(names: dict[str, int], change: Name) -> None:
    if change.file is None:
        names.pop(change.name, None)
    else:
        names[change.name] = change.file


def _kept(
    changes: list[Write | Truncate], loss: Loss, rng: random.Random
) -> Iterator[Write | Truncate]:
    if loss is Loss.ALL:
        return
    for count, one in enumerate(changes, start=1):
        torn = isinstance(one, Write) and (
            (loss is Loss.LAST_TORN and count == len(changes))
            or (loss is Loss.SOME and rng.random() < 0.25)
        )
        if torn and isinstance(one, Write):
            yield from _torn(one, rng)
        elif loss is not Loss.SOME or rng.random() < 0.6:
            yield one


def _torn(write: Write, rng: random.Random) -> Iterator[Write]:
    """Some of the sectors that a write touches: the first ones, or any."""
    begin, end = write.at, write.at + len(write.data)
    edges = [begin, *range((begin // SECTOR + 1) * SECTOR, end, SECTOR), end]
    pieces = list(pairwise(edges))
    first = rng.randrange(len(pieces) + 1)
    any_of_them = rng.random() < 0.5
    for count, (start, stop) in enumerate(pieces):
        if rng.random() < 0.5 if any_of_them else count < first:
            yield Write(write.file, start, write.data[start - begin : stop - begin])
