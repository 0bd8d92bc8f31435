"""How deep shared types lie in each other.

pycrdt deletes what is inside a type by recursion: fifty thousand types, each inside the one
before, and one deletion end the process, whatever number of changes built them. An update says
only what an item stands beside or in, so the depth of what is there already must be kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from sync.errors import Malformed
from sync.turns import Work, in_one_go

DEEPEST: Final = 100
"""Types in types; fifty lists in lists, in rich text."""


class Place(NamedTuple):
    """Where the item of `client` at `clock` is put: beside the item `of`, inside it (`deeper`
    is 1 then), or, without one, at the root."""

    client: int
    clock: int
    of: tuple[int, int] | None
    deeper: int


class Depths:
    """The depth of every item by client id: kept as the clocks at which it changes."""

    def __init__(self) -> None:
        self._starts: dict[int, list[int]] = {}
        self._depths: dict[int, list[int]] = {}

    def note(self, client: int, clock: int, depth: int) -> None:
        """From `clock` on, which is later than all before, items of `client` lie this deep."""
        depths = self._depths.setdefault(client, [])
        if not depths or depths[-1] != depth:
            depths.append(depth)
            self._starts.setdefault(client, []).append(clock)

    def at(self, client: int, clock: int) -> int:
        """How deep an item lies; an unknown one at the root."""
        starts = self._starts.get(client)
        found = bisect_right(starts, clock) if starts else 0
        return self._depths[client][found - 1] if found else 0

    def add(self, other: Depths) -> None:
        """Take over what `other` has, all of it later than what is here."""
        for client, clock, depth in other.changes():
            self.note(client, clock, depth)

    def changes(self) -> Iterator[tuple[int, int, int]]:
        """Each change of depth: client, clock, depth."""
        for client, starts in self._starts.items():
            for clock, depth in zip(starts, self._depths[client], strict=True):
                yield client, clock, depth


def measured(places: list[Place], known: Mapping[int, int], before: Depths) -> Depths:
    """The depths of the new items among `places`, which lie on items `before` (all below `known`)
    or on each other without a circle. Raises Malformed for one that lies too deep."""
    return in_one_go(measuring(places, known, before))


_A_TURN: Final = (1 << 8) - 1


def measuring(places: list[Place], known: Mapping[int, int], before: Depths) -> Work[Depths]:
    """What `measured` does, in turns."""
    new = [place for place in places if place.clock >= known.get(place.client, 0)]
    index = _Index(new)
    depths: list[int | None] = [None] * len(new)
    for number in range(len(new)):
        if number & _A_TURN == _A_TURN:
            yield
        _measure(number, new, index, depths, before)
    found = Depths()
    for place, depth in sorted(zip(new, depths, strict=True), key=lambda one: one[0][:2]):
        found.note(place.client, place.clock, depth or 0)
    return found


def _measure(
    number: int, new: list[Place], index: _Index, depths: list[int | None], before: Depths
) -> None:
    """Find one item's depth and those it hangs on; with a stack of our own."""
    stack = [number]
    while stack:
        top = stack[-1]
        of, deeper = new[top].of, new[top].deeper
        if of is None:
            depth = 0
        else:
            other = index.find(*of)
            below = before.at(*of) if other is None else depths[other]
            if below is None:
                assert other is not None
                stack.append(other)
                continue
            depth = below + deeper
        if depth > DEEPEST:
            raise Malformed("shared types are nested too deeply")
        depths[top] = depth
        stack.pop()


class _Index:
    """Which of some places an item belongs to, by its id."""

    def __init__(self, places: list[Place]) -> None:
        self._numbers: dict[int, list[tuple[int, int]]] = {}
        for number, place in enumerate(places):
            self._numbers.setdefault(place.client, []).append((place.clock, number))
        for own in self._numbers.values():
            own.sort()

    def find(self, client: int, clock: int) -> int | None:
        own = self._numbers.get(client)
        found = bisect_right(own, (clock, len(own) + (1 << 60))) if own else 0
        return own[found - 1][1] if own and found else None
