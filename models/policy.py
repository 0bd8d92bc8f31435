"""Who may do what: one pure question, asked by the page, the REST interface and the room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.documents import Audience, Channel, DocumentName
from models.journal import Author
from models.vocabulary import (
    IncidentId,
    OrganisationCode,
    PersonId,
    Phase,
    Role,
    Verb,
    lower_of,
)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting for one organisation, with the highest role they may take for it."""

    person: PersonId
    name: str
    organisation: OrganisationCode
    role: Role
    function: str = ""

    @property
    def author(self) -> Author:
        """The name under which what this person does is recorded."""
        return Author(self.person, self.name, self.organisation)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rights question needs to know of an incident: its phase and who takes part as what."""

    incident: IncidentId
    phase: Phase = Phase.WARM
    roles: Mapping[OrganisationCode, Role] = field(default_factory=dict)


def role_in(actor: Actor, standing: Standing) -> Role | None:
    """The lower of the organisation's role in the incident and the person's own; None: no part."""
    role = standing.roles.get(actor.organisation)
    return None if role is None else lower_of(role, actor.role)


def may(
    actor: Actor, verb: Verb, standing: Standing | None = None, document: DocumentName | None = None
) -> bool:
    """Whether `actor` may do `verb`; no standing means no incident is concerned.

    READ and WRITE concern `document`, or with no document the incident's page (READ only).
    A closed incident can be read and managed (to open it again), never written.
    """
    if verb is Verb.CREATE:
        return actor.role is Role.COORDINATOR
    if standing is None:
        return False
    role = role_in(actor, standing)
    if role is None:
        return False
    match verb:
        case Verb.MANAGE:
            return role is Role.COORDINATOR
        case Verb.READ:
            return document is None or _may_read(actor, role, document)
        case Verb.WRITE:
            return (
                document is not None
                and standing.phase is not Phase.CLOSED
                and _may_read(actor, role, document)
                and document.kind.channel is Channel.SHARED
                and role in document.kind.writers
            )


def _may_read(actor: Actor, role: Role, document: DocumentName) -> bool:
    kind = document.kind
    if kind.audience is Audience.ORGANISATION and document.organisation != actor.organisation:
        return False
    return role in kind.readers
