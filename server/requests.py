"""What surrounds every request: its number, its checks, its log line, its counts."""

from __future__ import annotations

import secrets
from time import perf_counter

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.vocabulary import is_incident_id
from server import metrics
from server.errors import answer
from server.problems import Kind, Problem
from server.security import SAFE_METHODS, is_known_host, is_own_origin
from server.settings import Settings

log = structlog.get_logger()

METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}

LARGEST_BODY = 256 * 1024
"""Bytes; the largest form is that of a new incident."""

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: counted, not logged."""


class Requests:
    """Refuses what comes from foreign hosts and sites; answers what fails; logs and counts."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Only HTTP is looked at here: a socket's handshake has its own checks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)
        began, status = perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", scope["request_id"].encode()))
            await send(message)

        with structlog.contextvars.bound_contextvars(request=scope["request_id"]):
            try:
                self._check(Request(scope))
                await self._app(scope, _within(LARGEST_BODY, receive), watch)
            except Exception as error:
                if status:
                    raise  # half an answer is out: only the server can cut the line
                response = await answer(Request(scope, receive), error)
                await response(scope, receive, watch)
            finally:
                _record(scope, status or 500, perf_counter() - began)

    def _check(self, request: Request) -> None:
        """Raises Problem for what must not even reach a route."""
        settings = self._settings
        if not is_known_host(request.headers, settings.public_url, settings.allowed_hosts):
            raise Problem(Kind.FOREIGN_HOST)
        if request.method in SAFE_METHODS:
            return
        if not is_own_origin(request, settings.public_url):
            raise Problem(Kind.CROSS_SITE)
        if request.method not in METHODS:
            raise HTTPException(405)


def _within(limit: int, receive: Receive) -> Receive:
    """A body of at most `limit` bytes; raises Problem as soon as there is more.

    Starlette's own limit answers in bare words and overrides the answer of our handler.
    """
    taken = 0

    async def receive_within() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise Problem(Kind.TOO_LARGE)
        return message

    return receive_within


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if scope["method"] in METHODS else "other"
    id = str(scope.get("path_params", {}).get("id", ""))
    metrics.REQUESTS.labels(method, route, status).inc()
    metrics.REQUEST_SECONDS.labels(route).observe(seconds)
    if route not in QUIET:
        log.info(
            "request",
            method=method,
            route=route,
            incident=id if is_incident_id(id) else None,
            status=status,
            ms=round(seconds * 1000, 1),
        )
