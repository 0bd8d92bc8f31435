"""Taking the server's own updates apart, whole: to compare two of them, and to rename client ids.

The guard reads what strangers send and keeps no content. This reads what our own documents
emitted, without limits on size, and keeps every byte. Format: see `guard.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from sync import guard, lib0
from sync.contents import content_length
from sync.errors import Malformed
from sync.lib0 import Reader

_GC: Final = 0
_SKIP: Final = 10
_KIND: Final = 0x1F
_KEYED: Final = 0x20
_DELETED: Final = 1
_TEXT: Final = 4
_COUNTED: Final = frozenset({2, 8})
"""Contents that are a count and as many values."""

Id = tuple[int, int]
"""The client id and the clock of one unit of content."""


@dataclass(frozen=True, slots=True)
class Part:
    """One struct as it was written: `length` clock units of one client from `clock` on."""

    clock: int
    length: int
    info: int
    origin: Id | None = None
    right: Id | None = None
    parent: Id | str | None = None
    key: str | None = None
    content: bytes = b""


@dataclass(slots=True)
class Anatomy:
    """All structs by client, in the order written, and the ranges that are deleted."""

    blocks: list[tuple[int, list[Part]]] = field(default_factory=list)
    deletes: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)

    def clients(self) -> set[int]:
        """Every client id that wrote or deleted something here."""
        return {client for client, _ in (*self.blocks, *self.deletes)}


def dissect(update: bytes) -> Anatomy:
    """The parts of an update; raises Malformed."""
    reader = Reader(update)
    found = Anatomy()
    for _ in range(reader.number()):
        found.blocks.append(_block(reader))
    for _ in range(reader.number()):
        client = reader.number()
        ranges = [(reader.number(), reader.number()) for _ in range(reader.number())]
        found.deletes.append((client, ranges))
    if reader.left:
        raise Malformed("bytes behind the update")
    return found


def outline(update: bytes) -> guard.Structure:
    """What an update adds, as the guard would say it, and none of its parts; raises Malformed."""
    reader = Reader(update)
    runs: list[guard.Run] = []
    for _ in range(reader.number()):
        count, client, clock = reader.number(), reader.number(), reader.number()
        start = clock
        for _ in range(count):
            info = reader.byte()
            if info == _SKIP:
                if clock > start:
                    runs.append(guard.Run(client, start, clock))
                start = clock = clock + reader.number()
            elif info == _GC:
                clock += reader.number()
            else:
                _links(reader, info)
                clock += content_length(reader, info & _KIND)
        if clock > start:
            runs.append(guard.Run(client, start, clock))
    _pass_deletes(reader)
    return guard.Structure(runs)


def _links(reader: Reader, info: int) -> None:
    """Move on over what a struct says of its place."""
    if info & 0x80:
        reader.number()
        reader.number()
    if info & 0x40:
        reader.number()
        reader.number()
    if not info & 0xC0:
        _parent(reader)
        if info & _KEYED:
            reader.text()


def _pass_deletes(reader: Reader) -> None:
    for _ in range(reader.number()):
        reader.number()
        for _ in range(reader.number()):
            reader.number()
            reader.number()
    if reader.left:
        raise Malformed("bytes behind the update")


def _block(reader: Reader) -> tuple[int, list[Part]]:
    count, client, clock = reader.number(), reader.number(), reader.number()
    parts: list[Part] = []
    for _ in range(count):
        parts.append(_part(reader, clock))
        clock += parts[-1].length
    return client, parts


def _part(reader: Reader, clock: int) -> Part:
    info = reader.byte()
    if info in (_GC, _SKIP):
        return Part(clock, reader.number(), info)
    origin = _id(reader) if info & 0x80 else None
    right = _id(reader) if info & 0x40 else None
    parent: Id | str | None = None
    key = None
    if origin is None and right is None:
        parent = _parent(reader)
        key = reader.text() if info & _KEYED else None
    start = reader.at
    length = content_length(reader, info & _KIND)
    return Part(clock, length, info, origin, right, parent, key, reader.data[start : reader.at])


def _parent(reader: Reader) -> Id | str:
    match reader.number():
        case 1:
            return reader.text()
        case 0:
            return _id(reader)
        case _:
            raise Malformed("a parent that is neither a root nor a struct")


def _id(reader: Reader) -> Id:
    return reader.number(), reader.number()


# --- putting together ----------------------------------------------------------------------------


def assemble(anatomy: Anatomy) -> bytes:
    """The update that has these parts."""
    out = [lib0.number(len(anatomy.blocks))]
    for client, parts in anatomy.blocks:
        start = parts[0].clock if parts else 0
        out += [lib0.number(len(parts)), lib0.number(client), lib0.number(start)]
        for part in parts:
            out += _written(part)
    out.append(lib0.number(len(anatomy.deletes)))
    for client, ranges in anatomy.deletes:
        out += [lib0.number(client), lib0.number(len(ranges))]
        out += [lib0.number(number) for each in ranges for number in each]
    return b"".join(out)


def _written(part: Part) -> Iterator[bytes]:
    yield bytes((part.info,))
    if part.info in (_GC, _SKIP):
        yield lib0.number(part.length)
        return
    for link in (part.origin, part.right):
        if link is not None:
            yield _written_id(link)
    if isinstance(part.parent, str):
        yield lib0.number(1) + lib0.text(part.parent)
    elif part.parent is not None:
        yield lib0.number(0) + _written_id(part.parent)
    if part.key is not None:
        yield lib0.text(part.key)
    yield part.content


def _written_id(link: Id) -> bytes:
    return lib0.number(link[0]) + lib0.number(link[1])


# --- renaming ------------------------------------------------------------------------------------


def renamed(update: bytes, names: Mapping[int, int]) -> bytes:
    """The same document under other client ids; raises KeyError for an id without a new one.

    The order of ids decides between things written at the same place at the same time, so
    `names` must keep it; raises ValueError when it does not.
    """
    if any(names[low] >= names[high] for low, high in pairwise(sorted(names))):
        raise ValueError("the new names are in another order")
    old = dissect(update)
    return assemble(
        Anatomy(
            [(names[client], [_rename(part, names) for part in ps]) for client, ps in old.blocks],
            [(names[client], ranges) for client, ranges in old.deletes],
        )
    )


def _rename(part: Part, names: Mapping[int, int]) -> Part:
    parent = part.parent if isinstance(part.parent, str) else _rename_id(part.parent, names)
    return replace(
        part,
        origin=_rename_id(part.origin, names),
        right=_rename_id(part.right, names),
        parent=parent,
    )


def _rename_id(link: Id | None, names: Mapping[int, int]) -> Id | None:
    return None if link is None else (names[link[0]], link[1])


# --- comparing -----------------------------------------------------------------------------------


def canonical(update: bytes) -> object:
    """A value that is equal for two updates exactly when they hold the same: what was cut into
    pieces in another way, or written in another order, makes no difference."""
    found = dissect(update)
    structs = {client: _joined_parts(client, parts) for client, parts in found.blocks if parts}
    deletes = {client: _joined_ranges(ranges) for client, ranges in found.deletes if ranges}
    return structs, deletes


def _joined_parts(client: int, parts: Iterable[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in map(_bare, sorted(parts, key=lambda one: one.clock)):
        if joined and _continues(client, joined[-1], part):
            last = joined[-1]
            joined[-1] = replace(
                last, length=last.length + part.length, content=last.content + part.content
            )
        else:
            joined.append(part)
    return joined


def _bare(part: Part) -> Part:
    """Without the count before a content that can be cut in pieces."""
    kind = part.info & _KIND
    if kind == _DELETED and part.info != _GC:
        return replace(part, content=b"")
    if kind == _TEXT or kind in _COUNTED:
        reader = Reader(part.content)
        reader.number()
        return replace(part, content=reader.rest())
    return part


def _continues(client: int, one: Part, other: Part) -> bool:
    if one.info == other.info == _GC:
        return True
    kind = one.info & _KIND
    return (
        one.info & (_KIND | _KEYED) == other.info & (_KIND | _KEYED)
        and _GC not in (one.info, other.info)
        and (kind in (_DELETED, _TEXT) or kind in _COUNTED)
        and other.origin == (client, other.clock - 1)
        and one.right == other.right
    )


def _joined_ranges(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, length in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], start + length)
        else:
            joined.append((start, start + length))
    return joined
