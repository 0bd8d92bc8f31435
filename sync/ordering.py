"""Whether the structs of one update can be applied one by one, or wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from sync.turns import Work


@dataclass(frozen=True, slots=True)
class Link:
    """The struct of `client` at `clock` builds on what `on` wrote below `below`."""

    client: int
    clock: int
    on: int
    below: int


_A_TURN: Final = (1 << 8) - 1


def ordering(links: list[Link], known: Mapping[int, int], ends: Mapping[int, int]) -> Work[bool]:
    """Find out whether an order exists in which nothing waits for what comes later: `known` are
    the clocks before, `ends` those after."""
    reached: dict[int, int] = {}
    for number, (client, clock) in enumerate(advances(links, known, ends)):
        reached[client] = clock
        if number & _A_TURN == _A_TURN:
            yield
    return all(reached[link.client] == ends[link.client] for link in links)


def advances(
    links: Iterable[Link], known: Mapping[int, int], ends: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """An order: in turn, which client can go on and up to which clock. Those that wait for
    nobody are left out. Each link is looked at twice at most, however they are tangled: a client
    is taken up again only when what it waits for is there."""
    waiting = _by_client(links)
    reached = {**known, **ends, **{client: own[-1].clock for client, own in waiting.items()}}
    waited_for: dict[int, list[tuple[int, int]]] = {}
    ready = list(waiting)
    while ready:
        client = ready.pop()
        own = waiting[client]
        while own and own[-1].below <= reached.get(own[-1].on, 0):
            own.pop()
        if own:
            reached[client] = own[-1].clock
            heappush(waited_for.setdefault(own[-1].on, []), (own[-1].below, client))
        else:
            reached[client] = ends[client]
        yield client, reached[client]
        waiters = waited_for.get(client, [])
        while waiters and waiters[0][0] <= reached[client]:
            ready.append(heappop(waiters)[1])


def _by_client(links: Iterable[Link]) -> dict[int, list[Link]]:
    """The links of each client, the earliest last."""
    waiting: dict[int, list[Link]] = {}
    for link in links:
        waiting.setdefault(link.client, []).append(link)
    for own in waiting.values():
        own.sort(key=lambda one: one.clock, reverse=True)
    return waiting
