"""What travels between a client and a room, as small frozen values.

What a client may send and what a server may send are separate unions: a frame of the wrong
side never becomes a value. Numbers are those of the Hocuspocus dialect, version 4
(`@hocuspocus/provider`, `src/types.ts`) and of y-protocols (`sync.js`, `awareness.js`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Generic, TypeVar

from models.documents import DocumentName, parse_document_name


@unique
class MessageType(IntEnum):
    """The first number of an addressed frame."""

    SYNC = 0
    AWARENESS = 1
    AUTH = 2
    QUERY_AWARENESS = 3
    SYNC_REPLY = 4
    STATELESS = 5
    CLOSE = 7
    SYNC_STATUS = 8
    PING = 9
    PONG = 10


@unique
class SyncType(IntEnum):
    """The second number of a SYNC frame (y-protocols `sync.js`)."""

    STEP_1 = 0
    STEP_2 = 1
    UPDATE = 2


@unique
class AuthType(IntEnum):
    """The second number of an AUTH frame (`@hocuspocus/common`, `auth.ts`)."""

    TOKEN = 0
    PERMISSION_DENIED = 1
    AUTHENTICATED = 2


@dataclass(frozen=True, slots=True)
class RoomAddress:
    """Where a frame goes: a document, in one epoch, in the spelling that the client chose.

    The spelling is kept because the dialect wants answers under the same name. `epoch` is None
    where the client named none: then it means the present one.
    """

    spelling: str
    name: DocumentName
    epoch: int | None


def parse_room_address(spelling: str) -> RoomAddress | None:
    """`<incident>/<document>[@<epoch>][NUL <session>]`, or None when it can name no document."""
    routing, _, _ = spelling.partition("\0")
    text, at, epoch = routing.partition("@")
    if at and not (epoch.isascii() and epoch.isdigit() and len(epoch) <= 9):
        return None
    name = parse_document_name(text)
    return None if name is None else RoomAddress(spelling, name, int(epoch) if at else None)


# --- both ways ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """A state vector, "this is what I have": asks for a SyncStep2."""

    state_vector: bytes


@dataclass(frozen=True, slots=True)
class SyncStep2:
    """A CRDT update, "this is what you lack"."""

    update: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """A change made just now, as a CRDT update."""

    update: bytes


@dataclass(frozen=True, slots=True)
class Awareness:
    """Who is where: an awareness update of y-protocols."""

    update: bytes


@dataclass(frozen=True, slots=True)
class Stateless:
    """Text beside the document; ours is JSON with a `kind`."""

    payload: str


@dataclass(frozen=True, slots=True)
class Close:
    """This document is done on this socket; the socket stays."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Concerns the socket, has no address."""


@dataclass(frozen=True, slots=True)
class Pong:
    """Here."""


@dataclass(frozen=True, slots=True)
class Updates:
    """Changes of one client that came together, oldest first. No frame of its own: the server
    gathers them, to take them together."""

    updates: tuple[bytes, ...]


# --- only a client sends these -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """Asks to be let in to a document."""

    token: str


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    """Asks who is here."""


# --- only a server sends these -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Authenticated:
    """You are in; whether you may write."""

    may_write: bool


@dataclass(frozen=True, slots=True)
class PermissionDenied:
    """You are not let in, or no longer; the reason is a code of `sync.errors.Refusal`."""

    reason: str


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """True: one step 2 or Update of yours is stored for good. False: it was refused."""

    saved: bool


FromClient = Token | SyncStep1 | SyncStep2 | Update | Awareness | QueryAwareness | Stateless | Close
Received = FromClient | Updates
"""What reaches a room from a client."""
FromServer = (
    Authenticated
    | PermissionDenied
    | SyncStep1
    | SyncStep2
    | Update
    | Awareness
    | SyncStatus
    | Stateless
    | Close
)


Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Addressed(Generic[Message]):
    """A message and the spelling of the document that it is about."""

    spelling: str
    message: Message
