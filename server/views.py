"""What templates and scripts get to see of an incident, in the reader's language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from models.documents import ACTIONS, DECISIONS, OWN_PICTURE, PICTURE, DocumentName
from models.incidents import Incident
from models.organisations import Organisation
from models.policy import may, role_in
from models.vocabulary import Phase, Role, Theme, Verb
from server.authenticate import Identity
from server.i18n import Gettext
from server.terms import THEMES

COLLAB: Final = "/collab"

PHASE_ORDER: Final = (Phase.WARM, Phase.TEPID, Phase.AFTERMATH, Phase.COLD, Phase.CLOSED)
"""The list of incidents begins with what is going on now."""


@dataclass(frozen=True, slots=True)
class ThemeView:
    """A theme with the title that people read."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class ParticipationView:
    """An organisation that takes part."""

    code: str
    name: str
    kind: str
    role: str
    grip: int | None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as one person sees it."""

    id: str
    title: str
    phase: str
    exercise: bool
    tlp: str
    themes: tuple[ThemeView, ...]
    organisations: tuple[ParticipationView, ...]
    my_role: str
    created_at: datetime
    updated_at: datetime
    rhythm: int
    may_manage: bool


@dataclass(frozen=True, slots=True)
class PhaseGroup:
    """The incidents in one phase."""

    phase: str
    incidents: tuple[IncidentView, ...]


def view_of(incident: Incident, identity: Identity, translate: Gettext) -> IncidentView:
    """An incident for somebody who takes part in it."""
    standing = incident.standing()
    return IncidentView(
        id=incident.id,
        title=incident.title,
        phase=incident.phase.value,
        exercise=incident.exercise,
        tlp=incident.tlp.value,
        themes=tuple(themes_of(incident, translate)),
        organisations=tuple(
            ParticipationView(each.code, each.name, each.kind.value, each.role.value, each.grip)
            for each in incident.participations
        ),
        my_role=(role_in(identity.actor, standing) or Role.OBSERVER).value,
        created_at=incident.created_at,
        updated_at=incident.updated_at,
        rhythm=incident.rhythm,
        may_manage=may(identity.actor, Verb.MANAGE, standing),
    )


def themes_of(incident: Incident, translate: Gettext) -> list[ThemeView]:
    """The incident's themes; one without a title of its own has the usual word."""
    return [
        ThemeView(theme.id.value, theme.title or translate(THEMES[theme.id]))
        for theme in incident.themes
    ]


def every_theme(translate: Gettext) -> list[ThemeView]:
    """All themes there are, to choose from."""
    return [ThemeView(theme.value, translate(THEMES[theme])) for theme in Theme]


def by_phase(views: Sequence[IncidentView]) -> list[PhaseGroup]:
    """Views in groups, what is going on first; a phase without incidents is left out."""
    groups = (
        PhaseGroup(phase.value, tuple(view for view in views if view.phase == phase))
        for phase in PHASE_ORDER
    )
    return [group for group in groups if group.incidents]


def documents_for(identity: Identity, incident: Incident) -> list[DocumentName]:
    """The documents that the workspace shows and this person may read."""
    kinds = (PICTURE, OWN_PICTURE, DECISIONS, ACTIONS)
    own = f"picture/{identity.actor.organisation}"
    names = [DocumentName(incident.id, own if kind is OWN_PICTURE else kind.name) for kind in kinds]
    standing = incident.standing()
    return [name for name in names if may(identity.actor, Verb.READ, standing, name)]


def workspace_boot(
    view: IncidentView,
    incident: Incident,
    identity: Identity,
    epochs: Mapping[DocumentName, int],
    organisations: Mapping[str, Organisation],
) -> dict[str, Any]:
    """The one block that the workspace hands to its scripts."""
    standing = incident.standing()
    return {
        "page": "workspace",
        "version": program_version(),
        "person": person_block(identity),
        "ownDevice": identity.own_device,
        "incident": {
            "id": view.id,
            "title": view.title,
            "phase": view.phase,
            "exercise": view.exercise,
            "tlp": view.tlp,
            "rhythm": view.rhythm,
            "themes": [{"id": theme.id, "title": theme.title} for theme in view.themes],
        },
        "role": view.my_role,
        "organisations": _organisations_block(incident, organisations),
        "documents": [
            {
                "name": f"{name}@{epoch}",
                "document": name.document,
                "mayWrite": may(identity.actor, Verb.WRITE, standing, name),
            }
            for name, epoch in epochs.items()
        ],
        "collab": COLLAB,
    }


def person_block(identity: Identity) -> dict[str, str]:
    """Who is signed in, for scripts and programs."""
    actor = identity.actor
    return {
        "id": actor.person,
        "name": actor.name,
        "function": actor.function,
        "organisation": actor.organisation,
    }


def _organisations_block(
    incident: Incident, organisations: Mapping[str, Organisation]
) -> list[dict[str, Any]]:
    taking_part = {each.code: each for each in incident.participations}
    return [
        {
            "code": each.code,
            "name": each.name,
            "kind": each.kind.value,
            "takesPart": each.code in taking_part,
            "role": part.role.value if (part := taking_part.get(each.code)) else None,
            "grip": part.grip if part else None,
        }
        for each in organisations.values()
    ]


@lru_cache(maxsize=1)
def program_version() -> str:
    """The version that is installed, or that of the source tree that runs without installing."""
    try:
        return version("samenbeeld")
    except PackageNotFoundError:
        project = Path(__file__).parents[1] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
