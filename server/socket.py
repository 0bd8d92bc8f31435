"""The websockets: their handshake. After it, the socket speaks with its connection alone."""

from __future__ import annotations

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from server.authenticate import Authenticator
from server.connection import Connection
from server.hub import Hub
from server.security import is_own_origin
from server.websocket import EXTENSION, CollabProtocol
from sync.codec import Hocuspocus
from sync.plain import Plain
from sync.ports import Dialect

log = structlog.get_logger()


class CollabSocket:
    """Both addresses: `/collab` for all documents of an incident in the Hocuspocus dialect, and
    `/yjs/<incident>/<document>` for one document in the plain one.

    A page brings its session cookie, and its Origin must be ours: websockets know no CORS.
    A machine brings an API key in the Authorization header, or as each document's token.
    """

    def __init__(self, hub: Hub, authenticator: Authenticator, public_url: str | None) -> None:
        self._hub = hub
        self._authenticator = authenticator
        self._public_url = public_url

    async def collab(self, websocket: WebSocket) -> None:
        """Serve one socket in the Hocuspocus dialect until it closes."""
        await self._serve(websocket, Hocuspocus(), None)

    async def yjs(self, websocket: WebSocket) -> None:
        """Serve one socket in the plain dialect until it closes."""
        spelling = websocket.path_params["document"]
        await self._serve(websocket, Plain(spelling), spelling)

    async def _serve(self, websocket: WebSocket, dialect: Dialect, spelling: str | None) -> None:
        if not is_own_origin(websocket, self._public_url):
            log.info("foreign-origin-refused", path=websocket.url.path)
            await websocket.send_denial_response(PlainTextResponse("foreign origin", 403))
            return
        if self._hub.draining:
            await websocket.send_denial_response(PlainTextResponse("restarting", 503))
            return
        identity = await self._hub.settled_in(lambda: self._authenticator.identify(websocket))
        await websocket.accept()
        pipe: CollabProtocol = websocket.scope["extensions"][EXTENSION]
        connection = Connection(self._hub, identity, pipe, dialect, self._hub.inbox)
        self._hub.connected(connection)
        if spelling is not None:
            connection.knock(spelling)
        try:
            await pipe.serve(connection)
        finally:
            self._hub.disconnected(connection)
