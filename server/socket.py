"""The websocket `/collab`: its handshake. After it, the socket speaks with its connection alone."""

from __future__ import annotations

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from server.authenticate import Authenticator
from server.connection import Connection
from server.hub import Hub
from server.security import is_own_origin
from server.websocket import EXTENSION, CollabProtocol

log = structlog.get_logger()


class CollabSocket:
    """One endpoint for all documents of an incident, in the Hocuspocus dialect.

    A page brings its session cookie, and its Origin must be ours: websockets know no CORS.
    A machine brings an API key, in the Authorization header or as each document's token.
    """

    def __init__(self, hub: Hub, authenticator: Authenticator, public_url: str | None) -> None:
        self._hub = hub
        self._authenticator = authenticator
        self._public_url = public_url

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve one socket until it closes."""
        if not is_own_origin(websocket, self._public_url):
            log.info("foreign-origin-refused", path=websocket.url.path)
            await websocket.send_denial_response(PlainTextResponse("foreign origin", 403))
            return
        if self._hub.draining:
            await websocket.send_denial_response(PlainTextResponse("restarting", 503))
            return
        identity = await self._authenticator.identify(websocket)
        await websocket.accept()
        pipe: CollabProtocol = websocket.scope["extensions"][EXTENSION]
        connection = Connection(self._hub, identity, pipe)
        self._hub.connected(connection)
        try:
            await pipe.serve(connection)
        finally:
            self._hub.disconnected(connection)
