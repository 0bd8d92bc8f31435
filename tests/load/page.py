"""A page that is back after its line was lost, as the server sees it: both dialects.

It holds no document of its own: hundreds of pages that were in step say the same bytes.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sync import codec, lib0
from sync.codec import read_sync
from sync.messages import (
    Addressed,
    Authenticated,
    FromServer,
    MessageType,
    PermissionDenied,
    Ping,
    Stateless,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    SyncType,
    Token,
    Update,
)
from tests.load.line import Line

_STAMP: Final = re.compile(rb"~([0-9a-f]{16})")


def stamp() -> str:
    """A word that says when it was written."""
    return f"~{time.perf_counter_ns():016x}"


def ages(message: bytes) -> list[float]:
    """How long ago the stamps in a message were written, in seconds."""
    now = time.perf_counter_ns()
    return [(now - int(found, 16)) / 1e9 for found in _STAMP.findall(message)]


@dataclass
class Stay:
    """One document of a page: what it has, and how far it is."""

    state_vector: bytes = b"\x00"
    answer: bytes = b"\x00\x00"
    admitted: bool = False
    synced: bool = False
    acknowledged: int = 0
    refused: str | None = None

    @property
    def back(self) -> bool:
        """In step, and the server has what was made offline."""
        return self.synced and self.acknowledged > 0


@dataclass
class Page:
    """A page with its documents in the Hocuspocus dialect; `seen` are the latencies of what
    others wrote meanwhile."""

    stays: dict[str, Stay]
    token: str = "session"
    seen: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    keep: Callable[[bytes], None] = len
    """Where updates go, for who wants to hold the document itself."""
    line: Line | None = None
    _back: asyncio.Event = field(default_factory=asyncio.Event)

    async def come(
        self, port: int, headers: Mapping[str, str], receive_buffer: int | None = None
    ) -> None:
        """Connect and greet in every document, as the provider does."""
        self._back.clear()
        self.line = await Line.to(port, "/collab", headers, self.heard, receive_buffer)
        for name, stay in self.stays.items():
            stay.admitted = stay.synced = False
            stay.acknowledged, stay.refused = 0, None
            self.line.send(
                codec.encode(name, Token(self.token)),
                codec.encode(name, SyncStep1(stay.state_vector)),
            )

    @property
    def back(self) -> bool:
        """Every document is in step and acknowledged."""
        return all(stay.back for stay in self.stays.values())

    async def until_back(self) -> None:
        """Raises ConnectionResetError when the server hangs up first."""
        assert self.line is not None
        arrived = asyncio.ensure_future(self._back.wait())
        await asyncio.wait({arrived, self.line.gone}, return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()
        if not self.back:
            raise ConnectionResetError(*self.line.gone.result())

    def heard(self, frame: bytes) -> None:
        match codec.decode_from_server(frame):
            case Ping():
                assert self.line is not None
                self.line.send(codec.PONG)
            case Addressed(name, message):
                self._take(name, self.stays[name], message)
                if not self._back.is_set() and self.back:
                    self._back.set()

    def _take(self, name: str, stay: Stay, message: FromServer) -> None:
        assert self.line is not None
        match message:
            case SyncStep1():
                self.line.send(codec.encode(name, SyncStep2(stay.answer)))
            case SyncStep2(update):
                stay.synced = True
                self.keep(update)
            case Update(update):
                self.seen += ages(update)
                self.keep(update)
            case SyncStatus(saved):
                stay.acknowledged += saved
            case Authenticated():
                stay.admitted = True
            case PermissionDenied(reason):
                stay.refused = reason
            case Stateless(payload):
                self.notices.append(payload)
            case _:
                pass


@dataclass
class PlainPage:
    """The same in the plain dialect: one document, no acknowledgements."""

    stay: Stay
    seen: list[float] = field(default_factory=list)
    keep: Callable[[bytes], None] = len
    line: Line | None = None

    async def come(
        self,
        port: int,
        headers: Mapping[str, str],
        document: str,
        receive_buffer: int | None = None,
    ) -> None:
        """Connect and ask for what is there."""
        path = f"/yjs/{document}"
        self.line = await Line.to(port, path, headers, self.heard, receive_buffer)
        self.line.send(plain(SyncType.STEP_1, self.stay.state_vector))

    def heard(self, frame: bytes) -> None:
        assert self.line is not None
        reader = lib0.Reader(frame)
        if reader.number() != MessageType.SYNC:
            return
        match read_sync(reader):
            case SyncStep1():
                self.line.send(plain(SyncType.STEP_2, self.stay.answer))
            case SyncStep2(update):
                self.stay.synced = True
                self.keep(update)
            case Update(update):
                self.seen += ages(update)
                self.keep(update)


def plain(kind: SyncType, data: bytes) -> bytes:
    """A sync message of the plain dialect."""
    return bytes((MessageType.SYNC, kind)) + lib0.block(data)
