"""The application: routes, middleware and error handlers as plain lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import BaseRoute, WebSocketRoute

from server.errors import HANDLERS
from server.requests import Requests
from server.routes import account, api, files, incidents, operations
from server.security import SecureHeaders
from server.socket import CollabSocket
from server.views import COLLAB
from server.wiring import Services

LARGEST_BODY: Final = 256 * 1024


def routes(services: Services) -> list[BaseRoute]:
    """Everything that can be asked for."""
    settings = services.settings
    collab = CollabSocket(services.hub, services.authenticator, settings.public_url)
    return [
        *operations.ROUTES,
        *account.ROUTES,
        *incidents.ROUTES,
        *api.ROUTES,
        *files.routes(settings.web),
        WebSocketRoute(COLLAB, collab.__call__),
    ]


def application(services: Services) -> Starlette:
    """The server as an ASGI application; it starts and stops the services itself."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await services.start()
        yield
        await services.stop()

    app = Starlette(
        routes=routes(services),
        # From the outside in: even a refusal carries the headers, even a large body is logged.
        middleware=[
            Middleware(SecureHeaders),
            Middleware(Requests, settings=services.settings),
            Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.services = services
    return app
