"""The REST interface, version 1: the same questions and the same rights as the pages."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from models import incidents
from models.incidents import Incident, IncidentTheme, NewIncident
from models.policy import Actor, may
from models.vocabulary import (
    HIGHEST_GRIP,
    IncidentId,
    OrganisationCode,
    Phase,
    Role,
    Theme,
    Tlp,
    Verb,
)
from server.asking import create_as, creator_of, incident_for, manage_as, services_of, who
from server.authenticate import Identity, utc_now
from server.incident_form import LONGEST_TITLE, RHYTHMS
from server.problems import Kind, Problem
from server.routes.methods import route
from server.views import person_block, themes_of, view_of

log = structlog.get_logger()

Title = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE, pattern=r"^[^\x00-\x1f]*$"
    ),
]
Rhythm = Annotated[int, Field(ge=RHYTHMS.start, lt=RHYTHMS.stop)]
Grip = Annotated[int, Field(ge=0, le=HIGHEST_GRIP)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ThemeBody(_Body):
    """A theme, with a title of its own or the usual one."""

    id: Theme
    title: Title | None = None


class PartBody(_Body):
    """An organisation that takes part."""

    code: str
    role: Role = Role.EDITOR
    grip: Grip | None = None


class NewIncidentBody(_Body):
    """What opens an incident."""

    title: Title
    phase: Phase = Phase.WARM
    exercise: bool = False
    tlp: Tlp = Tlp.AMBER
    rhythm: Rhythm = 30
    themes: Annotated[list[ThemeBody], Field(min_length=1)] = [ThemeBody(id=t) for t in Theme]
    organisations: Annotated[list[PartBody], Field(max_length=500)] = []


class ChangeBody(_Body):
    """What may change; what is left out stays."""

    title: Title | None = None
    phase: Phase | None = None
    tlp: Tlp | None = None
    rhythm: Rhythm | None = None


B = TypeVar("B", bound=_Body)


async def session(request: Request) -> Response:
    """Pages ask this before they open a socket: one that would find the door too full is told
    when to come back, which a browser does not tell it of a handshake."""
    hub = services_of(request).hub
    if hub.is_full:
        raise Problem(Kind.BUSY, retry_after=hub.come_back_in())
    identity = await who(request)
    expires = identity.expires_at
    return JSONResponse(
        {
            "person": {**person_block(identity), "role": identity.actor.role.value},
            "ownDevice": identity.own_device,
            "expiresAt": None if expires is None else expires.isoformat(),
            "mayCreate": may(identity.actor, Verb.CREATE),
        }
    )


async def list_incidents(request: Request) -> Response:
    identity = await who(request)
    organisation = identity.actor.organisation
    found = await services_of(request).read(lambda c: incidents.list_for(c, organisation))
    return JSONResponse({"incidents": [_json(request, identity, each) for each in found]})


async def create_incident(request: Request) -> Response:
    identity = await creator_of(request)
    body = await _body(request, NewIncidentBody)
    if unknown := [each.code for each in body.organisations if each.code not in _codes(request)]:
        raise Problem(Kind.INVALID, errors={"organisations": f"unknown: {', '.join(unknown)}"})
    new = NewIncident(
        body.title,
        body.phase,
        body.exercise,
        body.tlp,
        tuple(IncidentTheme(each.id, each.title) for each in body.themes),
        body.rhythm,
    )
    others = [(OrganisationCode(each.code), each.role, each.grip) for each in body.organisations]

    def work(connection: Connection, actor: Actor) -> IncidentId:
        return incidents.create(connection, new, actor, now=utc_now(), others=others)

    id = await create_as(request, identity, work)
    log.info("incident-opened", incident=id, person=identity.actor.person, parties=len(others) + 1)
    created = await _found(request, id)
    headers = {"location": f"/api/v1/incidents/{id}"}
    return JSONResponse(_json(request, identity, created), 201, headers)


async def one_incident(request: Request) -> Response:
    identity, incident = await incident_for(request, Verb.READ)
    return JSONResponse(_json(request, identity, incident))


async def change_incident(request: Request) -> Response:
    identity, incident = await incident_for(request, Verb.MANAGE)
    body = await _body(request, ChangeBody)
    services, id = services_of(request), incident.id

    def work(connection: Connection, _: Incident) -> None:
        incidents.change(connection, id, title=body.title, tlp=body.tlp, rhythm=body.rhythm)
        if body.phase is not None:
            incidents.change_phase(connection, id, body.phase, utc_now())

    await manage_as(request, identity, id, work)
    if body.phase is not None:
        await services.rights_changed(incident=id)
    changed = sorted(body.model_fields_set)
    log.info("incident-changed", incident=id, changed=changed, person=identity.actor.person)
    return JSONResponse(_json(request, identity, await _found(request, id)))


async def _body(request: Request, kind: type[B]) -> B:
    """The body as `kind`; raises Problem that names every field that is wrong."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        wrong = {".".join(map(str, each["loc"])) or "body": each["msg"] for each in error.errors()}
        only_form = all(each["type"] == "json_invalid" for each in error.errors())
        kind_of_problem = Kind.MALFORMED if only_form else Kind.INVALID
        raise Problem(kind_of_problem, errors=wrong) from error


async def _found(request: Request, id: IncidentId) -> Incident:
    incident = await services_of(request).read(lambda connection: incidents.find(connection, id))
    if incident is None:
        raise Problem(Kind.NOT_FOUND)
    return incident


def _codes(request: Request) -> frozenset[str]:
    return frozenset(services_of(request).organisations)


def _json(request: Request, identity: Identity, incident: Incident) -> dict[str, Any]:
    words = services_of(request).words
    translate = words.gettext(words.language_of(request))
    view = view_of(incident, identity, translate)
    return {
        "id": view.id,
        "title": view.title,
        "phase": view.phase,
        "exercise": view.exercise,
        "tlp": view.tlp,
        "rhythm": view.rhythm,
        "themes": [{"id": each.id, "title": each.title} for each in themes_of(incident, translate)],
        "organisations": [
            {"code": each.code, "name": each.name, "role": each.role, "grip": each.grip}
            for each in view.organisations
        ],
        "myRole": view.my_role,
        "createdAt": view.created_at.isoformat(),
        "updatedAt": view.updated_at.isoformat(),
    }


ROUTES = [
    route("/api/v1/session", GET=session),
    route("/api/v1/incidents", GET=list_incidents, POST=create_incident),
    route("/api/v1/incidents/{id}", GET=one_incident, PATCH=change_incident),
]
