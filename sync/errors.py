"""What can be refused, whose fault it is, and what to do next.

A refusal travels as its short code; the page turns the code into a sentence in the person's
language. `Malformed` and the refusals blamed on the sender are theirs; `Unavailable` and
`RoomBroken` are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from typing import Final


class Malformed(Exception):
    """Bytes that no honest client sends. The text says what is wrong, never what was in them."""


def as_malformed(error: BaseException) -> Malformed:
    """What it means that the document did not take a change that was read without a fault."""
    if isinstance(error, Malformed):
        return error
    return Malformed(f"the document refused it: {type(error).__name__}")


class Full(Exception):
    """The document is as large as one may become: nothing can be added, only removed."""


class RoomBroken(Exception):
    """The room's live document can no longer be trusted; it must be rebuilt from the log."""


@unique
class Fault(StrEnum):
    """Whose fault a refusal is."""

    THEIRS = "theirs"
    OURS = "ours"


@unique
class CloseCode(IntEnum):
    """How a socket ends (RFC 6455 §7.4; 4000 up are ours): 44xx is final, 45xx comes back."""

    NORMAL = 1000
    TOO_BIG = 1009
    RESTART = 1012
    INTERNAL = 1011
    TRY_LATER = 1013
    MALFORMED = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    UNKNOWN_DOCUMENT = 4404
    STALE_EPOCH = 4409
    STORAGE = 4503


@unique
class Refusal(StrEnum):
    """Why something was refused; the value is the code on the wire."""

    UNAUTHENTICATED = "unauthenticated"
    SESSION_ENDED = "session-ended"
    FORBIDDEN = "forbidden"
    UNKNOWN_DOCUMENT = "unknown-document"
    STALE_EPOCH = "stale-epoch"
    READ_ONLY = "read-only"
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    FULL = "full"
    TOO_MANY = "too-many"
    TOO_SLOW = "too-slow"
    STORAGE = "storage"
    RESTART = "restart"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the catalogue: the fault, the close code where a socket ends on it, whether
    the client may try again by itself, and a sentence (an English message id)."""

    fault: Fault
    close: CloseCode
    retry: bool
    sentence: str


CATALOGUE: Final[Mapping[Refusal, Meaning]] = {
    Refusal.UNAUTHENTICATED: Meaning(
        Fault.THEIRS, CloseCode.UNAUTHENTICATED, False, "You are not signed in. Sign in again."
    ),
    Refusal.SESSION_ENDED: Meaning(
        Fault.THEIRS,
        CloseCode.UNAUTHENTICATED,
        False,
        "Your session has ended. Your text is kept; sign in again.",
    ),
    Refusal.FORBIDDEN: Meaning(
        Fault.THEIRS,
        CloseCode.FORBIDDEN,
        False,
        "You may not open this document. Ask the coordinator of the incident.",
    ),
    Refusal.UNKNOWN_DOCUMENT: Meaning(
        Fault.THEIRS, CloseCode.UNKNOWN_DOCUMENT, False, "This document does not exist."
    ),
    Refusal.STALE_EPOCH: Meaning(
        Fault.THEIRS,
        CloseCode.STALE_EPOCH,
        False,
        "This document was restored on the server. Your text is kept as a copy.",
    ),
    Refusal.READ_ONLY: Meaning(
        Fault.THEIRS,
        CloseCode.FORBIDDEN,
        False,
        "You may read here, not write. Your text is kept as a copy.",
    ),
    Refusal.MALFORMED: Meaning(
        Fault.THEIRS,
        CloseCode.MALFORMED,
        False,
        "Your browser sent something the server cannot read. Your text is kept; reload the page.",
    ),
    Refusal.TOO_LARGE: Meaning(
        Fault.THEIRS,
        CloseCode.TOO_BIG,
        False,
        "This change is too large to send at once. Your text is kept; paste it in parts.",
    ),
    Refusal.FULL: Meaning(
        Fault.THEIRS,
        CloseCode.TOO_BIG,
        False,
        "This document is full. Your text is kept as a copy; remove what is no longer needed.",
    ),
    Refusal.TOO_MANY: Meaning(
        Fault.THEIRS, CloseCode.TRY_LATER, True, "Too much at once. The page tries again by itself."
    ),
    Refusal.TOO_SLOW: Meaning(
        Fault.THEIRS,
        CloseCode.TRY_LATER,
        True,
        "Your line cannot keep up. The page catches up by itself.",
    ),
    Refusal.STORAGE: Meaning(
        Fault.OURS,
        CloseCode.STORAGE,
        True,
        "The server cannot store at the moment. Your text is kept and sent again by itself.",
    ),
    Refusal.RESTART: Meaning(
        Fault.OURS,
        CloseCode.RESTART,
        True,
        "The server restarts. Your text is kept and sent again by itself.",
    ),
    Refusal.INTERNAL: Meaning(
        Fault.OURS,
        CloseCode.INTERNAL,
        True,
        "Something went wrong on the server. Your text is kept and sent again by itself.",
    ),
}


def close_reason(refusal: Refusal, come_back_in: int | None = None) -> str:
    """The reason of a close frame: `restart`, or `restart; retry-after=12` (in seconds)."""
    return str(refusal) if come_back_in is None else f"{refusal}; retry-after={come_back_in}"
