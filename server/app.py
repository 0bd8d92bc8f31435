"""The application: routes, middleware and error handlers as plain lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute

from server.errors import HANDLERS
from server.requests import Requests
from server.routes import account, api, files, incidents, operations
from server.security import SecureHeaders
from server.socket import CollabSocket
from server.views import COLLAB
from server.wiring import Services


def routes(services: Services) -> list[BaseRoute]:
    """Everything that can be asked for."""
    settings = services.settings
    sockets = CollabSocket(services.hub, services.authenticator, settings.public_url)
    return [
        *operations.ROUTES,
        *account.ROUTES,
        *incidents.ROUTES,
        *api.ROUTES,
        *files.routes(settings.web),
        WebSocketRoute(COLLAB, sockets.collab),
        WebSocketRoute("/yjs/{document:path}", sockets.yjs),
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
        # From the outside in: even a refusal carries the headers.
        middleware=[
            Middleware(SecureHeaders),
            Middleware(Requests, settings=services.settings),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.services = services
    return app
