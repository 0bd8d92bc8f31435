"""A socket's stay in one document, from the first frame to the last.

    Greeting --admitted--> Live --left--> (gone)
    Greeting --refused--> Refused <--expelled-- Live
    Refused --a new token--> Greeting

The provider sends its token, its step 1 and its awareness in a row and never repeats them, so
what comes before somebody is let in waits here, within bounds for the whole socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sync.effects import MemberId
from sync.errors import Refusal
from sync.messages import Close, Received, RoomAddress, Token, parse_room_address

MOST_WAITING_FRAMES: Final = 32
MOST_WAITING_BYTES: Final = 512 * 1024
"""From somebody we do not know yet: programs show their key only in the token, and their step 1 of
a document of thousands of client ids is long."""
MOST_WAITING_BYTES_KNOWN: Final = 4 << 20
"""From somebody who is signed in."""
MOST_DOCUMENTS: Final = 64
"""Documents on one socket."""
GREETING_TIME: Final = 10.0
"""Seconds from the first frame about a document until somebody must be let in."""


@dataclass(slots=True)
class Greeting:
    """Not let in yet; `asked` once a token came."""

    address: RoomAddress
    since: float
    asked: bool = False
    waiting: list[Received] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Live:
    """Let in, as this member."""

    address: RoomAddress
    member: MemberId


@dataclass(frozen=True, slots=True)
class Refused:
    """Turned away or expelled; what still comes is not answered, until a new token."""


Session = Greeting | Live | Refused


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody asks to be let in: the server must ask `may()` and answer."""

    address: RoomAddress
    token: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message for a room."""

    session: Live
    message: Received


@dataclass(frozen=True, slots=True)
class Depart:
    """The client left a document that it was in."""

    session: Live


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Refuse a document, in the dialect's own form; the socket stays open."""

    spelling: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the whole socket."""

    refusal: Refusal


Step = Knock | Deliver | Depart | TurnAway | HangUp


class Sessions:
    """All stays of one socket, by the spelling that the client uses."""

    __slots__ = ("_most_bytes", "_sessions", "_waiting_bytes", "_waiting_frames")

    def __init__(self, known: bool = False) -> None:
        self._sessions: dict[str, Session] = {}
        self._most_bytes = MOST_WAITING_BYTES_KNOWN if known else MOST_WAITING_BYTES
        self._waiting_frames = 0
        self._waiting_bytes = 0

    def receive(self, spelling: str, message: Received, size: int, now: float) -> Step | None:
        """What a message of `size` bytes about `spelling` asks of the server; None: nothing."""
        session = self._sessions.get(spelling)
        match session:
            case None:
                return self._first(spelling, message, size, now)
            case Refused():
                return self._again(spelling, message, size, now)
            case Greeting():
                return self._wait(session, message, size)
            case Live():
                if isinstance(message, Close):
                    del self._sessions[spelling]
                    return Depart(session)
                return None if isinstance(message, Token) else Deliver(session, message)

    def _again(self, spelling: str, message: Received, size: int, now: float) -> Step | None:
        if isinstance(message, Close | Token):
            self.end(spelling)
        return self._first(spelling, message, size, now) if isinstance(message, Token) else None

    def _first(self, spelling: str, message: Received, size: int, now: float) -> Step | None:
        if isinstance(message, Close):
            return None
        # before the address: what cannot be one is remembered as refused, too
        if len(self._sessions) >= MOST_DOCUMENTS:
            return HangUp(Refusal.TOO_MANY)
        address = parse_room_address(spelling)
        if address is None:
            return TurnAway(spelling, Refusal.UNKNOWN_DOCUMENT)
        greeting = self._sessions[spelling] = Greeting(address, now)
        return self._wait(greeting, message, size)

    def _wait(self, greeting: Greeting, message: Received, size: int) -> Step | None:
        match message:
            case Close():
                self.end(greeting.address.spelling)
                return None
            case Token(token):
                if greeting.asked:
                    return None
                greeting.asked = True
                return Knock(greeting.address, token)
            case _:
                self._waiting_frames += 1
                self._waiting_bytes += size
                greeting.waiting.append(message)
        if self._waiting_frames > MOST_WAITING_FRAMES or self._waiting_bytes > self._most_bytes:
            return HangUp(Refusal.TOO_MANY)
        return None

    def admit(self, spelling: str, member: MemberId) -> list[Deliver] | None:
        """Let a greeting in: what waited, now to be delivered. None: it left meanwhile."""
        greeting = self._sessions.get(spelling)
        if not isinstance(greeting, Greeting):
            return None
        self._waiting_frames -= len(greeting.waiting)
        live = self._sessions[spelling] = Live(greeting.address, member)
        if not any(isinstance(one, Greeting) for one in self._sessions.values()):
            self._waiting_frames = self._waiting_bytes = 0
        return [Deliver(live, message) for message in greeting.waiting]

    def refuse(self, spelling: str) -> None:
        """A stay ended against the client's will: what it still sends is passed over."""
        self._drop_waiting(spelling)
        self._sessions[spelling] = Refused()

    def end(self, spelling: str) -> None:
        """A stay is over, and the client knows."""
        self._drop_waiting(spelling)
        self._sessions.pop(spelling, None)

    def _drop_waiting(self, spelling: str) -> None:
        greeting = self._sessions.get(spelling)
        if isinstance(greeting, Greeting):
            self._waiting_frames -= len(greeting.waiting)

    def overdue(self, now: float) -> list[str]:
        """The documents in whose greeting no token came for too long."""
        return [
            spelling
            for spelling, one in self._sessions.items()
            if isinstance(one, Greeting) and not one.asked and now - one.since > GREETING_TIME
        ]

    def asks(self, address: RoomAddress) -> bool:
        """Whether the greeting that knocked with this address, the very same, still waits: who
        went and came back has knocked again."""
        session = self._sessions.get(address.spelling)
        return isinstance(session, Greeting) and session.address is address

    def is_live(self, spelling: str) -> bool:
        """Whether this socket is in the document."""
        return isinstance(self._sessions.get(spelling), Live)

    def live(self) -> list[Live]:
        """The documents this socket is in."""
        return [one for one in self._sessions.values() if isinstance(one, Live)]
