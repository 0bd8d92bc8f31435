"""Sessions kept on the server, so that a sign-out or a changed right ends them at once.

A token is 256 random bits; only its hash is stored. A session ends at its absolute limit, when
it was idle for too long, when somebody ends it, or when its person is disabled.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from models.people import Person
from models.people import from_row as person_from_row
from models.tables import persons, sessions
from models.vocabulary import OrganisationCode

SHIFT: Final = timedelta(hours=12)
"""One shift: nobody is thrown out of an open room half-way, nobody stays in for a week."""

TOUCH_EVERY: Final = timedelta(minutes=5)
"""How stale `last_seen_at` may get before a request is worth a write."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives."""

    absolute: timedelta = SHIFT
    idle: timedelta = SHIFT


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds at the moment it was asked for."""

    token_hash: bytes
    person: Person
    organisation: OrganisationCode
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    own_device: bool


def hash_of(token: str) -> bytes:
    """What is stored of a token; a random token needs no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def begin(
    connection: Connection,
    person: Person,
    *,
    now: datetime,
    own_device: bool,
    limits: Limits = Limits(),
) -> str:
    """Sign a person in; the token is returned once and can never be read back."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        sessions.insert().values(
            token_hash=hash_of(token),
            person=person.id,
            organisation=person.organisation,
            created_at=now,
            last_seen_at=now,
            expires_at=now + limits.absolute,
            own_device=own_device,
            ended_at=None,
        )
    )
    return token


def find(
    connection: Connection, token: str, *, now: datetime, limits: Limits = Limits()
) -> Session | None:
    """The session of a token, None when it never was or does not hold any more."""
    return find_by_hash(connection, hash_of(token), now=now, limits=limits)


def find_by_hash(
    connection: Connection, token_hash: bytes, *, now: datetime, limits: Limits = Limits()
) -> Session | None:
    """The same question for who kept the hash: an open socket asks it again now and then."""
    row = connection.execute(
        select(persons, *_RENAMED)
        .join(persons, persons.c.id == sessions.c.person)
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > now,
            sessions.c.last_seen_at > now - limits.idle,
            persons.c.disabled_at.is_(None),
        )
    ).first()
    return None if row is None else _from_row(row)


def touch(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a session is in use; the caller does so at most every `TOUCH_EVERY`."""
    here = (sessions.c.token_hash == token_hash) & sessions.c.ended_at.is_(None)
    connection.execute(update(sessions).where(here).values(last_seen_at=now))


def end(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Sign out."""
    here = (sessions.c.token_hash == token_hash) & sessions.c.ended_at.is_(None)
    connection.execute(update(sessions).where(here).values(ended_at=now))


def forget_old(connection: Connection, before: datetime) -> int:
    """Remove sessions that expired before a moment; how many."""
    return connection.execute(delete(sessions).where(sessions.c.expires_at < before)).rowcount


_RENAMED: Final = (
    sessions.c.token_hash,
    sessions.c.organisation.label("acts_for"),
    sessions.c.created_at.label("began_at"),
    sessions.c.last_seen_at,
    sessions.c.expires_at,
    sessions.c.own_device,
)


def _from_row(row: Row[Any]) -> Session:
    return Session(
        token_hash=row.token_hash,
        person=person_from_row(row),
        organisation=OrganisationCode(row.acts_for),
        created_at=row.began_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        own_device=row.own_device,
    )
