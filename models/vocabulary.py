"""The closed lists of the field, with the words that crisis teams use for them.

Every word here has its Dutch counterpart in the catalogue (`web/locale`); code and stored
values are English. Team names, GRIP levels and the number of regions are data, not code.
"""

from __future__ import annotations

import re
from enum import StrEnum, unique
from typing import Final, NewType

IncidentId = NewType("IncidentId", str)
"""A slug: lower-case letters, digits and hyphens, at most 64 characters."""

OrganisationCode = NewType("OrganisationCode", str)
"""A region's number ("24") or a party's short name ("IenW", "WL")."""

PersonId = NewType("PersonId", str)

_INCIDENT_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def is_incident_id(text: str) -> bool:
    """Whether `text` can name an incident in an address, a file name and a log line."""
    return _INCIDENT_ID.fullmatch(text) is not None


@unique
class Role(StrEnum):
    """How an organisation takes part in an incident, from least to most."""

    OBSERVER = "observer"
    """Kijkt mee: reads."""
    LIAISON = "liaison"
    """Liaison: reads, annotates, brings signals."""
    EDITOR = "editor"
    """Redacteur: writes the shared picture."""
    COORDINATOR = "coordinator"
    """Regie: an editor who also manages the incident."""


_RANK: Final = {role: rank for rank, role in enumerate(Role)}


def lower_of(one: Role, other: Role) -> Role:
    """A person's role in an incident is the lower of the organisation's and their own."""
    return min(one, other, key=_RANK.__getitem__)


@unique
class Verb(StrEnum):
    """What somebody may ask to do with a document or an incident."""

    READ = "read"
    WRITE = "write"
    MANAGE = "manage"
    """Change an incident's phase, its participations and their GRIP levels."""
    CREATE = "create"
    """Open a new incident."""


@unique
class Phase(StrEnum):
    """Koud, lauw, warm, nafase, gesloten."""

    COLD = "cold"
    TEPID = "tepid"
    WARM = "warm"
    AFTERMATH = "aftermath"
    CLOSED = "closed"


@unique
class OrganisationKind(StrEnum):
    """Drawn as a square, a circle and a cut corner."""

    REGION = "region"
    NATIONAL = "national"
    PARTNER = "partner"


@unique
class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST, 2022)."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


@unique
class ActionState(StrEnum):
    """Open, bezig, gereed, vervallen."""

    OPEN = "open"
    BUSY = "busy"
    DONE = "done"
    DROPPED = "dropped"


@unique
class Priority(StrEnum):
    """The four priorities that Dutch crisis systems share."""

    LOW = "low"
    AVERAGE = "average"
    HIGH = "high"
    URGENT = "urgent"


@unique
class Theme(StrEnum):
    """The themes of a situation picture; an incident may use a selection, in its own order."""

    SUMMARY = "summary"
    SOURCE = "source"
    EFFECTS = "effects"
    VICTIMS = "victims"
    ACCESSIBILITY = "accessibility"
    VITAL = "vital"
    COMMUNICATION = "communication"
    IMPACT = "impact"
    FORECAST = "forecast"


HIGHEST_GRIP: Final = 5
