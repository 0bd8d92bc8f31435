"""A TCP forwarder that can be cut in three ways, as lines are cut in the field."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto


class Cut(Enum):
    """How a line fails."""

    RESET = auto()
    """Open connections are reset, and each new one is reset as soon as it is made."""
    REFUSED = auto()
    """Open connections are closed, and nobody listens any more."""
    SILENT = auto()
    """Everything stays open and nothing arrives: a tunnel, a dead radio cell."""


class Forwarder:
    """Forwards a port of its own to another one, until it is cut."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._way: Cut | None = None
        self._heard = asyncio.Event()
        self._heard.set()
        self.port = 0

    async def start(self) -> None:
        """Listen, the second time on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self, way: Cut) -> None:
        """Let the line fail."""
        self._way = way
        if way is Cut.SILENT:
            self._heard.clear()
            return
        if way is Cut.REFUSED and self._server is not None:
            self._server.close()
            self._server = None
        self._drop(reset=way is Cut.RESET)

    async def heal(self) -> None:
        """Let the line work again. What was silent stays lost, as on a real line."""
        was, self._way = self._way, None
        self._heard.set()
        if was is Cut.SILENT:
            self._drop(reset=True)
        if was is Cut.REFUSED:
            await self.start()

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self._drop(reset=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _drop(self, reset: bool) -> None:
        for writer in list(self._open):
            if reset:
                _reset_on_close(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer)
        try:
            if self._way is Cut.RESET:
                _reset_on_close(writer)
                return
            await self._join(reader, writer)
        except asyncio.CancelledError:
            return  # stopped: asyncio's streams would call a cancelled handler an error
        finally:
            self._open.discard(writer)
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._heard.wait()
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            _reset_on_close(writer)
            return
        self._open.add(forth)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, forth))
                both.create_task(self._pump(back, writer))
        finally:
            self._open.discard(forth)
            forth.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self._way is Cut.SILENT:
                    continue  # taken and never delivered
                writer.write(data)
                await writer.drain()
        writer.close()


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    """Make closing send RST instead of FIN (SO_LINGER with no time)."""
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None and found.fileno() != -1:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
