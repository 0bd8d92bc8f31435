"""A client that is cheap enough to come in thousands: it counts edits and holds no document."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast

from sync import lib0
from sync.codec import PING, PONG
from sync.messages import AuthType, MessageType, SyncType
from tests.bench import edits
from tests.bench.edits import Stretch
from tests.bench.targets import Target
from tests.load.line import Line


class Refused(Exception):
    """The server lets this client not in."""


@dataclass
class Pen:
    """Who writes in a room: when each edit was made, in nanoseconds."""

    number: int
    room: str
    born: list[int] = field(default_factory=list)

    def edit(self, now: int) -> bytes:
        """The update of one more edit."""
        self.born.append(now)
        return edits.appended(self.number, len(self.born) - 1)


@dataclass
class Known:
    """Which edits a document would show that got these stretches, in this order."""

    upto: dict[int, int] = field(default_factory=dict)
    _early: set[Stretch] = field(default_factory=set)
    """Cannot be shown yet: something before them is missing."""

    def learn(self, stretch: Stretch) -> range:
        """The edits that become visible; repeats show nothing new."""
        had = self.upto.get(stretch.writer, 0)
        if stretch.first > had:
            self._early.add(stretch)
            return range(0)
        if stretch.end <= had:
            return range(0)
        end = self.upto[stretch.writer] = stretch.end
        for early in [each for each in self._early if each.writer == stretch.writer]:
            if early.first <= end:
                self._early.discard(early)
                end = max(end, self.learn(early).stop)
        return range(had, end)


class FastLine(Line):
    """A line on uvloop, whose transports are not of asyncio's class."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)


class Counts(Protocol):
    """Who counts what clients receive."""

    def heard(self, client: Client, message: bytes) -> None:
        """A sync message with changes, the moment its read ended."""


_SYNC: Final = (MessageType.SYNC, MessageType.SYNC_REPLY)


class Client:
    """One stay of one socket after the other in one room."""

    def __init__(
        self, target: Target, room: str, counts: Counts, pen: Pen | None, number: int
    ) -> None:
        self.number = number
        self.room = room
        self.pen = pen
        self.known = Known()
        self.frames = 0
        self.acknowledged = 0
        self.sampled = False
        """Whether the age of what arrives here is noted."""
        self.keep: Callable[[bytes], object] = len
        """Gets every sync message that carries a change."""
        self._target = target
        self._head = target.head(room)
        self._counts = counts
        self._line: Line | None = None
        self._stays = 0
        self._in_step: asyncio.Future[None]

    @property
    def present(self) -> bool:
        """Whether its socket is open."""
        return self._line is not None and not self._line.gone.done()

    async def come(self, port: int, seen: bool = False) -> None:
        """Connect and wait until it has what it lacked; `seen`: with a presence too.

        Raises OSError, TurnedAway, Refused, TimeoutError.
        """
        self._in_step = asyncio.get_running_loop().create_future()
        target = self._target
        async with asyncio.timeout(60):
            path = target.path(self.room)
            self._line = await FastLine.to(port, path, target.headers, self._heard)
            self._line.send(*self._greeting(seen))
            either: set[asyncio.Future[Any]] = {self._in_step, self._line.gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._in_step.done():
            raise Refused(*self._line.gone.result())
        self._in_step.result()

    def _greeting(self, seen: bool) -> list[bytes]:
        said = []
        if self._target.acknowledges:
            said.append(bytes((MessageType.AUTH, AuthType.TOKEN)) + lib0.text(self._target.token))
        vector = edits.state_vector(self.known.upto)
        said.append(_sync(SyncType.STEP_1, vector))
        if seen:
            self._stays += 1
            presence = edits.presence(self.number, self._stays)
            said.append(bytes((MessageType.AWARENESS,)) + lib0.block(presence))
        return [self._head + each for each in said]

    def leave(self) -> None:
        """As a cable that is pulled."""
        if self._line is not None:
            self._line.drop()

    def write(self) -> None:
        """One more edit."""
        assert self.pen is not None
        self.send(self.pen.edit(time.perf_counter_ns()))

    def send(self, update: bytes) -> None:
        """A change as it is."""
        assert self._line is not None
        self._line.send(self._head + _sync(SyncType.UPDATE, update))

    def _heard(self, frame: bytes) -> None:
        self.frames += 1
        at = len(self._head)
        if not frame.startswith(self._head) or len(frame) < at + 2:
            if frame == PING and self._line is not None:
                self._line.send(PONG)
            return
        kind, detail = frame[at], frame[at + 1]
        if kind in _SYNC:
            self._synced(detail, frame)
        elif kind == MessageType.SYNC_STATUS:
            self.acknowledged += detail
        elif (kind, detail) == (MessageType.AUTH, AuthType.PERMISSION_DENIED):
            self._in_step.set_exception(Refused(frame))

    def _synced(self, kind: int, frame: bytes) -> None:
        if kind == SyncType.STEP_1:
            assert self._line is not None
            self._line.send(self._head + _sync(SyncType.STEP_2, edits.NOTHING))
            return
        self.keep(frame)
        self._counts.heard(self, frame)
        if kind == SyncType.STEP_2 and not self._in_step.done():
            self._in_step.set_result(None)


def _sync(kind: SyncType, data: bytes) -> bytes:
    return bytes((MessageType.SYNC, kind)) + lib0.block(data)
