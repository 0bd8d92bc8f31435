"""One collaboration socket: what it is in, and what waits to be written to it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

from models.policy import Actor
from server import live_metrics as metrics
from server.authenticate import Identity
from sync import codec
from sync.effects import MemberId
from sync.errors import CATALOGUE, CloseCode, Malformed, Refusal
from sync.messages import Addressed, PermissionDenied, Ping, Pong, RoomAddress, Stateless
from sync.notices import session_ended_notice
from sync.sessions import Deliver, Depart, HangUp, Knock, Live, Sessions, TurnAway

log = structlog.get_logger()

MOST_FRAMES_WAITING: Final = 256
MOST_BYTES_WAITING: Final = 4 << 20
"""Past these a reader is too slow: its socket is closed and catches up when it is back. A first
sync is larger than a live frame, so the bound in bytes is generous."""
UNKNOWN_FOR: Final = 10.0
"""Seconds that a socket may stay open without anybody having been let in."""

_numbers = itertools.count(1)


class Doorkeeper(Protocol):
    """Who decides about admission: the hub, as a connection sees it."""

    async def admit(self, connection: Connection, address: RoomAddress, token: str) -> None:
        """Let the connection into a document, or turn it away; answers by itself."""


class Connection:
    """A socket after its handshake. `identity` is None until a token or a cookie was accepted.

    Frames to the client go through one bounded queue and one task that writes them; nothing
    here waits for a slow reader.
    """

    def __init__(self, doorkeeper: Doorkeeper, identity: Identity | None) -> None:
        self.number = next(_numbers)
        self.identity = identity
        self.opened_at = time.monotonic()
        self.sessions = Sessions()
        self.seats: dict[MemberId, Callable[[MemberId], None]] = {}
        self.closing: tuple[CloseCode, Refusal] | None = None
        self._doorkeeper = doorkeeper
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._something = asyncio.Event()
        self._admissions: set[asyncio.Task[None]] = set()
        self._deliver: dict[MemberId, Callable[..., None]] = {}

    @property
    def actor(self) -> Actor | None:
        """The person behind the socket."""
        return None if self.identity is None else self.identity.actor

    # --- from the client -----------------------------------------------------------------------

    def receive(self, frame: bytes) -> None:
        """One frame from the client; a malformed one closes the socket, and only that."""
        metrics.FRAMES.inc()
        try:
            match codec.decode_from_client(frame):
                case Ping():
                    self.send(codec.PONG)
                case Pong():
                    pass
                case Addressed(spelling, message):
                    now = time.monotonic()
                    step = self.sessions.receive(spelling, message, len(frame), now)
                    if step is not None:
                        self._take(step)
        except Malformed as error:
            log.info("malformed", connection=self.number, why=str(error))
            self.hang_up(Refusal.MALFORMED)

    def _take(self, step: Knock | Deliver | Depart | TurnAway | HangUp) -> None:
        match step:
            case Knock(address, token):
                task = asyncio.create_task(self._doorkeeper.admit(self, address, token))
                self._admissions.add(task)
                task.add_done_callback(self._admissions.discard)
            case Deliver(session, message):
                if (deliver := self._deliver.get(session.member)) is not None:
                    deliver(session.member, message)
            case Depart(session):
                self._depart(session)
            case TurnAway(spelling, refusal):
                self.turn_away(spelling, refusal)
            case HangUp(refusal):
                self.hang_up(refusal)

    # --- in and out of documents ---------------------------------------------------------------

    def seated(
        self,
        spelling: str,
        member: MemberId,
        deliver: Callable[..., None],
        leave: Callable[[MemberId], None],
    ) -> bool:
        """A document let this socket in; what waited is delivered. False: it left meanwhile."""
        waited = self.sessions.admit(spelling, member)
        if waited is None or self.closing is not None:
            return False
        self._deliver[member] = deliver
        self.seats[member] = leave
        for delivery in waited:
            self._take(delivery)
        return True

    def turn_away(self, spelling: str, refusal: Refusal) -> None:
        """Refuse a document; the socket and its other documents go on."""
        metrics.REFUSALS.labels(refusal).inc()
        log.info("turned-away", connection=self.number, reason=str(refusal))
        self.send(codec.encode(spelling, PermissionDenied(refusal)))
        self.sessions.end(spelling)

    def expelled(self, spelling: str) -> None:
        """A room ended the stay under this spelling."""
        for live in self.sessions.live():
            if live.address.spelling == spelling:
                self._unseat(live.member)
        self.sessions.end(spelling)

    def _depart(self, session: Live) -> None:
        leave = self._unseat(session.member)
        if leave is not None:
            leave(session.member)

    def _unseat(self, member: MemberId) -> Callable[[MemberId], None] | None:
        self._deliver.pop(member, None)
        return self.seats.pop(member, None)

    def leave_all(self) -> None:
        """The socket is gone."""
        for task in self._admissions:
            task.cancel()
        for member, leave in list(self.seats.items()):
            leave(member)
        self.seats.clear()
        self._deliver.clear()

    # --- to the client -------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Put a frame in the queue; a reader that is too far behind is hung up on."""
        if self.closing is not None:
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        self._something.set()
        if len(self._waiting) > MOST_FRAMES_WAITING or self._waiting_bytes > MOST_BYTES_WAITING:
            self.hang_up(Refusal.TOO_SLOW)

    def hang_up(self, refusal: Refusal) -> None:
        """Close the socket with the refusal's close code, behind what waits (a reader that is
        too slow loses what waits: it gets it again when it is back)."""
        if self.closing is not None:
            return
        metrics.REFUSALS.labels(refusal).inc()
        log.info("hung-up", connection=self.number, reason=str(refusal))
        if refusal is Refusal.TOO_SLOW:
            self._waiting.clear()
        if refusal is Refusal.SESSION_ENDED:
            self._tell_everywhere(session_ended_notice())
        self.closing = CATALOGUE[refusal].close, refusal
        self._something.set()

    def _tell_everywhere(self, notice: Stateless) -> None:
        for live in self.sessions.live():
            self.send(codec.encode(live.address.spelling, notice))

    async def write(
        self,
        send: Callable[[bytes], Awaitable[None]],
        close: Callable[[int, str], Awaitable[None]],
    ) -> None:
        """Write what waits until the socket is to be closed, then close it."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                frame = self._waiting.popleft()
                self._waiting_bytes -= len(frame)
                await send(frame)
            if self.closing is not None:
                code, refusal = self.closing
                await close(code, refusal)
                return
