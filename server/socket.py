"""The websocket `/collab`: the handshake, and bytes between a socket and its connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from server.authenticate import Authenticator
from server.connection import Connection
from server.hub import Hub
from server.security import is_own_origin
from sync.errors import Refusal

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
        await self._serve(websocket, Connection(self._hub, identity))

    async def _serve(self, websocket: WebSocket, connection: Connection) -> None:
        self._hub.connected(connection)
        writing = asyncio.create_task(
            connection.write(websocket.send_bytes, lambda code, why: _close(websocket, code, why))
        )
        try:
            await _read(websocket, connection)
        finally:
            self._hub.disconnected(connection)
            writing.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await writing


async def _read(websocket: WebSocket, connection: Connection) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("bytes")
            if frame is None:
                connection.hang_up(Refusal.MALFORMED)  # this dialect has no text frames
            elif connection.closing is None:
                connection.receive(frame)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(code, reason)
