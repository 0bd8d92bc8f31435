"""Keys for machines: a person's right to act, without a browser and without a password."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, or_, select, update

from models.people import Person
from models.people import from_row as person_from_row
from models.sessions import hash_of
from models.tables import api_keys, persons
from models.vocabulary import OrganisationCode

PREFIX: Final = "sbk_"
"""Makes a leaked key findable by secret scanners."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that holds at the moment it was asked for."""

    key_hash: bytes
    person: Person
    organisation: OrganisationCode
    expires_at: datetime | None


def create(
    connection: Connection,
    person: Person,
    *,
    label: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """A new key for a person; it is returned once and can never be read back."""
    key = PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        api_keys.insert().values(
            key_hash=hash_of(key),
            person=person.id,
            organisation=person.organisation,
            label=label,
            created_at=now,
            expires_at=expires_at,
            ended_at=None,
        )
    )
    return key


def find(connection: Connection, key: str, *, now: datetime) -> Key | None:
    """The key, None when it never was or does not hold any more."""
    return find_by_hash(connection, hash_of(key), now=now) if key.startswith(PREFIX) else None


def find_by_hash(connection: Connection, key_hash: bytes, *, now: datetime) -> Key | None:
    """The same question for who kept the hash."""
    row = connection.execute(
        select(persons, api_keys.c.organisation.label("acts_for"), api_keys.c.expires_at)
        .join(persons, persons.c.id == api_keys.c.person)
        .where(
            api_keys.c.key_hash == key_hash,
            api_keys.c.ended_at.is_(None),
            or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now),
            persons.c.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    organisation = OrganisationCode(row.acts_for)
    return Key(key_hash, person_from_row(row), organisation, row.expires_at)


def end(connection: Connection, key_hash: bytes, now: datetime) -> None:
    """Make a key worthless from now on."""
    here = (api_keys.c.key_hash == key_hash) & api_keys.c.ended_at.is_(None)
    connection.execute(update(api_keys).where(here).values(ended_at=now))
