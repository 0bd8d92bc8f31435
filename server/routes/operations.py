"""For whoever keeps the server running: is it alive, is it ready, what does it count."""

from __future__ import annotations

import secrets

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from models import migrations
from server import metrics
from server.asking import services_of
from server.problems import Kind, Problem
from server.routes.methods import route
from server.security import is_loopback

log = structlog.get_logger()


async def healthz(request: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """200 when people can be let in; 503 with the checks that fail."""
    services = services_of(request)
    checks = {"storage": not services.hub.storage_failing, "open": not services.hub.draining}
    try:
        checks["migrations"] = await services.read(migrations.is_at_head)
        checks["database"] = True
    except SQLAlchemyError as error:
        log.warning("database-does-not-answer", error=type(error).__name__)
        checks["database"] = False
    ready = all(checks.values())
    body = {"status": "ready" if ready else "not ready", "checks": checks}
    return JSONResponse(body, 200 if ready else 503)


async def counts(request: Request) -> Response:
    """For who shows the token; without a token set, for this machine only, and not behind a proxy:
    there everybody may seem to be this machine."""
    settings = services_of(request).settings
    token = settings.metrics_token
    if token is not None:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        allowed = secrets.compare_digest(shown.encode(), token.get_secret_value().encode())
    else:
        local = request.client is not None and is_loopback(request.client.host)
        allowed = local and settings.public_url is None
    if not allowed:
        raise Problem(Kind.NOT_FOUND)
    return metrics.exposition()


ROUTES = [
    route("/healthz", GET=healthz),
    route("/readyz", GET=readyz),
    route("/metrics", GET=counts),
]
