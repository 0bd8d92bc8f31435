"""Small functions with good defaults, for tests of the room."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Doc, Map, Text

from models.journal import Author
from models.vocabulary import OrganisationCode, PersonId, Role
from sync.effects import Append, Broadcast, Continue, Effect, MemberId, Send
from sync.messages import Stateless, SyncStatus, SyncStep1, SyncStep2, Update
from sync.room import Loaded, Newcomer, Room

_members = itertools.count(1)


@dataclass
class Clock:
    """Time that moves when a test says so: seconds, and from them milliseconds since 1970."""

    seconds: float = 1000.0

    def now(self) -> float:
        return self.seconds

    def today(self) -> int:
        return 1_626_220_800_000 + int(self.seconds * 1000)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


def an_author(person: str = "ana", organisation: str = "24") -> Author:
    return Author(PersonId(person), person.title(), OrganisationCode(organisation))


def a_newcomer(
    person: str = "ana",
    organisation: str = "24",
    role: Role = Role.EDITOR,
    may_write: bool | None = None,
) -> Newcomer:
    writes = role in {Role.EDITOR, Role.COORDINATOR} if may_write is None else may_write
    return Newcomer(MemberId(next(_members)), an_author(person, organisation), role, writes, "IM")


def an_observer(person: str = "otto", organisation: str = "JenV") -> Newcomer:
    return a_newcomer(person, organisation, Role.OBSERVER)


def a_room(clock: Clock | None = None, loaded: Loaded | None = None) -> Room:
    clock = clock or Clock()
    return Room(loaded or Loaded(), clock.now, clock.today)


def a_room_with(*newcomers: Newcomer, clock: Clock | None = None) -> Room:
    """A room in which everybody is in and in step."""
    room = a_room(clock)
    for who in newcomers:
        room.join(who)
        room.receive(who.member, SyncStep1(b"\x00"))
        room.receive(who.member, SyncStep2(b"\x00\x00"))
    return room


@dataclass
class Browser:
    """A Yjs client without a network: what it writes lies in `changes`, oldest first."""

    client_id: int | None = None
    doc: Doc[Any] = field(init=False)
    changes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.doc = Doc(client_id=self.client_id)
        self._subscription = self.doc.observe(lambda event: self.changes.append(event.update))

    def type(self, text: str) -> bytes:
        """Write at the end and return the change."""
        self.doc.get("t", type=Text).__iadd__(text)
        return self.changes[-1]

    def set(self, key: str, value: Any) -> bytes:
        """Set a key of a map and return the change."""
        self.doc.get("m", type=Map)[key] = value
        return self.changes[-1]

    def erase(self, start: int, stop: int) -> bytes:
        """Delete text and return the change."""
        del self.doc.get("t", type=Text)[start:stop]
        return self.changes[-1]

    def take(self, update: bytes) -> None:
        self.doc.apply_update(update)

    @property
    def text(self) -> str:
        return str(self.doc.get("t", type=Text))


def a_change(text: str = "De Maas stijgt") -> Update:
    return Update(Browser().type(text))


def text_of(room: Room) -> str:
    doc: Doc[Any] = Doc()
    doc.apply_update(room.snapshot())
    return str(doc.get("t", type=Text))


@dataclass
class Ticking:
    """CPU time of which each look costs a little: work without a real clock is in many turns."""

    tick: float = 0.0009
    seconds: float = 0.0

    def __call__(self) -> float:
        self.seconds += self.tick
        return self.seconds


def finished(room: Room, effects: list[Effect]) -> list[Effect]:
    """All that comes of a message, also when it takes turns."""
    while room.busy:
        effects = [*effects, *room.go_on()]
    return [one for one in effects if not isinstance(one, Continue)]


def appends(effects: list[Effect]) -> list[Append]:
    return [one for one in effects if isinstance(one, Append)]


def updates_broadcast(effects: list[Effect]) -> list[Broadcast]:
    return [
        one for one in effects if isinstance(one, Broadcast) and isinstance(one.message, Update)
    ]


def acks(effects: list[Effect], member: MemberId) -> int:
    return effects.count(Send(member, SyncStatus(saved=True)))


def sent(effects: list[Effect], member: MemberId, kind: type) -> list[Any]:
    return [
        one.message
        for one in effects
        if isinstance(one, Send) and one.member == member and isinstance(one.message, kind)
    ]


def notices(effects: list[Effect], member: MemberId) -> list[str]:
    return [message.payload for message in sent(effects, member, Stateless)]
