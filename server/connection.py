"""One collaboration socket: what it is in, and what waits to be written to it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

import structlog

from models.policy import Actor
from server import live_metrics as metrics
from server.authenticate import Identity
from server.frames import framed
from server.inbox import Inbox
from server.rates import LONGEST_REST, Bucket
from sync import codec
from sync.effects import MemberId
from sync.errors import CATALOGUE, CloseCode, Malformed, Refusal, close_reason
from sync.messages import (
    Addressed,
    FromClient,
    FromServer,
    PermissionDenied,
    Ping,
    Pong,
    Received,
    RoomAddress,
    Stateless,
    Token,
    Update,
    Updates,
)
from sync.notices import come_back_notice, session_ended_notice
from sync.ports import Dialect
from sync.sessions import Deliver, Depart, HangUp, Knock, Live, Sessions, TurnAway

log = structlog.get_logger()

MOST_WAITING: Final = 24 << 20
"""Bytes that may wait for a client; a first sync of the largest document fits."""
SLOWEST: Final = 60.0
"""Seconds in which a client that is behind may take nothing, before its socket is closed; it
catches up when it is back."""
TALK: Final = 20.0
"""Messages a second that are not for a room: pings, tokens, goodbyes."""
TALK_AT_ONCE: Final = 400.0
UNKNOWN_FOR: Final = 10.0
"""Seconds that a socket may stay open without anybody having been let in."""

MOST_TOGETHER: Final = 64
"""Changes of one read that are taken together."""

_numbers = itertools.count(1)


def _changes(spelling: str, updates: Sequence[bytes]) -> Iterator[tuple[str, Received, int]]:
    match updates:
        case []:
            pass
        case [update]:
            yield spelling, Update(update), len(update)
        case _:
            yield spelling, Updates(tuple(updates)), sum(map(len, updates))


class Pipe(Protocol):
    """The socket itself, as a connection writes to it; nothing of it waits or raises."""

    def write(self, frames: bytes) -> None:
        """Write what is framed already."""

    def close(self, code: int, reason: str) -> None:
        """Close, behind what waits."""

    def waiting(self) -> int:
        """How many bytes the client has not taken yet."""

    def in_one_write(self) -> AbstractContextManager[None]:
        """While this lasts, what is written waits, and then leaves together."""

    def rest(self, seconds: float) -> None:
        """Read nothing from the client for a while."""


class Doorkeeper(Protocol):
    """Who decides about admission: the hub, as a connection sees it."""

    def knock(self, connection: Connection, address: RoomAddress, token: str) -> None:
        """Let the connection into a document when its turn comes, or turn it away then."""

    def disconnected(self, connection: Connection) -> None:
        """The socket is gone."""


class Desk(Protocol):
    """A document that this socket is in: an open room, as a connection sees it."""

    def receive(self, member: MemberId, message: Received, /) -> None:
        """One message of this member."""

    def caught_up(self, member: MemberId, /) -> None:
        """The member reads again after being behind."""

    def leave(self, member: MemberId, /) -> None:
        """The member is gone."""


class Connection:
    """A socket after its handshake. `identity` is None until a token or a cookie was accepted.

    Nothing here waits for a slow reader. While a client does not keep up it is `behind`: rooms
    leave out what they tell everybody, and say what was missed in one go when it reads again.
    """

    __slots__ = (
        "_desks",
        "_doorkeeper",
        "_frames",
        "_inbox",
        "_least_waited",
        "_pipe",
        "_taken_at",
        "_talk",
        "behind",
        "closing",
        "dialect",
        "identity",
        "number",
        "opened_at",
        "sessions",
    )

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        identity: Identity | None,
        pipe: Pipe,
        dialect: Dialect,
        inbox: Inbox,
    ) -> None:
        self.dialect = dialect
        self.number = next(_numbers)
        self.identity = identity
        self.opened_at = time.monotonic()
        self._talk = Bucket(TALK, TALK_AT_ONCE, self.opened_at)
        self.sessions = Sessions(known=identity is not None)
        self._desks: dict[MemberId, Desk] = {}
        self.closing: tuple[CloseCode, Refusal] | None = None
        self._doorkeeper = doorkeeper
        self._pipe = pipe
        self._inbox = inbox
        self._frames = 0
        self.behind = False
        """Whether the client does not keep up at the moment."""
        self._taken_at = 0.0
        self._least_waited = 0

    @property
    def actor(self) -> Actor | None:
        """The person behind the socket."""
        return None if self.identity is None else self.identity.actor

    def known_as(self, identity: Identity | None) -> None:
        """Take somebody for who is behind the socket; two tokens may be looked up at once, and the
        first one counts for the whole socket."""
        if self.identity is None:
            self.identity = identity

    # --- from the client -----------------------------------------------------------------------

    def receive(self, frames: Sequence[bytes]) -> None:
        """The frames of one read from the client; they may be handled a little later."""
        self._inbox.take(self, frames)

    def handle(self, frames: Sequence[bytes]) -> None:
        """Handle frames now; a malformed one closes the socket, and only that. A page that comes
        back says a dozen things in one read: it is answered in one write."""
        self._frames += len(frames)
        try:
            if len(frames) == 1:
                self._handle_each(frames)
            else:
                with self.in_one_write():
                    self._handle_each(frames)
        except Malformed as error:
            log.info("malformed", connection=self.number, why=str(error))
            self.hang_up(Refusal.MALFORMED)

    def _handle_each(self, frames: Sequence[bytes]) -> None:
        """Once the server hung up nothing is heard any more, also not what came before."""
        for spelling, message, size in self._gathered(frames):
            if self.closing is not None:
                return
            step = self.sessions.receive(spelling, message, size, time.monotonic())
            if step.__class__ is not Deliver:
                self.talked()
            if step is not None:
                self._take(step)

    def count_frames(self) -> None:
        """Add what came since the last time to the metric: for each frame by itself it would cost
        as much as taking it apart."""
        metrics.FRAMES.inc(self._frames)
        self._frames = 0

    def _gathered(self, frames: Iterable[bytes]) -> Iterator[tuple[str, Received, int]]:
        """The messages in these frames and their sizes; changes that follow on each other, of one
        document that this socket is in, are gathered. What was gathered goes out before Malformed
        is raised."""
        about, updates = "", list[bytes]()
        for frame in frames:
            try:
                addressed = self._decoded(frame)
            except Malformed:
                yield from _changes(about, updates)
                raise
            if addressed is None:
                continue
            spelling, message = addressed.spelling, addressed.message
            same = isinstance(message, Update) and spelling == about
            if updates and not (same and len(updates) < MOST_TOGETHER):
                yield from _changes(about, updates)
                updates = []
            if isinstance(message, Update) and self.sessions.is_live(spelling):
                about = spelling
                updates.append(message.update)
            else:
                yield spelling, message, len(frame)
        yield from _changes(about, updates)

    def _decoded(self, frame: bytes) -> Addressed[FromClient] | None:
        """What a frame says about a document; None for one about the line, which is answered."""
        match self.dialect.decode(frame):
            case Ping():
                self.talked()
                self.send(codec.PONG)
                return None
            case Pong():
                return None
            case addressed:
                return addressed

    def _take(self, step: Knock | Deliver | Depart | TurnAway | HangUp) -> None:
        match step:
            case Knock(address, token):
                self._doorkeeper.knock(self, address, token)
            case Deliver(session, message):
                if (desk := self._desks.get(session.member)) is not None:
                    desk.receive(session.member, message)
            case Depart(session):
                self._depart(session)
            case TurnAway(spelling, refusal):
                self.turn_away(spelling, refusal)
            case HangUp(refusal):
                self.hang_up(refusal)

    def talked(self) -> None:
        """Something came that is not for a room, which would count it."""
        if wait := self._talk.take(1.0, time.monotonic()):
            self.rest(min(wait, LONGEST_REST))

    def knock(self, spelling: str) -> None:
        """Ask to be let in to the document that the socket's own address names."""
        step = self.sessions.receive(spelling, Token(""), 0, time.monotonic())
        if step is not None:
            self._take(step)

    def received_text(self) -> None:
        """This dialect has no text messages."""
        self.hang_up(Refusal.MALFORMED)

    # --- in and out of documents ---------------------------------------------------------------

    def seated(self, spelling: str, member: MemberId, desk: Desk) -> bool:
        """A document let this socket in; what waited is delivered. False: it left meanwhile."""
        waited = self.sessions.admit(spelling, member)
        if waited is None or self.closing is not None:
            return False
        self._desks[member] = desk
        for delivery in waited:
            self._take(delivery)
        return True

    def turn_away(self, spelling: str, refusal: Refusal) -> None:
        """Refuse a document; the socket and its other documents go on."""
        metrics.REFUSALS.labels(refusal).inc()
        log.info("turned-away", connection=self.number, reason=str(refusal))
        self.sessions.refuse(spelling)
        if not self.say(spelling, PermissionDenied(refusal)):
            self.hang_up(refusal)

    def expelled(self, spelling: str, refusal: Refusal) -> None:
        """A room ended the stay under this spelling, and has said why if the dialect can."""
        for live in self.sessions.live():
            if live.address.spelling == spelling:
                self._unseat(live.member)
        self.sessions.refuse(spelling)
        if not self.dialect.acknowledges:
            self.hang_up(refusal)

    def _depart(self, session: Live) -> None:
        desk = self._unseat(session.member)
        if desk is not None:
            desk.leave(session.member)

    def _unseat(self, member: MemberId) -> Desk | None:
        return self._desks.pop(member, None)

    def gone(self) -> None:
        """The socket is gone."""
        self.count_frames()
        self._doorkeeper.disconnected(self)

    def leave_all(self) -> None:
        """Leave every document."""
        for member, desk in list(self._desks.items()):
            desk.leave(member)
        self._desks.clear()

    # --- to the client -------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Send one message."""
        self.write(framed(message))

    def say(self, spelling: str, message: FromServer) -> bool:
        """Send a message about a document; False when the dialect has no words for it."""
        frame = self.dialect.encode(spelling, message)
        if frame is not None:
            self.send(frame)
        return frame is not None

    def write(self, frames: bytes) -> None:
        """Send what is framed already, the same bytes for everybody."""
        if self.closing is None:
            self._pipe.write(frames)
            if self.behind and self._pipe.waiting() > MOST_WAITING:
                self.hang_up(Refusal.TOO_SLOW)

    def in_one_write(self) -> AbstractContextManager[None]:
        """While this lasts, what is said waits, and then leaves in one write."""
        return self._pipe.in_one_write()

    def behind_for_too_long(self, now: float) -> bool:
        """Whether it is time to give up on this client: it took nothing for too long. Who takes a
        little, over a poor line, will get there."""
        if not self.behind:
            return False
        waits = self._pipe.waiting()
        if waits < self._least_waited:
            self._least_waited, self._taken_at = waits, now
        return now - self._taken_at > SLOWEST

    def paused(self) -> None:
        """More waits for the client than it reads."""
        self.behind, self._taken_at = True, time.monotonic()
        self._least_waited = self._pipe.waiting()

    def resumed(self) -> None:
        """The client reads again: every document says what was missed."""
        self.behind = False
        for member, desk in list(self._desks.items()):
            desk.caught_up(member)

    def rest(self, seconds: float) -> None:
        """Read nothing from this client for a while."""
        self._pipe.rest(seconds)

    def send_away(self, seconds: int) -> None:
        """Too much came for too long: close, and say when to come back."""
        self.tell_everywhere(come_back_notice(seconds))
        self.hang_up(Refusal.TOO_MANY, seconds)

    def hang_up(self, refusal: Refusal, come_back_in: int | None = None) -> None:
        """Close the socket with the refusal's close code, behind what waits. The reason says
        after how many seconds to come back, if that was decided."""
        if self.closing is not None:
            return
        metrics.REFUSALS.labels(refusal).inc()
        log.info("hung-up", connection=self.number, reason=str(refusal))
        if refusal is Refusal.SESSION_ENDED:
            self.tell_everywhere(session_ended_notice())
        self.closing = CATALOGUE[refusal].close, refusal
        self._pipe.close(CATALOGUE[refusal].close, close_reason(refusal, come_back_in))

    def tell_everywhere(self, notice: Stateless) -> None:
        """Send a notice in every document that this socket is in."""
        for live in self.sessions.live():
            self.say(live.address.spelling, notice)
