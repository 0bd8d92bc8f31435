"""Everybody who is there in one measurement, and what they got of one another."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench import edits
from tests.bench.client import Client, Pen, Refused
from tests.bench.edits import Stretch
from tests.bench.targets import Target
from tests.load.line import TurnedAway

SAMPLED: Final = 60
"""Ages are noted at so many clients at most, evenly spread."""
DRAIN: Final = 20.0
"""Seconds that are waited for what has not arrived when the writing ends."""
_SCANS_KEPT: Final = 4096


@dataclass(frozen=True)
class Arrivals:
    """How clients came in; milliseconds from the call until each had what it lacked."""

    took_ms: Sequence[float]
    failed: int


@dataclass(frozen=True)
class Heard:
    """What was written in a stretch of time and what arrived of it."""

    written: int
    expected: int
    delivered: int
    frames: int
    ages_ns: Sequence[int]
    """From the making of an edit to the read that brought it, at some of the clients."""
    lags: Sequence[float]
    """How late edits left."""


class Crowd:
    """Writers and readers of one server; `port` is where it listens."""

    def __init__(self, target: Target, port: int, seed: int = 1) -> None:
        self.clients: list[Client] = []
        self.pens: list[Pen] = []
        self.delivered = 0
        self.strange = 0
        """Edits in a room where nobody wrote them: must stay 0."""
        self._target = target
        self._port = port
        self._random = random.Random(seed)
        self._ages: list[int] = []
        self._lags: list[float] = []
        self._scans: dict[bytes, tuple[Stretch, ...]] = {}
        self._delivered_to: Callable[[Client, Stretch], None] | None = None

    # --- coming and going ----------------------------------------------------------------------

    def writer(self, room: str) -> Client:
        """Somebody who will write in a room, not there yet."""
        pen = Pen(len(self.pens), room)
        self.pens.append(pen)
        return self._client(room, pen)

    def reader(self, room: str) -> Client:
        """Somebody who will only read, not there yet."""
        return self._client(room, None)

    def _client(self, room: str, pen: Pen | None) -> Client:
        client = Client(self._target, room, self, pen, len(self.clients))
        self.clients.append(client)
        return client

    async def enter(
        self, clients: Iterable[Client], together: int = 32, seen: bool = False
    ) -> Arrivals:
        """Let them in, so many at a time; `seen` in the room's presence too."""
        doors, began = asyncio.Semaphore(together), time.perf_counter()

        async def come(client: Client) -> float | None:
            async with doors:
                try:
                    await client.come(self._port, seen)
                except (OSError, TurnedAway, Refused, TimeoutError):
                    return None
            return (time.perf_counter() - began) * 1000

        took = await asyncio.gather(*(come(client) for client in clients))
        in_step = sorted(each for each in took if each is not None)
        return Arrivals(in_step, len(took) - len(in_step))

    async def gather(self, room: str, writers: int, readers: int) -> None:
        """Fill a room, the first alone, as not every server likes a race for a new document.

        Raises RuntimeError when somebody is not let in.
        """
        all_of_them = [self.writer(room) for _ in range(writers)]
        all_of_them += [self.reader(room) for _ in range(readers)]
        await self.all_in(all_of_them[:1])
        await self.all_in(all_of_them[1:])

    async def all_in(self, clients: Iterable[Client], seen: bool = False) -> None:
        """Let them in; raises RuntimeError when somebody is not."""
        if failed := (await self.enter(clients, seen=seen)).failed:
            raise RuntimeError(f"{failed} clients were not let in")

    def leave(self) -> None:
        """All lines are pulled."""
        for client in self.clients:
            client.leave()

    # --- counting ------------------------------------------------------------------------------

    def heard(self, client: Client, message: bytes) -> None:
        """Count what is new to a client. A frame for many is looked through once."""
        now = time.perf_counter_ns()
        stretches = self._scans.get(message)
        if stretches is None:
            if len(self._scans) >= _SCANS_KEPT:
                self._scans.clear()
            stretches = self._scans[message] = edits.found(message)
        for stretch in stretches:
            if stretch.writer >= len(self.pens):
                self.strange += 1
            elif self.pens[stretch.writer] is not client.pen:
                self._learn(client, stretch, now)

    def _learn(self, client: Client, stretch: Stretch, now: int) -> None:
        pen = self.pens[stretch.writer]
        if pen.room != client.room or stretch.end > len(pen.born):
            self.strange += 1
            return
        new = client.known.learn(stretch)
        self.delivered += len(new)
        if client.sampled:
            self._ages += [now - born for born in pen.born[new.start : new.stop]]
        if self._delivered_to is not None and new:
            self._delivered_to(client, Stretch(stretch.writer, new.start, new.stop))

    # --- writing -------------------------------------------------------------------------------

    async def type(self, per_second: float, seconds: float, drain: float = DRAIN) -> Heard:
        """All writers type at a rate, their pauses up to half longer or shorter."""
        until = asyncio.get_running_loop().time() + seconds

        async def everybody() -> None:
            writers = [client for client in self.clients if client.pen and client.present]
            await asyncio.gather(*(self._typist(each, 1 / per_second, until) for each in writers))

        return await self._measured(everybody, drain)

    async def _typist(self, client: Client, period: float, until: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._random.random() * period
        while due < until and client.present:
            await asyncio.sleep(max(0, due - loop.time()))
            self._lags.append(loop.time() - due)
            client.write()
            due += period * (0.5 + self._random.random())

    async def burst(self, in_flight: int, seconds: float, drain: float = DRAIN) -> Heard:
        """Every writer keeps so many edits on the way that not all readers have."""
        readers = sum(client.pen is None for client in self.clients)
        writers = {client.pen.number: client for client in self.clients if client.pen}
        before = {number: len(self.pens[number].born) for number in writers}
        lacking: dict[int, list[int]] = {number: [] for number in writers}
        writing = True

        def write(number: int) -> None:
            lacking[number].append(readers)
            writers[number].write()

        def delivered(client: Client, new: Stretch) -> None:
            if client.pen is not None or not writing:
                return
            start = before[new.writer]
            waiting = lacking[new.writer]
            for edit in range(new.first - start, new.end - start):
                waiting[edit] -= 1
                if not waiting[edit]:
                    write(new.writer)

        async def everybody() -> None:
            nonlocal writing
            self._delivered_to = delivered
            for number in list(writers) * in_flight:
                write(number)
            await asyncio.sleep(seconds)
            writing = False

        try:
            return await self._measured(everybody, drain)
        finally:
            self._delivered_to = None

    async def _measured(self, writing: Callable[[], Awaitable[None]], drain: float) -> Heard:
        self._sample()
        made = [len(pen.born) for pen in self.pens]
        delivered, frames = self.delivered, self._frames()
        await writing()
        audience = Counter(client.room for client in self.clients if client.present)
        new = [len(pen.born) - had for pen, had in zip(self.pens, made, strict=True)]
        expected = sum(
            count * max(0, audience[pen.room] - 1)
            for pen, count in zip(self.pens, new, strict=True)
        )
        await self.until(lambda: self.delivered - delivered >= expected, drain)
        return Heard(
            written=sum(new),
            expected=expected,
            delivered=self.delivered - delivered,
            frames=self._frames() - frames,
            ages_ns=self._ages,
            lags=self._lags,
        )

    def _sample(self) -> None:
        every = max(1, len(self.clients) // SAMPLED)
        for number, client in enumerate(self.clients):
            client.sampled = number % every == 0
        self._ages, self._lags = [], []

    def _frames(self) -> int:
        return sum(client.frames for client in self.clients)

    async def until(self, holds: Callable[[], bool], patience: float) -> bool:
        """Look again and again; whether it came to hold."""
        until = time.monotonic() + patience
        while not (held := holds()) and time.monotonic() < until:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)
        return held


def percentile(ordered: Sequence[float], part: float) -> float:
    """Of values in order; 0 when there are none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
