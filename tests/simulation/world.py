"""What a history stands on: its clocks, its people, and the moment at which the server dies."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc, Map, Text

from models.documents import DocumentName
from models.policy import Actor, Standing, may, role_in
from models.vocabulary import IncidentId, OrganisationCode, PersonId, Role, Verb
from sync.errors import Refusal

INCIDENT: Final = IncidentId("sim")
DOCUMENTS: Final = (DocumentName(INCIDENT, "picture"), DocumentName(INCIDENT, "actions"))
TOKEN: Final = 6
"""Characters of a token: what somebody writes at once, and is looked for everywhere."""


class Died(BaseException):
    """The server's process is gone, in the middle of whatever it was doing."""


class Fuse:
    """Counts what the server does to the world outside it; the process may die between any two
    such acts. What happens between them in its memory dies with it and is seen by nobody."""

    def __init__(self) -> None:
        self._left: int | None = None

    def light(self, acts: int | None) -> None:
        """Die after so many acts; None: not at all."""
        self._left = acts

    def burn(self) -> None:
        """The server is about to act."""
        if self._left is None:
            return
        if self._left == 0:
            self._left = None
            raise Died
        self._left -= 1


class Clocks:
    """A steady clock that only goes forward, and one on the wall that people and NTP move."""

    def __init__(self) -> None:
        self._seconds = 1000.0
        self._wall = 1_626_220_800.0

    def now(self) -> float:
        return self._seconds

    def today(self) -> int:
        return int(self._wall * 1000)

    def pass_by(self, seconds: float) -> None:
        self._seconds += seconds
        self._wall += seconds

    def step(self, seconds: float) -> None:
        """The clock on the wall is put forward or back."""
        self._wall += seconds


class Alarms:
    """Calls that were put off, until somebody lets them ring."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._calls: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = itertools.count()

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Alarm:
        number = next(self._numbers)
        self._calls[number] = self._clocks.now() + delay, callback
        return Alarm(self._calls, number)

    def ring(self) -> None:
        """Call what is due."""
        due = [number for number, (at, _) in self._calls.items() if at <= self._clocks.now()]
        for number in due:
            if (call := self._calls.pop(number, None)) is not None:
                call[1]()

    @property
    def is_due(self) -> bool:
        """Whether something waits to be called."""
        return any(at <= self._clocks.now() for at, _ in self._calls.values())


@dataclass(frozen=True, slots=True)
class Alarm:
    """A call that was put off."""

    calls: dict[int, tuple[float, Callable[[], None]]]
    number: int

    def cancel(self) -> None:
        self.calls.pop(self.number, None)


class Rights:
    """Who takes part as what: what stands in the database. `had_cause` remembers what was ever
    changed, so that a refusal without a reason is noticed."""

    def __init__(self) -> None:
        self._roles: dict[OrganisationCode, Role] = {}
        self._causes: set[tuple[PersonId, Refusal]] = set()
        self.restored = False

    @property
    def standing(self) -> Standing:
        return Standing(INCIDENT, roles=self._roles)

    def grant(self, actor: Actor, role: Role | None) -> None:
        """Let somebody's organisation take part as `role`; None: not any more."""
        roles = {org: held for org, held in self._roles.items() if org != actor.organisation}
        self._roles = roles if role is None else {**roles, actor.organisation: role}
        if role is None:
            self._causes |= {(actor.person, one) for one in _SHUT_OUT}
        elif not may(actor, Verb.WRITE, self.standing, DOCUMENTS[0]):
            self._causes.add((actor.person, Refusal.READ_ONLY))

    def may_write(self, actor: Actor, document: DocumentName) -> bool:
        return may(actor, Verb.WRITE, self.standing, document)

    def may_read(self, actor: Actor) -> bool:
        return role_in(actor, self.standing) is not None

    def had_cause(self, actor: Actor, refusal: Refusal) -> bool:
        """Whether this refusal of this person's work can be a right one."""
        if refusal is Refusal.STALE_EPOCH:
            return self.restored
        return (actor.person, refusal) in self._causes


_SHUT_OUT: Final = (Refusal.FORBIDDEN, Refusal.UNKNOWN_DOCUMENT)


def an_actor(name: str) -> Actor:
    """A person of an organisation of their own, who may do whatever it may."""
    return Actor(PersonId(name), name, OrganisationCode(name.upper()), Role.EDITOR)


def tokens_in(doc: Doc[Any]) -> list[str]:
    """The tokens of a document, in order; they are written whole and stay whole."""
    text = str(doc.get("t", type=Text))
    return [text[at : at + TOKEN] for at in range(0, len(text), TOKEN)]


def contents(doc: Doc[Any]) -> Mapping[str, object]:
    """All that a document says."""
    return {
        "t": str(doc.get("t", type=Text)),
        "n": str(doc.get("n", type=Text)),
        "m": dict(doc.get("m", type=Map).items()),
    }
