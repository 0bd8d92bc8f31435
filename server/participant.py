"""A participant over a real websocket: the dialect's client side, for replays, proofs and tests.

It keeps one CRDT document per opened address in step with the server, and knows what was
acknowledged: `saved()` returns only when every edit it made is on the server's disk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
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
    FromClient,
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
    """One document of a participant.

    `sent` counts the frames since the last greeting that the server must acknowledge, `acked`
    the acknowledgements; they come in order. The answer to the server's step 1 is the first.
    """

    address: str
    doc: Doc[Any]
    sent: int = 1
    acked: int = 0
    synced: bool = False
    may_write: bool | None = None
    refusal: str | None = None
    notices: list[dict[str, Any]] = field(default_factory=list)
    applying: bool = False
    clock: int = 0
    subscription: Subscription | None = None

    @property
    def unsaved(self) -> int:
        """How many frames are not on the server's disk as far as is known here."""
        return self.sent - self.acked


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
        self._writing: asyncio.Task[None] | None = None
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    @property
    def connected(self) -> bool:
        """Whether the line stands."""
        return self._reading is not None and not self._reading.done()

    @property
    def close_code(self) -> int | None:
        """With which code the last socket was closed."""
        return None if self._socket is None else self._socket.close_code

    @property
    def close_reason(self) -> str | None:
        """The reason beside that code."""
        return None if self._socket is None else self._socket.close_reason

    async def ended(self) -> None:
        """Wait until the line is gone."""
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def connect(self) -> None:
        """Open the socket, and bring every document that was open before into step again."""
        self._socket = await connect(
            self._url, additional_headers=self._headers, max_size=None, compression=None
        )
        self._outgoing = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(self._socket))
        self._writing = asyncio.create_task(self._write(self._socket, self._outgoing))
        for document in self._documents.values():
            self._greet(document)

    async def disconnect(self) -> None:
        """Close the socket; documents and what is unsaved in them stay."""
        if self._socket is not None:
            await self._socket.close()
        for task in (self._reading, self._writing):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def open(self, address: str, doc: Doc[Any] | None = None) -> OpenDocument:
        """Open a document and wait until it is in step; raises Refused, TimeoutError."""
        document = OpenDocument(address, Doc() if doc is None else doc)
        self._documents[address] = document
        document.subscription = document.doc.observe(lambda event: self._on_change(document, event))
        self._greet(document)
        await self._until(lambda: document.synced or document.refusal is not None)
        if document.refusal is not None:
            raise Refused(document.refusal)
        return document

    async def saved(self, patience: float = _PATIENCE) -> None:
        """Wait until everything is acknowledged; raises TimeoutError."""
        await self._until(
            lambda: not any(one.unsaved for one in self._documents.values()), patience
        )

    async def saved_in(self, document: OpenDocument, patience: float = _PATIENCE) -> None:
        """Wait until everything in one document is acknowledged; raises TimeoutError."""
        await self._until(lambda: not document.unsaved, patience)

    async def until(self, holds: Callable[[], bool], patience: float = _PATIENCE) -> None:
        """Wait until `holds()` after something arrived; raises TimeoutError."""
        await self._until(holds, patience)

    def say_where(self, document: OpenDocument, place: Mapping[str, Any]) -> None:
        """Tell the others where this participant is (an awareness state)."""
        document.clock += 1
        state = Sighting(document.doc.client_id, document.clock, json.dumps(dict(place)))
        self._post(document, Awareness(encode_sightings([state])))

    def send_raw(self, frame: bytes) -> None:
        """Send any bytes at all."""
        self._outgoing.put_nowait(frame)

    # --- inside --------------------------------------------------------------------------------

    def _greet(self, document: OpenDocument) -> None:
        document.sent, document.acked, document.synced = 1, 0, False
        self._post(document, Token(self._token))
        self._post(document, SyncStep1(document.doc.get_state()))

    def _on_change(self, document: OpenDocument, event: TransactionEvent) -> None:
        # while the line is down nothing is queued: it all travels in the next step 2
        if not document.applying and self.connected:
            document.sent += 1
            self._post(document, Update(event.update))

    def _post(self, document: OpenDocument, message: FromClient) -> None:
        self._outgoing.put_nowait(codec.encode(document.address, message))

    async def _write(self, socket: ClientConnection, outgoing: asyncio.Queue[bytes]) -> None:
        with suppress(ConnectionClosed):
            while True:
                await socket.send(await outgoing.get())

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
                self._take(self._documents[spelling], message)
            case _:
                pass

    def _take(self, document: OpenDocument, message: FromServer) -> None:
        match message:
            case SyncStep1(state_vector):
                missing = document.doc.get_update(state_vector)
                self._post(document, SyncStep2(missing))
            case SyncStep2(update) | Update(update):
                with _applying(document):
                    document.doc.apply_update(update)
                document.synced = document.synced or isinstance(message, SyncStep2)
            case SyncStatus(saved):
                document.acked += saved
            case Authenticated(may_write):
                document.may_write = may_write
            case PermissionDenied(reason):
                document.refusal = reason
            case Stateless(payload):
                document.notices.append(json.loads(payload))
            case Awareness() | Close():
                pass

    async def _until(self, holds: Callable[[], bool], patience: float = _PATIENCE) -> None:
        async with asyncio.timeout(patience), self._changed:
            await self._changed.wait_for(lambda: holds() or not self.connected)
            if not holds():
                raise ConnectionError("the line was lost")


@contextmanager
def _applying(document: OpenDocument) -> Iterator[None]:
    """What arrives from the server is not sent back to it."""
    document.applying = True
    try:
        yield
    finally:
        document.applying = False
