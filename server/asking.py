"""What routes ask about a request: the services, who sent it, and whether they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from models import incidents, sessions
from models.incidents import Incident
from models.policy import may, role_in
from models.vocabulary import Verb, is_incident_id
from server.authenticate import Identity, utc_now
from server.problems import Kind, Problem

if TYPE_CHECKING:
    from server.wiring import Services


def services_of(request: HTTPConnection) -> Services:
    """The parts this server was built of."""
    return cast("Services", request.app.state.services)


async def identity_of(request: HTTPConnection) -> Identity | None:
    """Who sent a request; looked up once."""
    if not hasattr(request.state, "identity"):
        request.state.identity = await services_of(request).authenticator.identify(request)
    return cast("Identity | None", request.state.identity)


async def who(request: HTTPConnection) -> Identity:
    """Who sent a request; raises Problem when it is nobody we know."""
    identity = await identity_of(request)
    if identity is None:
        raise Problem(Kind.UNAUTHENTICATED)
    await _touch(request, identity)
    return identity


async def _touch(request: HTTPConnection, identity: Identity) -> None:
    """Note that a session is in use, seldom enough not to make every page a write."""
    session, seen, now = identity.session, identity.last_seen_at, utc_now()
    if session is not None and seen is not None and now - seen > sessions.TOUCH_EVERY:
        writer = services_of(request).writer
        await writer.run(lambda connection: sessions.touch(connection, session, now))


async def incident_for(request: HTTPConnection, verb: Verb) -> tuple[Identity, Incident]:
    """The incident of an address, for who may do `verb` with it.

    Who takes no part is told the same as of an incident that does not exist.
    """
    identity = await who(request)
    id = request.path_params["id"]
    read = services_of(request).read
    incident = await read(lambda c: incidents.find(c, id)) if is_incident_id(id) else None
    if incident is None or role_in(identity.actor, incident.standing()) is None:
        raise Problem(Kind.NOT_FOUND)
    if not may(identity.actor, verb, incident.standing()):
        raise Problem(Kind.FORBIDDEN)
    return identity, incident
