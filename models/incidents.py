"""Incidents, who takes part in them as what, and what a rights question needs to know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, update

from models.documents import BENCH
from models.policy import Actor, Standing
from models.tables import heads, incidents, organisations, participations, updates
from models.vocabulary import (
    IncidentId,
    OrganisationCode,
    OrganisationKind,
    Phase,
    Role,
    Theme,
    Tlp,
)

RESERVED: Final = frozenset({BENCH, "new"})
"""Ids that a title never turns into: the bench, and a word of our own addresses."""

DEFAULT_THEMES: Final = tuple(Theme)


@dataclass(frozen=True, slots=True)
class IncidentTheme:
    """A theme of an incident's picture; without a title of its own it has the usual word."""

    id: Theme
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Participation:
    """An organisation that takes part; `grip` None: it has no GRIP level (a ministry)."""

    code: OrganisationCode
    name: str
    kind: OrganisationKind
    role: Role
    grip: int | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, with everybody who takes part in reading order of their roles."""

    id: IncidentId
    title: str
    phase: Phase
    exercise: bool
    tlp: Tlp
    themes: tuple[IncidentTheme, ...]
    rhythm: int
    created_at: datetime
    updated_at: datetime
    participations: tuple[Participation, ...]

    def standing(self) -> Standing:
        """What `may()` asks about this incident."""
        return Standing(self.id, self.phase, {each.code: each.role for each in self.participations})


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What somebody fills in to open an incident."""

    title: str
    phase: Phase = Phase.WARM
    exercise: bool = False
    tlp: Tlp = Tlp.AMBER
    themes: tuple[IncidentTheme, ...] = tuple(IncidentTheme(theme) for theme in DEFAULT_THEMES)
    rhythm: int = 30


def create(
    connection: Connection,
    new: NewIncident,
    creator: Actor,
    *,
    now: datetime,
    others: Iterable[tuple[OrganisationCode, Role, int | None]] = (),
    id: IncidentId | None = None,
) -> IncidentId:
    """Open an incident; the creator's organisation becomes its coordinator.

    `others` take part as given; an organisation that is unknown is refused by the database.
    """
    chosen = id or free_id(connection, new.title)
    connection.execute(
        incidents.insert().values(
            id=chosen,
            title=new.title,
            phase=new.phase,
            exercise=new.exercise,
            tlp=new.tlp,
            themes=_themes_to_json(new.themes),
            rhythm_minutes=new.rhythm,
            created_at=now,
            created_by=creator.person,
            closed_at=now if new.phase is Phase.CLOSED else None,
        )
    )
    taking_part = {code: (role, grip) for code, role, grip in others}
    grip = taking_part.get(creator.organisation, (None, None))[1]
    taking_part[creator.organisation] = (Role.COORDINATOR, grip)
    for code, (role, level) in taking_part.items():
        set_participation(connection, chosen, code, role, level)
    return chosen


def find(connection: Connection, id: str) -> Incident | None:
    """The incident with this id."""
    row = connection.execute(select(incidents).where(incidents.c.id == id)).first()
    return None if row is None else _from_row(connection, row)


def list_for(connection: Connection, organisation: OrganisationCode) -> tuple[Incident, ...]:
    """The incidents an organisation takes part in, the one written last first."""
    rows = connection.execute(
        select(incidents)
        .join(participations, participations.c.incident == incidents.c.id)
        .where(participations.c.organisation == organisation)
    ).all()
    found = [_from_row(connection, row) for row in rows]
    return tuple(sorted(found, key=lambda each: each.updated_at, reverse=True))


def standing(connection: Connection, id: str) -> Standing | None:
    """The phase and the roles of an incident; None when there is no such incident."""
    phase = connection.execute(select(incidents.c.phase).where(incidents.c.id == id)).scalar()
    if phase is None:
        return None
    columns = (participations.c.organisation, participations.c.role)
    rows = connection.execute(select(*columns).where(participations.c.incident == id))
    return Standing(
        IncidentId(id), phase, {OrganisationCode(row.organisation): row.role for row in rows}
    )


def change_phase(connection: Connection, id: IncidentId, phase: Phase, now: datetime) -> None:
    """Move an incident to another phase; closed can be opened again."""
    closed_at = now if phase is Phase.CLOSED else None
    values = {"phase": phase, "closed_at": closed_at}
    connection.execute(update(incidents).where(incidents.c.id == id).values(values))


def change(
    connection: Connection,
    id: IncidentId,
    *,
    title: str | None = None,
    tlp: Tlp | None = None,
    rhythm: int | None = None,
) -> None:
    """Change what is given, leave the rest."""
    given = {"title": title, "tlp": tlp, "rhythm_minutes": rhythm}
    values = {name: value for name, value in given.items() if value is not None}
    if values:
        connection.execute(update(incidents).where(incidents.c.id == id).values(values))


def set_participation(
    connection: Connection,
    incident: IncidentId,
    organisation: OrganisationCode,
    role: Role,
    grip: int | None,
) -> None:
    """Let an organisation take part as `role`, or change how it does."""
    values = {"role": role, "grip": grip}
    changed = connection.execute(
        update(participations).where(_here(incident, organisation)).values(values)
    )
    if changed.rowcount == 0:
        key = {"incident": incident, "organisation": organisation}
        connection.execute(participations.insert().values({**key, **values}))


def end_participation(
    connection: Connection, incident: IncidentId, organisation: OrganisationCode
) -> None:
    """An organisation no longer takes part; what it wrote stays."""
    connection.execute(delete(participations).where(_here(incident, organisation)))


def free_id(connection: Connection, title: str) -> IncidentId:
    """A slug of the title that no incident has yet: `hoogwater-limburg`, `hoogwater-limburg-2`."""
    stem = slug_of(title)
    taken = set(connection.execute(select(incidents.c.id)).scalars()) | RESERVED
    number = 1
    while (candidate := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return IncidentId(candidate)


def slug_of(title: str) -> str:
    """Lower-case letters, digits and hyphens out of any title, at most 56 characters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56].strip("-") or "incident"


def last_write(connection: Connection, id: str) -> datetime | None:
    """When the newest log row of any of its documents was written."""
    # '0' follows '/': the range holds exactly the documents whose name begins with "<id>/".
    mine = (heads.c.document >= f"{id}/") & (heads.c.document < f"{id}0")
    at = connection.execute(
        select(func.max(updates.c.at))
        .select_from(heads)
        .join(
            updates,
            (updates.c.document == heads.c.document)
            & (updates.c.epoch == heads.c.epoch)
            & (updates.c.seq == heads.c.seq),
        )
        .where(mine)
    ).scalar()
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC)


def _here(incident: IncidentId, organisation: OrganisationCode) -> Any:
    return (participations.c.incident == incident) & (participations.c.organisation == organisation)


def _participations(connection: Connection, id: str) -> tuple[Participation, ...]:
    rows = connection.execute(
        select(participations, organisations.c.name, organisations.c.kind)
        .join(organisations, organisations.c.code == participations.c.organisation)
        .where(participations.c.incident == id)
    )
    found = [
        Participation(OrganisationCode(row.organisation), row.name, row.kind, row.role, row.grip)
        for row in rows
    ]
    return tuple(sorted(found, key=_reading_order))


def _reading_order(each: Participation) -> tuple[int, int, int, str]:
    role = -list(Role).index(each.role)
    number = int(each.code) if each.code.isdigit() else 0
    return role, list(OrganisationKind).index(each.kind), number, each.code


def _from_row(connection: Connection, row: Row[Any]) -> Incident:
    return Incident(
        id=IncidentId(row.id),
        title=row.title,
        phase=row.phase,
        exercise=row.exercise,
        tlp=row.tlp,
        themes=tuple(IncidentTheme(Theme(each["id"]), each["title"]) for each in row.themes),
        rhythm=row.rhythm_minutes,
        created_at=row.created_at,
        updated_at=last_write(connection, row.id) or row.created_at,
        participations=_participations(connection, row.id),
    )


def _themes_to_json(themes: Iterable[IncidentTheme]) -> list[dict[str, str | None]]:
    return [{"id": each.id.value, "title": each.title} for each in themes]
