"""Changes that nothing honest sends, kept for who has to find out what they were.

Bounded in every direction: by size, by person and hour, and in all. What is kept says who sent
it and what was wrong with it; the change itself is only ever handed out as a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from models.journal import Author
from models.tables import quarantine

LARGEST: Final = 64 * 1024
"""Bytes of a change that are kept; the hash is of all of it."""
MOST_AN_HOUR: Final = 20
"""Of one person."""
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """A change to be kept."""

    at: datetime
    document: str
    epoch: int
    author: Author
    member: int
    why: str
    change: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A change that was kept, without its bytes."""

    id: int
    at: datetime
    document: str
    epoch: int
    person: str
    organisation: str
    member: int
    why: str
    size: int
    sha256: bytes


def keep(connection: Connection, found: Found) -> bool:
    """Keep a change; False when there were too many of its sender this hour already."""
    recent = select(func.count()).where(
        quarantine.c.person == found.author.person,
        quarantine.c.at > found.at - timedelta(hours=1),
    )
    if connection.execute(recent).scalar_one() >= MOST_AN_HOUR:
        return False
    connection.execute(
        insert(quarantine).values(
            at=found.at,
            document=found.document,
            epoch=found.epoch,
            person=found.author.person,
            organisation=found.author.organisation,
            member=found.member,
            why=found.why,
            size=len(found.change),
            sha256=sha256(found.change).digest(),
            change=found.change[:LARGEST],
        )
    )
    _let_go(connection)
    return True


def _let_go(connection: Connection) -> None:
    newest = select(quarantine.c.id).order_by(quarantine.c.id.desc()).offset(MOST).limit(1)
    last = connection.execute(newest).scalar_one_or_none()
    if last is not None:
        connection.execute(delete(quarantine).where(quarantine.c.id <= last))


_COLUMNS: Final = (
    quarantine.c.id,
    quarantine.c.at,
    quarantine.c.document,
    quarantine.c.epoch,
    quarantine.c.person,
    quarantine.c.organisation,
    quarantine.c.member,
    quarantine.c.why,
    quarantine.c.size,
    quarantine.c.sha256,
)


def every(connection: Connection) -> list[Kept]:
    """All that is kept, the newest first."""
    rows = connection.execute(select(*_COLUMNS).order_by(quarantine.c.id.desc()))
    return [Kept(**row._mapping) for row in rows]


def one(connection: Connection, number: int) -> tuple[Kept, bytes] | None:
    """One of them, and as much of its bytes as was kept."""
    row = connection.execute(select(*_COLUMNS).where(quarantine.c.id == number)).first()
    if row is None:
        return None
    change = select(quarantine.c.change).where(quarantine.c.id == number)
    return Kept(**row._mapping), connection.execute(change).scalar_one()
