"""uvicorn with our limits, and a stop that lets everybody know first."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette

from server.websocket import CollabProtocol
from server.wiring import Services

LARGEST_MESSAGE: Final = 1024 * 1024
PING_EVERY: Final = 20.0
STOP_WITHIN: Final = 15
"""Seconds for open requests and sockets; together with the drain before it, under thirty."""


class Server(uvicorn.Server):
    """Before it closes the sockets, what waits is stored and their people are told."""

    def __init__(
        self, config: uvicorn.Config, services: Services, ready: Callable[[int], None]
    ) -> None:
        super().__init__(config)
        self._services = services
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say on which port: port 0 is only known now."""
        await super().startup(sockets)
        # what is loaded now lives as long as the process: collections need not walk it again
        gc.collect()
        gc.freeze()
        if self.started and self.servers:
            self._ready(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then close."""
        await self._services.hub.drain()
        await super().shutdown(sockets)


def serve(app: Starlette, services: Services, ready: Callable[[int], None]) -> None:
    """Serve until a signal; `ready` is told the port once people can come in."""
    settings = services.settings
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws=CollabProtocol,
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=PING_EVERY,
        ws_ping_timeout=PING_EVERY,
        ws_per_message_deflate=False,
        proxy_headers=True,
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
    Server(config, services, ready).run()
