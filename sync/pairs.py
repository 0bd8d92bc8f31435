"""Characters that count twice are never cut in halves.

Yjs counts text as JavaScript does: a character above U+FFFF (an emoji) takes two clock units, a
surrogate pair. An id that is named between the two makes pycrdt keep the whole character as one
half and nothing as the other, and what it writes then is read back as another state. No editor
cuts a pair, and Yjs cannot (it puts two U+FFFD there), so a change that does is refused. For that
it must be known where pairs stand. Most documents have none; of the others only that is read which
was written under the client ids that changes name.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from sync import guard
from sync.contents import content_length
from sync.errors import Malformed, RoomBroken
from sync.lib0 import Reader, number
from sync.live import Live
from sync.turns import Work, in_one_go

TOGETHER: Final = 1000
"""Structs between two turns of others: one or two milliseconds."""
AT_ONCE: Final = 32 * 1024
"""About how many bytes of state are read …"""
TURNS_AT_ONCE: Final = 4
"""… and in how many turns at most, while a change waits."""
SEARCHED: Final = 1 << 20
"""Bytes of state that are searched through for pairs when the first change comes: six milliseconds
at most, where loading so many took the library fifty."""

_may_have_pairs: Final = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}").search
"""A character of four bytes in UTF-8; now and then the number of a client looks like one."""
_COUNTS_TWICE: Final = re.compile("[\U00010000-\U0010ffff]")

_GC, _SKIP = 0, 10
_ORIGIN, _RIGHT, _KEYED, _KIND = 0x80, 0x40, 0x20, 0x1F
_TEXT: Final = 4

_Id = tuple[int, int]


class _Found:
    """What the structs of some updates say: where second halves stand, by client; before which
    ids they ask for a cut; and up to which clock each client writes."""

    __slots__ = ("cuts", "ends", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[int, list[int]] = {}
        self.cuts: list[_Id] = []
        self.ends: dict[int, int] = {}


class Pairs:
    """Where the surrogate pairs of a live document stand."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._seconds: dict[int, array[int]] = {}
        self._unread: set[int] | None = None
        """Client ids of whose text it is not known yet; None: nothing was looked at."""
        self._together = 0
        self._reading: set[int] = set()
        self._walk: Work[_Found] | None = None

    def must_come_first(self, structure: guard.Structure) -> bool:
        """Whether this change cannot be judged before `go_on` has said that it can; nearly always
        all is done here."""
        if not (structure.runs or structure.deletes):
            return False
        if self._unread is None:
            state = self._live.state()
            without = len(state) <= SEARCHED and not _may_have_pairs(state)
            self._unread = set() if without else set(self._live.clocks)
            self._together = AT_ONCE * len(self._unread) // len(state)
        if not self._unread:
            return False
        named = _named(structure) & self._unread
        if named and self._walk is None:
            # and as many others as are read in no time: each of them would cost as much
            others = islice(self._unread, max(0, self._together - len(named)))
            self._begin(named.union(others))
        return not named.isdisjoint(self._unread)

    def _begin(self, clients: set[int]) -> None:
        part = self._live.difference(_all_but(clients, self._live.clocks))
        self._reading = clients
        self._walk = _walked((part,) if _may_have_pairs(part) else ())
        for _ in range(TURNS_AT_ONCE):
            if self.go_on():
                break

    def go_on(self) -> bool:
        """Go on for a millisecond or two; whether what was asked for is known now.
        Raises RoomBroken when the document's own state cannot be read."""
        if self._walk is None:
            return True
        try:
            next(self._walk)
        except StopIteration as done:
            self._add(done.value)
            if self._unread is not None:
                self._unread -= self._reading
            self._walk = None
            return True
        except Malformed as error:
            raise RoomBroken(f"a state in which pairs cannot be found: {error}") from error
        return False

    def judge(
        self,
        updates: Sequence[bytes],
        structure: guard.Structure,
        known: Mapping[int, int],
        writes: Mapping[int, int],
    ) -> bool:
        """Raises Malformed for a change, writing from these clocks on, that cuts a pair. Whether
        it brings pairs: `take` must be called then, with what the document made of it."""
        if self._seconds or _bring_pairs(updates):
            return in_one_go(self.judging(updates, structure, known, writes))
        return False

    def judging(
        self,
        updates: Sequence[bytes],
        structure: guard.Structure,
        known: Mapping[int, int],
        writes: Mapping[int, int],
    ) -> Work[bool]:
        """What `judge` does, in turns."""
        if not (self._seconds or _bring_pairs(updates)):
            return False
        found = (yield from _walked(updates)) if structure.runs else _Found()
        new = {client: set(clocks) for client, clocks in found.seconds.items()}
        seconds = self._seconds
        for client, clock in _cuts(found, structure, writes):
            if clock < known.get(client, 0):
                cut = client in seconds and _holds(seconds[client], clock)
            else:
                cut = client in new and clock in new[client]
            if cut:
                raise Malformed("a change that cuts a character in halves")
        return bool(new)

    def take(self, emitted: bytes, after: Mapping[int, int], writes: Mapping[int, int]) -> None:
        """What the document made of a change that brings pairs and writes from these clocks on.
        Raises Malformed, and restores the document, when that does not read back to the clocks
        `after` it."""
        in_one_go(self.taking(emitted, after, writes))

    def taking(
        self, emitted: bytes, after: Mapping[int, int], writes: Mapping[int, int]
    ) -> Work[None]:
        """What `take` does, in turns."""
        found = yield from _walked((emitted,))
        if found.ends != {client: after[client] for client in writes}:
            self._live.restore()
            raise Malformed("a change that the document cannot write down")
        self._add(found)

    def _add(self, found: _Found) -> None:
        for client, clocks in found.seconds.items():
            own = self._seconds.setdefault(client, array("Q"))
            if own and own[-1] >= clocks[0]:
                # read after later ones were taken
                clocks = sorted({*own, *clocks})
                del own[:]
            own.extend(clocks)


def _holds(clocks: array[int], clock: int) -> bool:
    at = bisect_left(clocks, clock)
    return at < len(clocks) and clocks[at] == clock


def _named(structure: guard.Structure) -> set[int]:
    """The client ids whose text a change may cut."""
    named = {run.client for run in structure.runs}
    named.update(link.on for link in structure.links)
    named.update(run.client for run in structure.deletes)
    return named


def _all_but(clients: set[int], clocks: Mapping[int, int]) -> bytes:
    """The state vector of who has everything but what these wrote."""
    others = [one for one in clocks.items() if one[0] not in clients]
    return number(len(others)) + b"".join(number(client) + number(end) for client, end in others)


def _cuts(found: _Found, structure: guard.Structure, writes: Mapping[int, int]) -> list[_Id]:
    """Every id before which a change asks for a cut."""
    cuts = found.cuts
    # of a struct that is known in part, or that came twice, the rest is cut off
    cuts += writes.items()
    for runs in structure.runs, structure.deletes:
        for run in runs:
            cuts.append((run.client, run.start))
            cuts.append((run.client, run.end))
    return cuts


def _bring_pairs(updates: Sequence[bytes]) -> bool:
    return _may_have_pairs(b"".join(updates)) is not None


def _walked(updates: Sequence[bytes]) -> Work[_Found]:
    """What is found in the structs of updates that the guard has read, or of our own."""
    found = _Found()
    walked = 0
    for update in updates:
        reader = Reader(update)
        for _ in range(reader.number()):
            count, client, clock = reader.number(), reader.number(), reader.number()
            for _ in range(count):
                clock = _struct(reader, client, clock, found)
                walked += 1
                if walked % TOGETHER == 0:
                    yield
            found.ends[client] = clock
    return found


def _struct(reader: Reader, client: int, clock: int, found: _Found) -> int:
    """Walk one struct; the clock behind it."""
    info = reader.byte()
    if info in (_GC, _SKIP):
        return clock + reader.number()
    if info & (_ORIGIN | _RIGHT):
        if info & _ORIGIN:
            found.cuts.append((reader.number(), reader.number() + 1))
        if info & _RIGHT:
            found.cuts.append((reader.number(), reader.number()))
    else:
        _parent(reader, info)
    kind = info & _KIND
    if kind != _TEXT:
        return clock + content_length(reader, kind)
    text = reader.block()
    if text.isascii():
        return clock + len(text)
    return _text(text.decode(), client, clock, found)


def _parent(reader: Reader, info: int) -> None:
    if reader.number() == 1:
        reader.skip(reader.number())
    else:
        reader.number()
        reader.number()
    if info & _KEYED:
        reader.skip(reader.number())


def _text(text: str, client: int, clock: int, found: _Found) -> int:
    pairs = _COUNTS_TWICE.finditer(text)
    seconds = [clock + pair.start() + number for number, pair in enumerate(pairs, 1)]
    if seconds:
        found.seconds.setdefault(client, []).extend(seconds)
    return clock + len(text) + len(seconds)
