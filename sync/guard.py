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

from sync.contents import (
    LARGEST_UPDATE as LARGEST_UPDATE,
)
from sync.contents import (
    SUBDOCUMENT,
    VALUES,
    bounded,
    content_length,
    length,
    values_of,
)
from sync.errors import Malformed
from sync.lib0 import Reader
from sync.nesting import Place
from sync.ordering import Link, ordering
from sync.turns import Work, in_one_go

MOST_STRUCTS: Final = 50_000
MOST_CLIENTS: Final = 20_000
MOST_DELETIONS: Final = 200_000
LARGEST_CLOCK: Final = 1 << 53
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
    clients: set[int] = field(default_factory=set)
    """Who has a block of structs."""
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
        if self._within(known):
            return in_one_go(self.fitting(known))
        return self._ends(known)

    def fitting(self, known: Clocks) -> Work[dict[int, int] | None]:
        """What `after` finds, in turns."""
        ends, within = self._ends(known), self._within(known)
        if ends and within and not (yield from ordering(within, known, ends)):
            return None
        return ends

    def _within(self, known: Clocks) -> list[Link]:
        """What hangs on something that is new itself."""
        return [link for link in self.links if link.below > known.get(link.on, 0)]

    def _ends(self, known: Clocks) -> dict[int, int] | None:
        ends: dict[int, int] = {}
        for run in self.runs:
            reached = ends.get(run.client, known.get(run.client, 0))
            if run.start > reached:
                return None
            ends[run.client] = max(reached, run.end)
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
    return in_one_go(reading(update))


def reading(update: bytes) -> Work[Structure]:
    """What `parse_update` does, in turns."""
    if len(update) > LARGEST_UPDATE:
        raise Malformed("the update is too large")
    return _parsing(update, [] if len(update) > _APPLIED_WHOLE else None)


def spans_of(update: bytes) -> list[Span]:
    """Where in an update that was parsed before each struct stands."""
    spans: list[Span] = []
    _parse(update, spans)
    return spans


def parse_state_vector(data: bytes, most: int = MOST_CLIENTS) -> dict[int, int]:
    """A state vector of at most so many clients as clocks; raises Malformed."""
    reader = Reader(data)
    clocks: dict[int, int] = {}
    for _ in range(bounded(reader, most, "clients")):
        client = reader.number()
        clocks[client] = _clock(reader.number())
    return clocks


def _parse(update: bytes, spans: list[Span] | None = None) -> Structure:
    return in_one_go(_parsing(update, spans))


def _parsing(update: bytes, spans: list[Span] | None) -> Work[Structure]:
    reader = Reader(update)
    structure = Structure(spans=spans)
    for _ in range(bounded(reader, MOST_CLIENTS, "clients")):
        yield from _client_block(reader, structure)
    structure.deletes_at = reader.at
    if clients := bounded(reader, MOST_CLIENTS, "clients"):
        yield from _deletions(reader, structure, clients)
    if reader.left:
        raise Malformed("bytes behind the update")
    return structure


def _clock(clock: int) -> int:
    if clock >= LARGEST_CLOCK:
        raise Malformed("a clock is out of range")
    return clock


def _client_block(reader: Reader, structure: Structure) -> Work[None]:
    count = bounded(reader, MOST_STRUCTS, "structs")
    if structure.structs + count > MOST_STRUCTS:
        raise Malformed("too many structs")
    client = reader.number()
    if client in structure.clients:
        # which of the two pycrdt takes is chance: a circle that nothing loads again, or no end
        raise Malformed("two blocks of one client")
    structure.clients.add(client)
    start = clock = _clock(reader.number())
    for number in range(structure.structs, structure.structs + count):
        if number & _STRUCTS_A_TURN == _STRUCTS_A_TURN:
            yield
        at, before = reader.at, clock
        info = reader.byte()
        if info == _SKIP:
            if clock > start:
                structure.runs.append(Run(client, start, clock))
            start = clock = _clock(clock + length(reader))
        elif info == _GC:
            clock = _clock(clock + length(reader))
        else:
            kind = _place(reader, info, client, clock, structure)
            if VALUES <= kind <= SUBDOCUMENT:
                clock = _clock(clock + (yield from values_of(reader, kind)))
            else:
                clock = _clock(clock + content_length(reader, kind))
        if structure.spans is not None and info != _SKIP:
            structure.spans.append(Span(client, before, clock, reader.data[at : reader.at]))
    structure.structs += count
    if clock > start:
        structure.runs.append(Run(client, start, clock))


_STRUCTS_A_TURN: Final = (1 << 8) - 1
_DELETIONS_A_TURN: Final = (1 << 10) - 1
_GC: Final = 0
_SKIP: Final = 10
_HAS_ORIGIN: Final = 0x80
_HAS_RIGHT_ORIGIN: Final = 0x40
_HAS_PARENT_KEY: Final = 0x20
_TYPE: Final = 7


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


def _place(reader: Reader, info: int, own: int, clock: int, structure: Structure) -> int:
    """Walk one item of client `own` at `clock` up to its content, and return that one's kind."""
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
    return kind


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


def _deletions(reader: Reader, structure: Structure, clients: int) -> Work[None]:
    for _ in range(clients):
        client = reader.number()
        for _ in range(bounded(reader, MOST_DELETIONS, "deletions")):
            start = _clock(reader.number())
            structure.deletes.append(Run(client, start, _clock(start + reader.number())))
            count = len(structure.deletes)
            if count > MOST_DELETIONS:
                raise Malformed("too many deletions")
            if count & _DELETIONS_A_TURN == 0:
                yield
