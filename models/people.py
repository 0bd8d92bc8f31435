"""Persons: who may sign in, for which organisation, and with which highest role."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Row, select, update

from models.policy import Actor
from models.tables import api_keys, organisations, persons, sessions
from models.vocabulary import OrganisationCode, PersonId, Role

_USERNAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,126}[a-z0-9])?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class PersonRefused(ValueError):
    """A person cannot be made as asked; `field` says which value, the text says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: PersonId
    username: str
    name: str
    function: str
    organisation: OrganisationCode
    role: Role
    disabled: bool = False

    def actor(self, organisation: OrganisationCode | None = None) -> Actor:
        """This person, acting for their own organisation or for the one given."""
        acts_for = organisation or self.organisation
        return Actor(self.id, self.name, acts_for, self.role, self.function)


def normal_username(text: str) -> str:
    """The one spelling of a user name that is stored and looked up."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def create(
    connection: Connection,
    *,
    username: str,
    name: str,
    organisation: str,
    role: Role,
    now: datetime,
    function: str = "",
    password_hash: str | None = None,
    id: PersonId | None = None,
) -> Person:
    """Add a person; raises PersonRefused for a name that is taken, malformed or nobody's."""
    normal = normal_username(username)
    if _USERNAME.fullmatch(normal) is None:
        raise PersonRefused("username", f"{username!r} is not a usable user name")
    if find_by_username(connection, normal) is not None:
        raise PersonRefused("username", f"the user name {normal!r} is taken")
    if not name.strip() or _CONTROL.search(name + function):
        raise PersonRefused("name", "a person needs a name, on one line")
    code = organisations.c.code == organisation
    if connection.execute(select(organisations.c.code).where(code)).first() is None:
        raise PersonRefused("organisation", f"there is no organisation {organisation!r}")
    person = Person(
        id=id or PersonId(uuid4().hex),
        username=normal,
        name=name.strip(),
        function=function.strip(),
        organisation=OrganisationCode(organisation),
        role=role,
    )
    connection.execute(persons.insert().values(_to_row(person, password_hash, now)))
    return person


def find(connection: Connection, id: str) -> Person | None:
    """The person with this id, also when disabled."""
    row = connection.execute(select(persons).where(persons.c.id == id)).first()
    return None if row is None else from_row(row)


def find_by_username(connection: Connection, username: str) -> Person | None:
    """The person who signs in with this name, however they spell its capitals."""
    normal = normal_username(username)
    if _CONTROL.search(normal):
        return None  # nobody is called that, and PostgreSQL would not even look
    here = persons.c.username == normal
    row = connection.execute(select(persons).where(here)).first()
    return None if row is None else from_row(row)


def every(connection: Connection) -> tuple[Person, ...]:
    """All persons by user name."""
    return tuple(map(from_row, connection.execute(select(persons).order_by(persons.c.username))))


def password_hash_of(connection: Connection, id: PersonId) -> str | None:
    """What a password is checked against; None: this person has none, or may not sign in."""
    here = (persons.c.id == id) & persons.c.disabled_at.is_(None)
    return connection.execute(select(persons.c.password_hash).where(here)).scalar()


def set_password_hash(connection: Connection, id: PersonId, password_hash: str) -> None:
    """Give somebody another password; their open sessions stay."""
    change = {"password_hash": password_hash}
    connection.execute(update(persons).where(persons.c.id == id).values(change))


def change_role(connection: Connection, id: PersonId, role: Role) -> None:
    """Set the highest role that somebody may take."""
    connection.execute(update(persons).where(persons.c.id == id).values(role=role))


def disable(connection: Connection, id: PersonId, now: datetime) -> None:
    """Shut somebody out: no sign-in, and every session and key of theirs ends now."""
    connection.execute(update(persons).where(persons.c.id == id).values(disabled_at=now))
    end_sessions(connection, id, now)
    end_keys(connection, id, now)


def end_sessions(connection: Connection, id: PersonId, now: datetime) -> int:
    """Sign somebody out everywhere; how many sessions that were."""
    theirs = (sessions.c.person == id) & sessions.c.ended_at.is_(None)
    return connection.execute(update(sessions).where(theirs).values(ended_at=now)).rowcount


def end_keys(connection: Connection, id: PersonId, now: datetime) -> int:
    """Make every key of somebody worthless; how many that were."""
    theirs = (api_keys.c.person == id) & api_keys.c.ended_at.is_(None)
    return connection.execute(update(api_keys).where(theirs).values(ended_at=now)).rowcount


def enable(connection: Connection, id: PersonId) -> None:
    """Let somebody in again; what ended stays ended."""
    connection.execute(update(persons).where(persons.c.id == id).values(disabled_at=None))


def from_row(row: Row[Any]) -> Person:
    """A row of `persons` as a person."""
    return Person(
        id=PersonId(row.id),
        username=row.username,
        name=row.name,
        function=row.function,
        organisation=OrganisationCode(row.organisation),
        role=row.role,
        disabled=row.disabled_at is not None,
    )


def _to_row(person: Person, password_hash: str | None, now: datetime) -> dict[str, object]:
    return {
        "id": person.id,
        "username": person.username,
        "name": person.name,
        "function": person.function,
        "organisation": person.organisation,
        "role": person.role,
        "password_hash": password_hash,
        "created_at": now,
        "disabled_at": None,
    }
