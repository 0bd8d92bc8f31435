"""The websockets: their handshake. After it, the socket speaks with its connection alone."""

from __future__ import annotations

from typing import Final

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from server.authenticate import Authenticator, Identity, shown_by
from server.connection import Connection
from server.gate import Lane
from server.hub import Hub
from server.security import is_own_origin
from server.websocket import EXTENSION, CollabProtocol
from sync.codec import Hocuspocus
from sync.plain import Plain
from sync.ports import Dialect

log = structlog.get_logger()

_HOCUSPOCUS: Final = Hocuspocus()
"""Keeps nothing: one for all sockets."""


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
        await self._serve(websocket, _HOCUSPOCUS, None)

    async def yjs(self, websocket: WebSocket) -> None:
        """Serve one socket in the plain dialect until it closes."""
        spelling = websocket.path_params["document"]
        await self._serve(websocket, Plain(spelling), spelling)

    async def _serve(self, websocket: WebSocket, dialect: Dialect, spelling: str | None) -> None:
        if not is_own_origin(websocket, self._public_url):
            log.info("foreign-origin-refused", path=websocket.url.path)
            await websocket.send_denial_response(PlainTextResponse("foreign origin", 403))
            return
        hub = self._hub
        full = hub.is_full
        if not full:
            await hub.gate.turn(Lane.SOCKET)
        # who has had a turn is let in, unless the server began to go meanwhile
        if full or hub.draining:
            seconds = {"Retry-After": str(hub.come_back_in())}
            answer = PlainTextResponse("come back later", 503, headers=seconds)
            await websocket.send_denial_response(answer)
            return
        generation = hub.standings.generation
        identity = await self._identify(websocket)
        await websocket.accept()
        pipe: CollabProtocol = websocket.scope["extensions"][EXTENSION]
        connection = Connection(hub, identity, pipe, dialect, hub.inbox)
        hub.connected(connection)
        pipe.serve(connection)
        if spelling is not None:
            connection.knock(spelling)
        if identity is not None and generation != hub.standings.generation:
            # rights changed after we looked, and who did so did not see this socket yet
            await hub.identify_again(connection)

    async def _identify(self, websocket: WebSocket) -> Identity | None:
        shown = shown_by(websocket)
        ask = self._authenticator.identify
        return await self._hub.standings.person(shown, lambda: ask(websocket)) if shown else None
