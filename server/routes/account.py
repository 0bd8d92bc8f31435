"""Signing in and out, and what somebody prefers."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from models import people, sessions
from models.people import Person
from server import i18n, metrics
from server.asking import identity_of, services_of
from server.authenticate import COOKIE, utc_now
from server.forms import text_of
from server.i18n import LANGUAGES, msg
from server.routes.methods import route
from server.security import is_secure_context, safe_next
from server.templating import THEME_COOKIE, THEMES

log = structlog.get_logger()

YEAR = 365 * 24 * 3600

WRONG = msg("User name or password is wrong.")
TOO_MANY = msg("Too many tries. Wait ten minutes and try again.")
NOT_SECURE = msg(
    "Signing in needs https, or a browser on the server itself. Ask the administrator for the "
    "https address."
)


async def sign_in_page(request: Request) -> Response:
    next = safe_next(request.query_params.get("next"))
    if await identity_of(request) is not None:
        return RedirectResponse(next, 303)
    return await _page(request, next=next)


async def sign_in(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=20)
    username, next = text_of(form, "username", 128), safe_next(text_of(form, "next", 500))
    if not is_secure_context(request):
        return await _page(request, NOT_SECURE, username, next, 400)
    services = services_of(request)
    address = request.client.host if request.client else "unknown"
    if not await services.guessing.may_try(people.normal_username(username), address):
        _count("too-many", None)
        return await _page(request, TOO_MANY, username, next, 429)
    person = await _person_with(request, username, _password_of(form))
    if person is None:
        _count("wrong", None)
        return await _page(request, WRONG, username, next, 401)
    await services.guessing.succeeded(person.username, address)
    token = await _begin(request, person, own_device=text_of(form, "own_device", 8) != "")
    _count("ok", person)
    response = RedirectResponse(next, 303)
    _set_session(response, token)
    return response


def _password_of(form: FormData) -> str:
    """As typed: spaces at its ends belong to it."""
    value = form.get("password")
    return value[:1024] if isinstance(value, str) else ""


async def _person_with(request: Request, username: str, password: str) -> Person | None:
    """The person, if the password is theirs; takes as long when there is no such person."""

    def look_up(connection: Connection) -> tuple[Person | None, str | None]:
        person = people.find_by_username(connection, username)
        stored = people.password_hash_of(connection, person.id) if person else None
        return person, stored

    services = services_of(request)
    person, stored = await services.read(look_up)
    return person if await services.passwords.check(password, stored) else None


async def _begin(request: Request, person: Person, own_device: bool) -> str:
    """Begin a session; one that this browser still had ends, its cookie is about to be lost."""
    services, identity = services_of(request), await identity_of(request)
    former = None if identity is None else identity.session
    limits, now = services.settings.session_limits, utc_now()

    def work(connection: Connection) -> str:
        if former is not None:
            sessions.end(connection, former, now)
        return sessions.begin(connection, person, now=now, own_device=own_device, limits=limits)

    token = await services.writer.run(work)
    if former is not None:
        await services.rights_changed(session=former)
    return token


def _count(outcome: str, person: Person | None) -> None:
    metrics.SIGN_INS.labels(outcome).inc()
    log.info("sign-in", outcome=outcome, person=person.id if person else None)


def _set_session(response: Response, token: str) -> None:
    # No max-age: it goes when the browser closes, and the server ends it after one shift.
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="lax")


async def sign_out(request: Request) -> Response:
    services = services_of(request)
    identity = await identity_of(request)
    if identity is not None and (session := identity.session) is not None:
        now = utc_now()
        await services.writer.run(lambda connection: sessions.end(connection, session, now))
        await services.rights_changed(session=session)
        log.info("sign-out", person=identity.actor.person)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


async def preferences(request: Request) -> Response:
    """Language and colours, kept in the browser; an unknown value changes nothing."""
    form = await request.form(max_files=0, max_fields=20)
    response = RedirectResponse(safe_next(text_of(form, "next", 500)), 303)
    for field, cookie, values in (
        ("language", i18n.COOKIE, LANGUAGES),
        ("theme", THEME_COOKIE, THEMES),
    ):
        value = text_of(form, field, 16)
        if value in values:
            secure = request.url.scheme == "https"
            response.set_cookie(
                cookie, value, max_age=YEAR, path="/", secure=secure, httponly=True, samesite="lax"
            )
    return response


async def accessibility(request: Request) -> Response:
    """For everybody, signed in or not: what works how, and what does not yet."""
    services = services_of(request)
    return services.pages.render(
        request,
        "accessibility.html",
        {"boot": {"page": "accessibility"}},
        identity=await identity_of(request),
        organisations=services.organisations,
    )


async def _page(
    request: Request,
    error: str | None = None,
    username: str = "",
    next: str = "/incidents",
    status: int = 200,
) -> Response:
    services = services_of(request)
    translate = services.words.gettext(services.words.language_of(request))
    demo = services.demo
    context: dict[str, Any] = {
        "boot": {"page": "sign-in"},
        "organisations": tuple(services.organisations.values()),
        "error": None if error is None else translate(error),
        "username": username,
        "next": next,
        "secure_context": is_secure_context(request),
        "demo_accounts": list(demo.accounts) if demo else [],
        "demo_password": demo.password if demo else "",
    }
    return services.pages.render(request, "account/sign-in.html", context, status=status)


ROUTES = [
    route("/sign-in", GET=sign_in_page, POST=sign_in),
    route("/sign-out", POST=sign_out),
    route("/preferences", POST=preferences),
    route("/toegankelijkheid", GET=accessibility),
]
