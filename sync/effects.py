"""What a room wants done, in order. The server performs effects; the room never waits.

Whatever follows an `Append` leaves only after the commit that covers it: everything a room says
after a change was derived from a document that holds the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from models.journal import Author, Mark
from sync.errors import Refusal
from sync.messages import FromServer

MemberId = NewType("MemberId", int)
"""One open document on one socket; given out by the server, never used twice."""


@dataclass(frozen=True, slots=True)
class Append:
    """Write one row to the log: the update that the room's own document emitted."""

    update: bytes
    author: Author
    at: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Write the whole state as it is after the last Append, so that loading stays short."""

    state: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """One message to one member."""

    member: MemberId
    message: FromServer


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One message to every member that is let in, but for one."""

    message: FromServer
    besides: MemberId | None = None


@dataclass(frozen=True, slots=True)
class Expel:
    """End a member's stay, with the reason in the dialect's own form."""

    member: MemberId
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Refused:
    """Count and log a refusal: ids, never contents."""

    member: MemberId
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Keep a change that nothing honest sends, for who has to find out what it was. `why` says
    what is wrong with it, never what is in it."""

    member: MemberId
    author: Author
    why: str
    change: bytes


@dataclass(frozen=True, slots=True)
class Grew:
    """The whole state has grown past what is usual: `size` bytes. Count and log it."""

    size: int


@dataclass(frozen=True, slots=True)
class Continue:
    """Something long is under way: call `Room.go_on` once others have had their turn."""


Effect = Append | Checkpoint | Send | Broadcast | Expel | Refused | Quarantine | Grew | Continue
