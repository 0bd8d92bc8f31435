"""A participant over a real websocket: the dialect's client side, for replays, proofs and tests.

It keeps one CRDT document per opened address in step with the server, and knows what was
acknowledged: `saved()` returns only when every edit it made is on the server's disk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pycrdt import Doc, Subscription, TransactionEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sync import codec
from sync.errors import Malformed
from sync.messages import (
    Addressed,
    Authenticated,
    Awareness,
    Close,
    FromServer,
    PermissionDenied,
    Ping,
    Stateless,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
)
from sync.presence import Sighting, encode_sightings

_PATIENCE: Final = 30.0


class Refused(Exception):
    """The server did not let the participant in; the text is the reason's code."""


@dataclass(eq=False)
class OpenDocument:
    """One document of a participant. `unsaved` counts frames that were not acknowledged."""

    address: str
    doc: Doc[Any]
    unsaved: int = 1
    synced: bool = False
    may_write: bool | None = None
    refusal: str | None = None
    notices: list[dict[str, Any]] = field(default_factory=list)
    applying: bool = False
    clock: int = 0
    subscription: Subscription | None = None


class Participant:
    """Somebody with a line to the server. Use as an asynchronous context manager.

    `headers` carries the session cookie or the API key; `token` goes with each document.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str] | None = None, token: str = "session"
    ) -> None:
        self._url = url
        self._headers = dict(headers or {})
        self._token = token
        self._documents: dict[str, OpenDocument] = {}
        self._changed = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    @property
    def connected(self) -> bool:
        """Whether the line stands."""
        return self._reading is not None and not self._reading.done()

    async def connect(self) -> None:
        """Open the socket, and bring every document that was open before into step again."""
        self._socket = await connect(
            self._url, additional_headers=self._headers, max_size=None, compression=None
        )
        self._reading = asyncio.create_task(self._read(self._socket))
        for document in self._documents.values():
            await self._greet(document)

    async def disconnect(self) -> None:
        """Close the socket; documents and what is unsaved in them stay."""
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def open(self, address: str, doc: Doc[Any] | None = None) -> OpenDocument:
        """Open a document and wait until it is in step; raises Refused, TimeoutError."""
        document = OpenDocument(address, Doc() if doc is None else doc)
        self._documents[address] = document
        document.subscription = document.doc.observe(lambda event: self._on_change(document, event))
        await self._greet(document)
        await self._until(lambda: document.synced or document.refusal is not None)
        if document.refusal is not None:
            raise Refused(document.refusal)
        return document

    async def saved(self, patience: float = _PATIENCE) -> None:
        """Wait until everything is acknowledged; raises TimeoutError."""
        await self._until(
            lambda: not any(one.unsaved for one in self._documents.values()), patience
        )

    async def until(self, holds: Any, patience: float = _PATIENCE) -> None:
        """Wait until `holds()` after something arrived; raises TimeoutError."""
        await self._until(holds, patience)

    async def say_where(self, document: OpenDocument, place: Mapping[str, Any]) -> None:
        """Tell the others where this participant is (an awareness state)."""
        document.clock += 1
        state = Sighting(document.doc.client_id, document.clock, json.dumps(dict(place)))
        await self._send(document, Awareness(encode_sightings([state])))

    async def send_raw(self, frame: bytes) -> None:
        """Send any bytes at all."""
        if self._socket is not None:
            await self._socket.send(frame)

    # --- inside --------------------------------------------------------------------------------

    async def _greet(self, document: OpenDocument) -> None:
        document.unsaved, document.synced = 1, False
        await self._send(document, Token(self._token))
        await self._send(document, SyncStep1(document.doc.get_state()))

    def _on_change(self, document: OpenDocument, event: TransactionEvent) -> None:
        if document.applying or not self.connected:
            return
        document.unsaved += 1
        self._post(document, Update(event.update))

    def _post(self, document: OpenDocument, message: Update | SyncStep2) -> None:
        task = asyncio.get_running_loop().create_task(self._send(document, message))
        _posting.add(task)
        task.add_done_callback(_posting.discard)

    async def _send(self, document: OpenDocument, message: Any) -> None:
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(codec.encode(document.address, message))

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in socket:
                if not isinstance(frame, bytes):
                    raise Malformed("the server sent text")
                await self._receive(socket, frame)
                async with self._changed:
                    self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()

    async def _receive(self, socket: ClientConnection, frame: bytes) -> None:
        match codec.decode_from_server(frame):
            case Ping():
                await socket.send(codec.PONG)
            case Addressed(spelling, message) if spelling in self._documents:
                await self._take(self._documents[spelling], message)
            case _:
                pass

    async def _take(self, document: OpenDocument, message: FromServer) -> None:
        match message:
            case SyncStep1(state_vector):
                missing = document.doc.get_update(state_vector)
                await self._send(document, SyncStep2(missing))
            case SyncStep2(update) | Update(update):
                with _applying(document):
                    document.doc.apply_update(update)
                document.synced = document.synced or isinstance(message, SyncStep2)
            case SyncStatus(saved):
                document.unsaved = max(0, document.unsaved - saved)
            case Authenticated(may_write):
                document.may_write = may_write
            case PermissionDenied(reason):
                document.refusal = reason
            case Stateless(payload):
                document.notices.append(json.loads(payload))
            case Awareness() | Close():
                pass

    async def _until(self, holds: Any, patience: float = _PATIENCE) -> None:
        async with asyncio.timeout(patience), self._changed:
            await self._changed.wait_for(lambda: holds() or not self.connected)
            if not holds():
                raise ConnectionError("the line was lost")


_posting: set[asyncio.Task[None]] = set()


@contextmanager
def _applying(document: OpenDocument) -> Iterator[None]:
    """What arrives from the server is not sent back to it."""
    document.applying = True
    try:
        yield
    finally:
        document.applying = False
