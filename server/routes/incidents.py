"""The list of incidents, a new one, and the workspace of one."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from models import incidents
from models.incidents import Incident
from models.policy import may
from models.vocabulary import HIGHEST_GRIP, OrganisationCode, Phase, Role, Verb
from server.asking import create_as, creator_of, incident_for, manage_as, services_of, who
from server.authenticate import Identity, utc_now
from server.forms import text_of
from server.i18n import Gettext
from server.incident_form import IncidentForm, blank, read_form
from server.problems import Kind, Problem
from server.reading_view import read_documents
from server.routes.methods import route
from server.views import (
    by_phase,
    documents_for,
    every_theme,
    themes_of,
    view_of,
    workspace_boot,
)

log = structlog.get_logger()


async def front(request: Request) -> Response:
    return RedirectResponse("/incidents", 303)


async def list_page(request: Request) -> Response:
    identity = await who(request)
    services = services_of(request)
    found = await services.read(
        lambda connection: incidents.list_for(connection, identity.actor.organisation)
    )
    views = [view_of(incident, identity, _gettext(request)) for incident in found]
    context: dict[str, Any] = {
        "boot": {"page": "incidents"},
        "groups": by_phase(views),
        "everybody": tuple(services.organisations.values()),
        "may_create": may(identity.actor, Verb.CREATE),
    }
    return _render(request, "incident/list.html", context, identity)


async def new_page(request: Request) -> Response:
    identity = await creator_of(request)
    return _new_page(request, identity, blank(), {}, 200)


async def create(request: Request) -> Response:
    identity = await creator_of(request)
    services = services_of(request)
    form = read_form(await request.form(max_files=0, max_fields=500))
    new, others, errors = form.check(services.organisations, _gettext(request))
    if new is None:
        return _new_page(request, identity, form, errors, 422)
    id = await create_as(
        request,
        identity,
        lambda c, actor: incidents.create(c, new, actor, now=utc_now(), others=others),
    )
    log.info("incident-opened", incident=id, person=identity.actor.person, parties=len(others) + 1)
    return RedirectResponse(f"/incidents/{id}", 303)


def _new_page(
    request: Request, identity: Identity, form: IncidentForm, errors: dict[str, str], status: int
) -> Response:
    context: dict[str, Any] = {
        "boot": {"page": "new-incident"},
        "form": form,
        "errors": errors,
        "organisations": tuple(services_of(request).organisations.values()),
        "themes": every_theme(_gettext(request)),
        "own_organisation": identity.actor.organisation,
    }
    return _render(request, "incident/new.html", context, identity, status)


async def workspace(request: Request) -> Response:
    """The whole picture, readable and printable without any script."""
    identity, incident = await incident_for(request, Verb.READ)
    titles = {theme.id: theme.title for theme in themes_of(incident, _gettext(request))}
    contents = await read_documents(services_of(request).readings, identity, incident, titles)
    return await _workspace(request, identity, incident, contents)


async def shell(request: Request) -> Response:
    """The same page without any contents, for the service worker to keep."""
    identity, incident = await incident_for(request, Verb.READ)
    nothing: dict[str, list[Any]] = {"picture": [], "decisions": [], "actions": []}
    return await _workspace(request, identity, incident, nothing)


async def _workspace(
    request: Request, identity: Identity, incident: Incident, contents: dict[str, list[Any]]
) -> Response:
    services = services_of(request)
    view = view_of(incident, identity, _gettext(request))
    epochs = await services.hub.epochs(documents_for(identity, incident))
    boot = workspace_boot(view, incident, identity, epochs, services.organisations)
    context = {
        "boot": boot,
        "incident": view,
        "everybody": tuple(services.organisations.values()),
        **contents,
    }
    return _render(request, "incident/workspace.html", context, identity)


async def change_phase(request: Request) -> Response:
    identity, incident = await incident_for(request, Verb.MANAGE)
    form = await request.form(max_files=0, max_fields=20)
    phase = text_of(form, "phase", 32)
    if phase not in list(Phase):
        raise Problem(Kind.INVALID)
    await set_phase(request, identity, incident, Phase(phase))
    return RedirectResponse(f"/incidents/{incident.id}", 303)


async def set_phase(request: Request, identity: Identity, incident: Incident, phase: Phase) -> None:
    """Change the phase, then let open sockets follow: a closed incident is read-only."""
    id, person = incident.id, identity.actor.person

    def work(connection: Connection, now: Incident) -> Phase:
        incidents.change_phase(connection, id, phase, utc_now())
        return now.phase

    was = await manage_as(request, identity, id, work)
    await services_of(request).rights_changed(incident=id)
    log.info("phase-changed", incident=id, was=was, now=phase, person=person)


async def change_participation(request: Request) -> Response:
    identity, incident = await incident_for(request, Verb.MANAGE)
    form = await request.form(max_files=0, max_fields=20)
    code, role = text_of(form, "organisation", 64), text_of(form, "role", 32)
    grip = _grip(text_of(form, "grip", 8))
    services, id = services_of(request), incident.id
    if code not in services.organisations or role not in ("none", *Role):
        raise Problem(Kind.INVALID)
    organisation = OrganisationCode(code)
    part = None if role == "none" else Role(role)
    await manage_as(
        request, identity, id, lambda c, now: _set_part(c, now, organisation, part, grip)
    )
    await services.rights_changed(incident=id)
    person = identity.actor.person
    log.info("part-changed", incident=id, organisation=code, role=role, grip=grip, person=person)
    return RedirectResponse(f"/incidents/{id}", 303)


def _set_part(
    connection: Connection,
    incident: Incident,
    organisation: OrganisationCode,
    role: Role | None,
    grip: int | None,
) -> None:
    """Let an organisation take part as `role`, or with None no longer."""
    _keep_a_coordinator(incident, organisation, role)
    if role is None:
        incidents.end_participation(connection, incident.id, organisation)
    else:
        incidents.set_participation(connection, incident.id, organisation, role, grip)


def _grip(text: str) -> int | None:
    if text == "":
        return None
    if text not in map(str, range(HIGHEST_GRIP + 1)):
        raise Problem(Kind.INVALID)
    return int(text)


def _keep_a_coordinator(
    incident: Incident, organisation: OrganisationCode, role: Role | None
) -> None:
    """Refuse to leave an incident that nobody can manage any more."""
    others = [
        each
        for each in incident.participations
        if each.role is Role.COORDINATOR and each.code != organisation
    ]
    if role is not Role.COORDINATOR and not others:
        raise Problem(Kind.INVALID)


def _gettext(request: Request) -> Gettext:
    words = services_of(request).words
    return words.gettext(words.language_of(request))


def _render(
    request: Request,
    template: str,
    context: dict[str, Any],
    identity: Identity,
    status: int = 200,
) -> Response:
    services = services_of(request)
    return services.pages.render(
        request,
        template,
        context,
        identity=identity,
        organisations=services.organisations,
        status=status,
    )


ROUTES = [
    route("/", GET=front),
    route("/incidents", GET=list_page),
    route("/incidents/new", GET=new_page, POST=create),
    route("/incidents/{id}", GET=workspace),
    route("/incidents/{id}/shell", GET=shell),
    route("/incidents/{id}/phase", POST=change_phase),
    route("/incidents/{id}/participations", POST=change_participation),
]
