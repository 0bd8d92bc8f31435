"""The one handler: whatever goes wrong becomes a page or a problem document (RFC 9457)."""

from __future__ import annotations

from urllib.parse import urlencode

import structlog
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ExceptionHandler

from server import live_metrics
from server.asking import services_of
from server.authenticate import Identity
from server.passwords import TooBusy
from server.problems import BY_STATUS, Kind, Problem

log = structlog.get_logger()

TYPE_PREFIX = "urn:samenbeeld:problem:"


async def answer(request: Request, error: Exception) -> Response:
    """An answer to any error; what is our own fault is logged with its trace."""
    problem = problem_of(error)
    live_metrics.REFUSALS.labels(problem.kind.value).inc()
    if problem.kind is Kind.BUG:
        log.error("request-failed", exc_info=error)
    elif problem.kind is Kind.STORAGE:
        log.error("storage-failed", error=type(error).__name__)
    if wants_json(request):
        return _as_json(request, problem)
    if problem.kind is Kind.UNAUTHENTICATED:
        return _to_sign_in(request)
    return _as_page(request, problem)


HANDLERS: dict[object, ExceptionHandler] = {
    HTTPException: answer,
    Problem: answer,
}


def problem_of(error: Exception) -> Problem:
    """The line of the catalogue that an error belongs to."""
    match error:
        case Problem():
            return error
        case HTTPException():
            kind = BY_STATUS.get(error.status_code, Kind.BUG)
            return Problem(kind, allow=(error.headers or {}).get("Allow"))
        case OperationalError() | PoolTimeout():
            return Problem(Kind.STORAGE, retry_after=10)
        case DataError():
            # what no column can hold, as a NUL in a text: it came from outside
            return Problem(Kind.MALFORMED)
        case TooBusy():
            return Problem(Kind.BUSY, retry_after=30)
        case _:
            return Problem(Kind.BUG)


def wants_json(request: Request) -> bool:
    """Whether a program asked, not a person in front of a page."""
    if request.url.path.startswith("/api/"):
        return True
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _as_json(request: Request, problem: Problem) -> Response:
    meaning = problem.meaning
    words = services_of(request).words
    translate = words.gettext(words.language_of(request))
    body: dict[str, object] = {
        "type": TYPE_PREFIX + problem.kind.value,
        "title": translate(meaning.title),
        "status": meaning.status,
        "detail": f"{translate(meaning.what_happened)} {translate(meaning.what_to_do)}",
        "fault": meaning.fault.value,
        "retry": meaning.retry,
        "request": _request_id(request),
    }
    if problem.errors:
        body["errors"] = problem.errors
    headers = _headers(problem)
    return JSONResponse(body, meaning.status, headers, media_type="application/problem+json")


def _headers(problem: Problem) -> dict[str, str]:
    headers: dict[str, str] = {}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if problem.allow is not None:
        headers["allow"] = problem.allow
    if problem.kind is Kind.UNAUTHENTICATED:
        headers["www-authenticate"] = "Bearer"
    return headers


def _to_sign_in(request: Request) -> Response:
    query = ""
    if request.method == "GET":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        query = "?" + urlencode({"next": here})
    return RedirectResponse(f"/sign-in{query}", 303)


def _as_page(request: Request, problem: Problem) -> Response:
    meaning, services = problem.meaning, services_of(request)
    translate = services.words.gettext(services.words.language_of(request))
    context = {
        "boot": {"page": "error"},
        "status": meaning.status,
        "title": translate(meaning.title),
        "what_happened": translate(meaning.what_happened),
        "what_is_kept": translate(meaning.what_is_kept),
        "what_to_do": translate(meaning.what_to_do),
        "request_id": _request_id(request),
    }
    identity: Identity | None = getattr(request.state, "identity", None)
    try:
        response: Response = services.pages.render(
            request,
            "error.html",
            context,
            identity=identity,
            organisations=services.organisations,
            status=meaning.status,
        )
    except Exception as error:  # the error page itself is broken: say it in plain words instead
        log.error("error-page-failed", exc_info=error)
        lines = [str(context[key]) for key in ("title", "what_happened", "what_to_do")]
        response = PlainTextResponse("\n".join(lines), meaning.status)
    response.headers.update(_headers(problem))
    return response


def _request_id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))
