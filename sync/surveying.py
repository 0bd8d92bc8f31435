"""How deep everything in a whole document lies, found out in parts.

A day of writing is a hundred thousand structs, and Python needs a good microsecond for each: too
long to be done in one go while others type. So the state is walked a little at a time; a struct
that lies where the one before it lies costs no memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Final

from sync import guard
from sync.contents import content_length
from sync.errors import Malformed, RoomBroken
from sync.lib0 import Reader
from sync.nesting import Depths, Place, measured, measuring
from sync.turns import Work

TOGETHER: Final = 1000
"""Structs between two turns of others: some three milliseconds."""

AT_ONCE: Final = 32 * 1024
"""Bytes of state that are surveyed while a change waits."""

_GC, _SKIP = 0, 10
_ORIGIN, _RIGHT, _KEYED, _KIND = 0x80, 0x40, 0x20, 0x1F
_TEXT: Final = 4

_Where = tuple[int, int, int]
"""As deep as the item of this client id at this clock, and 0 or 1 deeper."""
_ROOT: Final[_Where] = (-1, 0, 0)


class _Stretch:
    """The items of one client id: from which clock on they lie where."""

    __slots__ = ("places", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.places: list[_Where] = []

    def at(self, clock: int) -> int:
        """The number of the stretch that holds `clock`; -1: what is there was collected."""
        return bisect_right(self.starts, clock) - 1


class Survey:
    """How deep what a change adds will lie. That is known from the first type in a type on, and
    what is there is looked at then: plain text never needs it."""

    def __init__(self, state: Callable[[], bytes]) -> None:
        self._state = state
        self._depths: Depths | None = None
        self._walk: Work[Depths] | None = None
        self._since: list[list[Place]] = []

    def must_come_first(self, structure: guard.Structure) -> bool:
        """Whether this change cannot be judged before `go_on` has said that it can; of a document
        that is not old, all is done here."""
        if not structure.types or self._depths is not None:
            return False
        if self._walk is None:
            state = self._state()
            self._walk = survey(state)
            while len(state) <= AT_ONCE and not self.go_on():
                pass
        return self._depths is None

    def go_on(self) -> bool:
        """Go on for a few milliseconds; whether everything can be judged now. Raises RoomBroken
        when the document's own state cannot be read."""
        if self._walk is None:
            return True
        try:
            next(self._walk)
        except StopIteration as done:
            self._walk = None
            depths: Depths = done.value
            for places in self._since:
                depths.add(measured(places, {}, depths))
            self._since, self._depths = [], depths
            return True
        except Malformed as error:
            raise RoomBroken(f"a state that cannot be surveyed: {error}") from error
        return False

    def measured(self, structure: guard.Structure, known: Mapping[int, int]) -> Depths | None:
        """How deep the new items of a change lie; None as long as nobody needs to know. Raises
        Malformed when it is too deep."""
        return None if self._depths is None else measured(structure.places, known, self._depths)

    def measuring(
        self, structure: guard.Structure, known: Mapping[int, int]
    ) -> Work[Depths | None]:
        """What `measured` does, in turns."""
        if self._depths is None:
            return None
        return (yield from measuring(structure.places, known, self._depths))

    def note(
        self, structure: guard.Structure, writes: Mapping[int, int], found: Depths | None
    ) -> None:
        """A change was taken, that writes from these clocks on."""
        if found is not None and self._depths is not None:
            self._depths.add(found)
        elif self._walk is not None:
            new = (p for p in structure.places if p.client in writes)
            self._since.append([p for p in new if p.clock >= writes[p.client]])


def survey(state: bytes) -> Work[Depths]:
    """The depth of every item in a document's own full state, however large; nothing is refused
    here, for what is in the log was let in before."""
    found: dict[int, _Stretch] = {}
    yield from _walk(Reader(state), found)
    return (yield from _depths(found))


def _walk(reader: Reader, found: dict[int, _Stretch]) -> Work[None]:
    walked = 0
    for _ in range(reader.number()):
        count, client, clock = reader.number(), reader.number(), reader.number()
        own = found.setdefault(client, _Stretch())
        for _ in range(count):
            clock = _struct(reader, client, clock, own)
            walked += 1
            if walked % TOGETHER == 0:
                yield


def _struct(reader: Reader, client: int, clock: int, own: _Stretch) -> int:
    """Walk one struct and note where it lies; the clock behind it."""
    info = reader.byte()
    if info in (_GC, _SKIP):
        return clock + reader.number()
    if info & (_ORIGIN | _RIGHT):
        beside = reader.number(), reader.number()
        if info & _ORIGIN and info & _RIGHT:
            reader.number()
            reader.number()
        place = _beside(beside, client, own)
    elif reader.number() == 1:
        reader.skip(reader.number())
        place = _ROOT
        if info & _KEYED:
            reader.skip(reader.number())
    else:
        place = reader.number(), reader.number(), 1
        if info & _KEYED:
            reader.skip(reader.number())
    if not own.places or own.places[-1] != place:
        own.starts.append(clock)
        own.places.append(place)
    kind = info & _KIND
    if kind == _TEXT:
        return clock + _utf16_length(reader.block())
    return clock + content_length(reader, kind)


def _utf16_length(text: bytes) -> int:
    if text.isascii():
        return len(text)
    return len(text.decode().encode("utf-16-le")) // 2


def _beside(beside: tuple[int, int], client: int, own: _Stretch) -> _Where:
    """Where a neighbour of the same client lies is known already."""
    if beside[0] != client or not own.starts:
        return (*beside, 0)
    if beside[1] >= own.starts[-1]:
        return own.places[-1]
    number = own.at(beside[1])
    return own.places[number] if number >= 0 else _ROOT


def _depths(found: dict[int, _Stretch]) -> Work[Depths]:
    """Follow every stretch to the root."""
    known: dict[_Where, int] = {_ROOT: 0}
    depths = Depths()
    done = 0
    for client, own in found.items():
        for start, place in zip(own.starts, own.places, strict=True):
            depths.note(client, start, _follow(place, found, known))
            done += 1
            if done % TOGETHER == 0:
                yield
    return depths


def _follow(place: _Where, found: dict[int, _Stretch], known: dict[_Where, int]) -> int:
    """The depth of one place, and of all on the way there."""
    way: list[_Where] = []
    while place not in known:
        way.append(place)
        stretch = found.get(place[0])
        number = -1 if stretch is None else stretch.at(place[1])
        place = _ROOT if stretch is None or number < 0 else stretch.places[number]
        if len(way) > 1 and place == way[0]:
            break  # a circle: no document has one
    depth = known.get(place, 0)
    for step in reversed(way):
        depth += step[2]
        known[step] = depth
    return depth
