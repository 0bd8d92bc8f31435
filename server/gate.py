"""Who is let in next when many come at once: in turn, and never faster than those who are in
already can bear.

After a restart hundreds of pages come back in one second, with thousands of documents. Letting
one in costs little; letting all in at once would make everybody else wait. So each waits for its
turn, and between turns the event loop sees to the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import IntEnum
from time import perf_counter
from typing import Any, Final

from server import live_metrics as metrics

AT_ONCE: Final = 16
"""Who is being let in at the same time: more would only wait for the database together."""
SLICE: Final = 0.008
"""Seconds of letting in before the loop rests from it."""
REST: Final = 0.5
"""Seconds of rest for each second of letting in."""
OLDEST_EVERY: Final = 4
"""Every so many turns the one who waits longest goes first, whichever lane that is."""
TOGETHER: Final = 4
"""Turns that are given before the loop goes round: going round costs too."""
LONGEST_WAIT: Final = 3.0
"""Seconds at the door. When somebody has waited this long, who comes then is told to come back
later: a page gives up a socket that stays silent for ten."""
MOST_SOCKETS: Final = 2000
"""Sockets at the door, however short they have waited."""
_USUAL: Final = 0.003
"""Seconds that a turn costs, rest included, as long as nothing is known about this machine."""
_WEIGHT: Final = 0.02
"""Of the latest turn in the average of what one costs."""


class Lane(IntEnum):
    """Who goes before whom."""

    WRITER = 0
    """Documents that somebody may write: text may be waiting in that browser."""
    READER = 1
    SOCKET = 2
    """Who is not connected yet: first those who are get what they came for."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    since: float
    begin: Callable[[], None]


class Gate:
    """The turns of one server; `run` gives them."""

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._lanes: dict[Lane, deque[_Waiting]] = {lane: deque() for lane in Lane}
        self._turns = 0
        self._cost = _USUAL
        self._wanted = asyncio.Event()
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._lanes.values()))

    def wait(self) -> float:
        """How long somebody who comes now would wait, in seconds; an estimate."""
        return self.waiting * self._cost

    @property
    def overloaded(self) -> bool:
        """Whether somebody who comes now should rather come back later."""
        sockets = self._lanes[Lane.SOCKET]
        if not sockets:
            return False
        return len(sockets) >= MOST_SOCKETS or self._now() - sockets[0].since > LONGEST_WAIT

    def do(self, lane: Lane, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do `work` in a task of its own when its turn comes. It must not raise."""

        def begin() -> None:
            task = asyncio.get_running_loop().create_task(work())
            self._tasks.add(task)
            task.add_done_callback(self._done)

        self._queue(lane, begin)

    async def turn(self, lane: Lane) -> None:
        """Wait for one's turn; what the caller does next is what the turn was for."""
        mine = asyncio.get_running_loop().create_future()

        def begin() -> None:
            self._free.release()
            if not mine.done():
                mine.set_result(None)

        self._queue(lane, begin)
        await mine

    async def run(self) -> None:
        """Give turns, for ever."""
        while True:
            await self._wanted.wait()
            began, turns = self._now(), 0
            while self.waiting and self._now() - began < SLICE:
                for _ in range(min(TOGETHER, self.waiting)):
                    await self._free.acquire()
                    self._next().begin()
                    turns += 1
                # what was begun works now, and so does everybody else
                await asyncio.sleep(0)
            if not self.waiting:
                self._wanted.clear()
            await asyncio.sleep(REST * (self._now() - began))
            if turns:
                cost = (self._now() - began) / turns
                self._cost += min(1.0, _WEIGHT * turns) * (cost - self._cost)

    def _queue(self, lane: Lane, begin: Callable[[], None]) -> None:
        self._lanes[lane].append(_Waiting(self._now(), begin))
        metrics.AT_THE_DOOR.inc()
        self._wanted.set()

    def _next(self) -> _Waiting:
        """Whose turn it is: the first lane's, and now and then that of who waits longest."""
        self._turns += 1
        lanes = [lane for lane in self._lanes.values() if lane]
        oldest = self._turns % OLDEST_EVERY == 0
        lane = min(lanes, key=lambda one: one[0].since) if oldest else lanes[0]
        metrics.AT_THE_DOOR.dec()
        return lane.popleft()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free.release()

    def close(self) -> None:
        """No more turns."""
        for task in self._tasks:
            task.cancel()
