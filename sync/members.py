"""Who is in a room: what is known when they come, and what changes while they stay."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.journal import Author
from models.vocabulary import Role
from sync.effects import MemberId
from sync.presence import Sighting


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to be let in: `may_write` and `role` were decided by `may()`."""

    member: MemberId
    author: Author
    role: Role
    may_write: bool
    function: str = ""
    acknowledged: bool = True
    """Whether the dialect tells a client what became of its changes."""
    former: frozenset[int] = frozenset()
    """The client ids of the document's earlier epochs, for who did not say of which epoch they
    are: who names one of them holds a history that ended."""


@dataclass(slots=True)
class Member:
    """Somebody who is in.

    `unanswered` counts our step 1s that still wait for a step 2. `owed` counts frames that the
    client believes are on their way and that have not been acknowledged: a change we could not
    take, to be settled by the answer to our latest step 1.
    """

    who: Newcomer
    greeted: bool = False
    unanswered: int = 0
    owed: int = 0
    refused: int = 0
    shown: set[int] = field(default_factory=set)
    """Client ids under which this member was seen; a few at most."""
    told: dict[int, Sighting] = field(default_factory=dict)
    """What this member said about its place and nobody has heard yet, the latest under each id."""
    heard_at: float = float("-inf")
    out: bool = False
    """Whether they are being shown out: what of theirs still waits is not taken any more."""
