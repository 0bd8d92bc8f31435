"""The documents of an incident, declared once as data.

A CRDT update is opaque, so rights belong to the document and never to a place inside one:
what needs other rights is another document. This table is the single source for who may read
and write, what a page mounts and what an observer gets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from models.vocabulary import IncidentId, OrganisationCode, Role, is_incident_id


@unique
class Channel(StrEnum):
    """How a document changes."""

    SHARED = "shared"
    """Written together: browsers send CRDT updates."""
    COMMANDS = "commands"
    """Done formally: browsers ask, the server checks and writes; no client may write."""


@unique
class Audience(StrEnum):
    """Within which circle the roles of a document hold."""

    INCIDENT = "incident"
    """Every organisation that takes part."""
    ORGANISATION = "organisation"
    """Only the organisation that the document is named after (`picture/24`)."""


EVERYBODY: Final = frozenset(Role)
WRITERS: Final = frozenset({Role.COORDINATOR, Role.EDITOR})
CONTRIBUTORS: Final = WRITERS | {Role.LIAISON}
NOBODY: Final[frozenset[Role]] = frozenset()


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One row of the table: a kind of document, and the roles that may write and read it."""

    name: str
    channel: Channel
    writers: frozenset[Role]
    readers: frozenset[Role] = EVERYBODY
    audience: Audience = Audience.INCIDENT


PICTURE: Final = DocumentKind("picture", Channel.SHARED, WRITERS)
OWN_PICTURE: Final = DocumentKind(
    "picture/<org>", Channel.SHARED, WRITERS, audience=Audience.ORGANISATION
)
SIGNALS: Final = DocumentKind("signals", Channel.SHARED, CONTRIBUTORS)
MAP: Final = DocumentKind("map", Channel.SHARED, WRITERS)
DECISIONS: Final = DocumentKind("decisions", Channel.SHARED, WRITERS)
ACTIONS: Final = DocumentKind("actions", Channel.SHARED, WRITERS)
LEDGER: Final = DocumentKind("ledger", Channel.COMMANDS, NOBODY)
SCRATCH: Final = DocumentKind("scratch/<name>", Channel.SHARED, WRITERS)
"""A document for measuring and trying out; it exists only in the incident `bench`."""

DOCUMENTS: Final = (PICTURE, OWN_PICTURE, SIGNALS, MAP, DECISIONS, ACTIONS, LEDGER, SCRATCH)

BENCH: Final = IncidentId("bench")

_PART: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PLAIN: Final = {kind.name: kind for kind in DOCUMENTS if "<" not in kind.name}
_PARTED: Final = {kind.name.split("/")[0]: kind for kind in DOCUMENTS if "<" in kind.name}


@dataclass(frozen=True, slots=True)
class DocumentName:
    """A document of an incident: `limburg-2021/picture`, `limburg-2021/picture/24`."""

    incident: IncidentId
    document: str

    def __str__(self) -> str:
        return f"{self.incident}/{self.document}"

    @property
    def kind(self) -> DocumentKind:
        """The row of the table; raises KeyError for a name that no row covers."""
        head, _, part = self.document.partition("/")
        return _PARTED[head] if part else _PLAIN[head]

    @property
    def organisation(self) -> OrganisationCode | None:
        """The organisation an own picture belongs to, None for the incident's documents."""
        if self.kind.audience is Audience.INCIDENT:
            return None
        return OrganisationCode(self.document.partition("/")[2])


def parse_document_name(text: str) -> DocumentName | None:
    """`incident/document` as a name of the table, or None when it can name nothing here."""
    incident, _, document = text.partition("/")
    if not is_incident_id(incident):
        return None
    head, slash, part = document.partition("/")
    if slash:
        if head not in _PARTED or _PART.fullmatch(part) is None:
            return None
        if _PARTED[head] is SCRATCH and incident != BENCH:
            return None
    elif head not in _PLAIN:
        return None
    return DocumentName(IncidentId(incident), document)
