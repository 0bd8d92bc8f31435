"""Reading the structure of a CRDT update before pycrdt does.

A Yjs update (version 1) is walked once, iteratively, with every length, depth and count bounded.
What comes out is only what a room must know before it applies the update: which client ids
write, from which clock to which, what the change builds on and what it deletes. No content is
kept. Source of the format: yjs `src/utils/encoding.js`, `src/structs/*.js`.

pycrdt keeps an update that misses its predecessor in a hidden place: no event, not in the
state, and later logged inside somebody else's row. So a gap is found here, before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sync.errors import Malformed
from sync.lib0 import Reader
from sync.nesting import Place
from sync.ordering import Link, can_be_ordered

LARGEST_UPDATE: Final = 1 << 20
"""Bytes; the same limit as the socket's, so what can be sent can be stored and loaded."""
MOST_STRUCTS: Final = 50_000
MOST_CLIENTS: Final = 20_000
MOST_DELETIONS: Final = 200_000
DEEPEST_VALUE: Final = 32
LARGEST_CLOCK: Final = 1 << 53
LONGEST_STRUCT: Final = 1 << 24
"""Clock units; longer than any text that fits in a message. A collected run (GC) needs few bytes
for any length, and would use up its client id for ever."""

_APPLIED_WHOLE: Final = 64
"""Bytes; the structs of a longer one will be asked for."""

Clocks = Mapping[int, int]
"""Client id to the next clock expected of it: a state vector."""


@dataclass(frozen=True, slots=True)
class Run:
    """Structs of one client without a hole: clocks from `start` up to, not with, `end`."""

    client: int
    start: int
    end: int


class Span(NamedTuple):
    """The struct of `client` from `clock` up to `end`, and its bytes in the update."""

    client: int
    clock: int
    end: int
    data: bytes


@dataclass(slots=True)
class Structure:
    """What an update is made of: what it adds, what that builds on, and what it deletes."""

    runs: list[Run] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    deletes: list[Run] = field(default_factory=list)
    deletes_at: int = 0
    """Where in the update the deletions begin."""
    places: list[Place] = field(default_factory=list)
    structs: int = 0
    types: int = 0
    firsts: set[tuple[int, int | str, int, str]] = field(default_factory=set)
    """Who began which key of which map: a client does that once, then builds on what is there."""
    spans: list[Span] | None = None
    """Where in the update each struct stands, when that was asked for."""

    @property
    def size(self) -> int:
        """How many structs and deletions."""
        return self.structs + len(self.deletes)

    def after(self, known: Clocks) -> dict[int, int] | None:
        """The clocks of the writing clients once this is applied on `known`; None on a gap.

        A gap is a run that starts above what is known, or a change that builds on, or deletes,
        something unknown. Structs that wait for each other in a circle are a gap as well.
        """
        ends: dict[int, int] = {}
        for run in self.runs:
            reached = ends.get(run.client, known.get(run.client, 0))
            if run.start > reached:
                return None
            ends[run.client] = max(reached, run.end)
        within = [link for link in self.links if link.below > known.get(link.on, 0)]
        if within and not can_be_ordered(within, known, ends):
            return None
        for run in self.deletes:
            if run.end > ends.get(run.client, known.get(run.client, 0)):
                return None
        return ends

    def writes(self, known: Clocks) -> dict[int, int]:
        """The first new clock of every client id that this adds structs for."""
        first: dict[int, int] = {}
        for run in self.runs:
            start = max(run.start, known.get(run.client, 0))
            if start < run.end and start < first.get(run.client, LARGEST_CLOCK):
                first[run.client] = start
        return first


def parse_update(update: bytes) -> Structure:
    """The structure of `update`; raises Malformed for whatever Yjs would not have written."""
    if len(update) > LARGEST_UPDATE:
        raise Malformed("the update is too large")
    return _parse(update, [] if len(update) > _APPLIED_WHOLE else None)


def spans_of(update: bytes) -> list[Span]:
    """Where in an update that was parsed before each struct stands."""
    spans: list[Span] = []
    _parse(update, spans)
    return spans


def parse_state_vector(data: bytes, most: int = MOST_CLIENTS) -> dict[int, int]:
    """A state vector of at most so many clients as clocks; raises Malformed."""
    reader = Reader(data)
    clocks: dict[int, int] = {}
    for _ in range(_bounded(reader, most, "clients")):
        client = reader.number()
        clocks[client] = _clock(reader.number())
    return clocks


def _parse(update: bytes, spans: list[Span] | None = None) -> Structure:
    reader = Reader(update)
    structure = Structure(spans=spans)
    for _ in range(_bounded(reader, MOST_CLIENTS, "clients")):
        _client_block(reader, structure)
    structure.deletes_at = reader.at
    _deletions(reader, structure)
    if reader.left:
        raise Malformed("bytes behind the update")
    return structure


def _bounded(reader: Reader, limit: int, what: str) -> int:
    count = reader.number()
    # each counted thing takes a byte at least, so a huge count in a short frame is a lie
    if count > limit or count > reader.left:
        raise Malformed(f"too many {what}")
    return count


def _clock(clock: int) -> int:
    if clock >= LARGEST_CLOCK:
        raise Malformed("a clock is out of range")
    return clock


def _client_block(reader: Reader, structure: Structure) -> None:
    count = _bounded(reader, MOST_STRUCTS, "structs")
    structure.structs += count
    if structure.structs > MOST_STRUCTS:
        raise Malformed("too many structs")
    client = reader.number()
    start = clock = _clock(reader.number())
    for _ in range(count):
        at, before = reader.at, clock
        info = reader.byte()
        if info == _SKIP:
            if clock > start:
                structure.runs.append(Run(client, start, clock))
            start = clock = _clock(clock + _length(reader))
        elif info == _GC:
            clock = _clock(clock + _length(reader))
        else:
            clock = _clock(clock + _item(reader, info, client, clock, structure))
        if structure.spans is not None and info != _SKIP:
            structure.spans.append(Span(client, before, clock, reader.data[at : reader.at]))
    if clock > start:
        structure.runs.append(Run(client, start, clock))


_GC: Final = 0
_SKIP: Final = 10
_HAS_ORIGIN: Final = 0x80
_HAS_RIGHT_ORIGIN: Final = 0x40
_HAS_PARENT_KEY: Final = 0x20
_TYPE: Final = 7


def _length(reader: Reader) -> int:
    length = reader.number()
    if not 0 < length <= LONGEST_STRUCT:
        raise Malformed("a struct of an impossible length")
    return length


def _link(reader: Reader, own: int, clock: int, structure: Structure) -> tuple[int, int]:
    client = reader.number()
    on = _clock(reader.number())
    if client == own and on >= clock:
        # it would wait for itself for ever, inside pycrdt and out of sight
        raise Malformed("a struct that builds on itself")
    if client != own:
        # what it builds on of its own client comes before it in the same run, or is a gap
        structure.links.append(Link(own, clock, client, on + 1))
    return client, on


def _item(reader: Reader, info: int, own: int, clock: int, structure: Structure) -> int:
    """Walk one item of client `own` at `clock` and return its length in clock units."""
    beside: tuple[int, int] | None = None
    if info & _HAS_RIGHT_ORIGIN and not info & _HAS_ORIGIN:
        beside = _link(reader, own, clock, structure)
    elif info & _HAS_ORIGIN:
        beside = _link(reader, own, clock, structure)
        if info & _HAS_RIGHT_ORIGIN:
            _link(reader, own, clock, structure)
    if beside is None:
        _parent(reader, info, own, clock, structure)
    else:
        structure.places.append(Place(own, clock, beside, 0))
    kind = info & 0x1F
    structure.types += kind == _TYPE
    return content_length(reader, kind)


def _parent(reader: Reader, info: int, own: int, clock: int, structure: Structure) -> None:
    """Walk where an item is put that stands beside nothing: a root by name, or a type by its id."""
    inside: tuple[int, int] | None = None
    root = ""
    if reader.number() == 1:
        root = reader.text()
    else:
        inside = _link(reader, own, clock, structure)
    structure.places.append(Place(own, clock, inside, int(inside is not None)))
    if info & _HAS_PARENT_KEY:
        map_id = (root, 0) if inside is None else inside
        first = (own, *map_id, reader.text())
        if first in structure.firsts:
            # each of them makes pycrdt walk past all others
            raise Malformed("a key of a map is begun twice")
        structure.firsts.add(first)


def content_length(reader: Reader, kind: int) -> int:
    """Walk one content and return its length in clock units."""
    match kind:
        case 1:  # deleted
            return _length(reader)
        case 2:  # JSON values, an old form of 8
            return _texts(reader)
        case 3:  # binary
            reader.skip(reader.number())
            return 1
        case 4:  # text, counted as JavaScript does
            return _utf16_length(reader.text())
        case 5:  # embed
            reader.json()
            return 1
        case 6:  # format
            reader.text()
            reader.json()
            return 1
        case 7:  # shared type
            _shared_type(reader)
            return 1
        case 8:  # values
            return _values(reader)
        case 9:  # subdocument
            reader.text()
            _value(reader)
            return 1
        case _:
            raise Malformed(f"unknown content {kind}")


def _texts(reader: Reader) -> int:
    count = _counted(reader)
    for _ in range(count):
        reader.text()
    return count


def _values(reader: Reader) -> int:
    count = _counted(reader)
    for _ in range(count):
        _value(reader)
    return count


def _counted(reader: Reader) -> int:
    count = _length(reader)
    if count > reader.left:
        raise Malformed("too many values")
    return count


def _utf16_length(text: str) -> int:
    if not text:
        raise Malformed("a struct of no length")
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


_NAMED_TYPES: Final = frozenset({3, 5})
"""Y.XmlElement and Y.XmlHook carry a node name."""
_LAST_TYPE: Final = 6


def _shared_type(reader: Reader) -> None:
    kind = reader.number()
    if kind > _LAST_TYPE:
        raise Malformed(f"unknown shared type {kind}")
    if kind in _NAMED_TYPES:
        reader.text()


def _value(reader: Reader) -> None:
    """Walk one lib0 `any` value with a stack of our own: nesting must not use the machine's."""
    open_counts = [1]
    keyed = [False]
    while open_counts:
        if open_counts[-1] == 0:
            open_counts.pop()
            keyed.pop()
            continue
        open_counts[-1] -= 1
        if keyed[-1]:
            reader.text()
        nested = _scalar_or_nested(reader)
        if nested is not None:
            if len(open_counts) > DEEPEST_VALUE:
                raise Malformed("a value is nested too deeply")
            count, has_keys = nested
            open_counts.append(count)
            keyed.append(has_keys)


def _scalar_or_nested(reader: Reader) -> tuple[int, bool] | None:
    """One value's own bytes; for an object or array its count, and whether keys come first."""
    match reader.byte():
        case 127 | 126 | 121 | 120:  # undefined, null, false, true
            return None
        case 125:  # integer
            reader.number()
        case 124:  # float32
            reader.skip(4)
        case 123 | 122:  # float64, bigint
            reader.skip(8)
        case 119:  # text
            reader.text()
        case 116:  # bytes
            reader.skip(reader.number())
        case 118:
            return _bounded(reader, LARGEST_UPDATE, "keys"), True
        case 117:
            return _bounded(reader, LARGEST_UPDATE, "values"), False
        case kind:
            raise Malformed(f"unknown value {kind}")
    return None


def _deletions(reader: Reader, structure: Structure) -> None:
    for _ in range(_bounded(reader, MOST_CLIENTS, "clients")):
        client = reader.number()
        for _ in range(_bounded(reader, MOST_DELETIONS, "deletions")):
            start = _clock(reader.number())
            structure.deletes.append(Run(client, start, _clock(start + reader.number())))
            if len(structure.deletes) > MOST_DELETIONS:
                raise Malformed("too many deletions")
