"""Builders of rows with good defaults, over the real tables in a real file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from models import incidents, migrations, organisations, people, provenance
from models.database import Database, database_at, sqlite_url
from models.incidents import NewIncident
from models.people import Person
from models.vocabulary import IncidentId, OrganisationCode, Phase, Role

NIGHT = datetime(2021, 7, 15, 3, 17, tzinfo=UTC)


def a_database(where: Path | str) -> Database:
    """A migrated database with the shipped organisations, in a folder or at an address."""
    database = database_at(where if isinstance(where, str) else sqlite_url(where))
    with database.writer.begin() as connection:
        migrations.upgrade(connection)
        organisations.store(connection, organisations.shipped())
        provenance.note(connection)
    return database


def a_person(
    connection: Connection,
    username: str = "hendrickx",
    organisation: str = "24",
    role: Role = Role.COORDINATOR,
    password_hash: str | None = None,
) -> Person:
    """Somebody of Zuid-Limburg who may do everything there."""
    return people.create(
        connection,
        username=username,
        name=f"S. {username.title()}",
        function="IM",
        organisation=organisation,
        role=role,
        now=NIGHT,
        password_hash=password_hash,
    )


def an_incident(
    connection: Connection,
    creator: Person,
    others: dict[str, Role] | None = None,
    phase: Phase = Phase.WARM,
    title: str = "Hoogwater Limburg",
) -> IncidentId:
    """A warm incident of the creator's organisation and `others`."""
    taking_part = [(OrganisationCode(code), role, 0) for code, role in (others or {}).items()]
    new = NewIncident(title=title, phase=phase, exercise=True)
    return incidents.create(connection, new, creator.actor(), now=NIGHT, others=taking_part)
