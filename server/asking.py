"""What routes ask about a request: the services, who sent it, and whether they may."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import Connection
from starlette.requests import HTTPConnection, Request

from models import incidents, keys, sessions
from models.incidents import Incident
from models.keys import Key
from models.policy import Actor, may, role_in
from models.sessions import Limits, Session
from models.vocabulary import IncidentId, Verb, is_incident_id
from server.authenticate import Identity, utc_now
from server.problems import Kind, Problem

if TYPE_CHECKING:
    from server.wiring import Services

Result = TypeVar("Result")


def services_of(request: HTTPConnection) -> Services:
    """The parts this server was built of."""
    return cast("Services", request.app.state.services)


async def identity_of(request: HTTPConnection) -> Identity | None:
    """Who sent a request; looked up once."""
    if not hasattr(request.state, "identity"):
        request.state.identity = await services_of(request).authenticator.identify(request)
    return cast("Identity | None", request.state.identity)


async def who(request: Request) -> Identity:
    """Who sent a request; raises Problem when it is nobody we know.

    The body comes first: its sender decides how long that takes, and an answer from before it
    would be about rights that may be withdrawn since.
    """
    await request.body()
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


async def creator_of(request: Request) -> Identity:
    """Who sent a request, if they may open incidents."""
    identity = await who(request)
    _may_create(identity.actor)
    return identity


async def incident_for(request: Request, verb: Verb) -> tuple[Identity, Incident]:
    """The incident of an address, for who may do `verb` with it.

    Who takes no part is told the same as of an incident that does not exist.
    """
    identity = await who(request)
    id = request.path_params["id"]
    read = services_of(request).read
    return identity, await read(lambda c: _incident_for(c, identity.actor, verb, id))


async def create_as(
    request: Request, identity: Identity, work: Callable[[Connection, Actor], Result]
) -> Result:
    """Do `work` in one transaction, if `identity` may open incidents in that same transaction."""
    limits = services_of(request).settings.session_limits

    def checked(connection: Connection) -> Result:
        actor = _actor_now(connection, identity, limits)
        _may_create(actor)
        return work(connection, actor)

    return await services_of(request).writer.run(checked)


async def manage_as(
    request: Request,
    identity: Identity,
    id: IncidentId,
    work: Callable[[Connection, Incident], Result],
) -> Result:
    """Do `work` in one transaction, if `identity` may manage the incident in that same
    transaction; `work` is given the incident as it is there. What was asked before the writer's
    turn came may not be true any more."""
    limits = services_of(request).settings.session_limits

    def checked(connection: Connection) -> Result:
        actor = _actor_now(connection, identity, limits)
        return work(connection, _incident_for(connection, actor, Verb.MANAGE, id))

    return await services_of(request).writer.run(checked)


def _actor_now(connection: Connection, identity: Identity, limits: Limits) -> Actor:
    """The person as they are in this transaction; raises Problem when session or key ended."""
    now = utc_now()
    found: Session | Key | None = None
    if identity.session is not None:
        found = sessions.find_by_hash(connection, identity.session, now=now, limits=limits)
    elif identity.key is not None:
        found = keys.find_by_hash(connection, identity.key, now=now)
    if found is None:
        raise Problem(Kind.UNAUTHENTICATED)
    return found.person.actor(found.organisation)


def _may_create(actor: Actor) -> None:
    if not may(actor, Verb.CREATE):
        raise Problem(Kind.MAY_NOT_CREATE)


def _incident_for(connection: Connection, actor: Actor, verb: Verb, id: str) -> Incident:
    incident = incidents.find(connection, id) if is_incident_id(id) else None
    if incident is None or role_in(actor, incident.standing()) is None:
        raise Problem(Kind.NOT_FOUND)
    if not may(actor, verb, incident.standing()):
        raise Problem(Kind.FORBIDDEN)
    return incident
