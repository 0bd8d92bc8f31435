"""A client of the plain y-websocket dialect, for tests: one document on one socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from pycrdt import Doc, Text, TransactionEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sync import lib0
from sync.codec import read_sync
from sync.messages import MessageType, SyncStep1, SyncStep2, SyncType, Update
from sync.presence import Sighting, parse_sightings
from tests.live import LiveServer


def sync_frame(kind: SyncType, data: bytes) -> bytes:
    """A sync message as y-protocols writes it."""
    return bytes((MessageType.SYNC, kind)) + lib0.block(data)


class PlainClient:
    """What y-websocket's provider does: step 1 at once, an answer to each step 1, changes as
    they happen. `asked` counts the step 1s of the server, `frames` all that it said."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.doc: Doc[Any] = Doc()
        self.asked = 0
        self.frames = 0
        self.synced = False
        self.seen: list[Sighting] = []
        self._applying = False
        self._changed = asyncio.Condition()
        self._subscription = self.doc.observe(self._on_change)
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        self.send(sync_frame(SyncType.STEP_1, self.doc.get_state()))

    @property
    def text(self) -> Text:
        return self.doc.get("t", type=Text)

    def send(self, frame: bytes) -> None:
        self._outgoing.put_nowait(frame)

    async def until(self, holds: Callable[[], bool], patience: float = 5.0) -> None:
        """Wait until `holds()` after something arrived; raises TimeoutError."""
        async with asyncio.timeout(patience), self._changed:
            await self._changed.wait_for(holds)

    async def closed(self, patience: float = 5.0) -> tuple[int, str]:
        """Wait until the server hangs up: the code and the reason."""
        await asyncio.wait_for(self.socket.wait_closed(), patience)
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_change(self, event: TransactionEvent) -> None:
        if not self._applying:
            self.send(sync_frame(SyncType.UPDATE, event.update))

    async def _write(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self.socket.send(await self._outgoing.get())

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                assert isinstance(frame, bytes)
                self._take(frame)
                async with self._changed:
                    self._changed.notify_all()

    def _take(self, frame: bytes) -> None:
        self.frames += 1
        reader = lib0.Reader(frame)
        match reader.number():
            case MessageType.SYNC:
                self._sync(read_sync(reader))
            case MessageType.AWARENESS:
                self.seen += parse_sightings(reader.block())
            case kind:
                raise AssertionError(f"the dialect has no message {kind}")

    def _sync(self, message: SyncStep1 | SyncStep2 | Update) -> None:
        match message:
            case SyncStep1(state_vector):
                self.asked += 1
                self.send(sync_frame(SyncType.STEP_2, self.doc.get_update(state_vector)))
            case SyncStep2(update) | Update(update):
                self._applying = True
                self.doc.apply_update(update)
                self._applying = False
                self.synced = self.synced or isinstance(message, SyncStep2)


@asynccontextmanager
async def plain(
    server: LiveServer,
    spelling: str,
    person: str | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[PlainClient]:
    """A client at `/yjs/<spelling>`, with the key of `person` in its header if one is named."""
    sent = dict(headers or {})
    if person is not None:
        sent["Authorization"] = f"Bearer {server.keys[person]}"
    url = f"ws://127.0.0.1:{server.port}/yjs/{spelling}"
    async with connect(url, additional_headers=sent, max_size=None, compression=None) as socket:
        client = PlainClient(socket)
        try:
            yield client
        finally:
            await client.stop()
