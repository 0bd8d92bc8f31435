"""What a room sees of the server around it: its members' sockets, and what all rooms share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from models.policy import Actor
from server.committer import State
from server.rates import USUAL, Allowance, Limits
from sync.effects import Quarantine
from sync.errors import Refusal
from sync.messages import FromServer, parse_room_address
from sync.ports import Dialect

if TYPE_CHECKING:
    from server.open_room import OpenRoom


class Line(Protocol):
    """A socket as a room sees it; nothing of it waits or raises."""

    @property
    def actor(self) -> Actor | None:
        """The person behind it."""

    @property
    def dialect(self) -> Dialect:
        """How the client speaks."""

    @property
    def behind(self) -> bool:
        """Whether the client does not keep up."""

    def write(self, frames: bytes) -> None:
        """Put frames on their way."""

    def say(self, spelling: str, message: FromServer, /) -> bool:
        """Send one message about a document; False when the dialect has no words for it."""

    def expelled(self, spelling: str, refusal: Refusal) -> None:
        """The stay under this spelling is over."""

    def hang_up(self, refusal: Refusal, come_back_in: int | None = None, /) -> None:
        """Close the whole socket, and say when to come back if that was decided."""

    def rest(self, seconds: float) -> None:
        """Read nothing from it for a while."""

    def send_away(self, seconds: int) -> None:
        """Close the whole socket, and say when to come back."""


class Alarm(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Do not call."""


class Timers(Protocol):
    """What puts calls off: an event loop, or a test."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Alarm:
        """Call after `delay` seconds."""


class Wants(Protocol):
    """Who is told that a room has something to store: the committer, or a test."""

    def want(self, room: OpenRoom, /) -> None:
        """`room` has something to store."""

    def keep(self, state: State, /) -> None:
        """A checkpoint may be written when nobody waits."""


class Lane(Protocol):
    """Where rooms wait for their turn to go on with something long."""

    def enter(self, room: OpenRoom, /) -> None:
        """`room.go_on` is to be called."""


class Keeper(Protocol):
    """Who keeps what nothing honest sends."""

    def keep(self, document: str, epoch: int, quarantined: Quarantine, /) -> None:
        """Write it down, some time soon."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all rooms of a server share, beside the committer."""

    lane: Lane | None = None
    keeper: Keeper | None = None
    limits: Limits = USUAL


ALONE: Final = Surroundings()


class Seat:
    """A member's place in a room: the socket, and the spelling that the client uses.

    `missed_since` is what the client had when it was first left out of something because it
    did not keep up: a state vector.
    """

    __slots__ = ("allowance", "hears", "line", "missed_since", "names_epoch", "spelling", "write")

    def __init__(self, line: Line, spelling: str, allowance: Allowance) -> None:
        self.line = line
        self.allowance = allowance
        self.spelling = spelling
        self.hears = (line.dialect.name, spelling)
        self.write = line.write
        address = parse_room_address(spelling)
        self.names_epoch = address is not None and address.epoch is not None
        self.missed_since: bytes | None = None

    @property
    def dialect(self) -> Dialect:
        """How the client speaks."""
        return self.line.dialect

    @property
    def behind(self) -> bool:
        """Whether the client does not keep up, or has not been told what it missed."""
        return self.line.behind or self.missed_since is not None
