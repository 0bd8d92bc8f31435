"""The plain y-websocket dialect: one document per socket, no names, no acknowledgements.

Source: y-websocket 3, `src/y-websocket.js`; y-protocols `sync.js`, `awareness.js`. What the
dialect has no words for (acknowledgements, notices, "you are in") is not said; a refusal is a
close code.
"""

from __future__ import annotations

from typing import Final

from sync import lib0
from sync.codec import read_sync
from sync.errors import Malformed
from sync.messages import (
    Addressed,
    Awareness,
    FromClient,
    FromServer,
    MessageType,
    QueryAwareness,
    SyncStep1,
    SyncStep2,
    SyncType,
    Update,
)
from sync.presence import encode_sightings

_SYNC: Final = {SyncStep1: SyncType.STEP_1, SyncStep2: SyncType.STEP_2, Update: SyncType.UPDATE}


class Plain:
    """The dialect on one socket, whose document was named in the address as `spelling`."""

    name: Final = "y-websocket"
    acknowledges: Final = False
    heartbeat: Final = bytes((MessageType.AWARENESS,)) + lib0.block(encode_sightings(()))
    """Presence of nobody: a client that hears nothing for 30 seconds thinks the line is dead."""

    def __init__(self, spelling: str) -> None:
        self._spelling = spelling

    def decode(self, frame: bytes) -> Addressed[FromClient]:
        """What a client sent; raises Malformed."""
        reader = lib0.Reader(frame)
        kind = reader.number()
        match kind:
            case MessageType.SYNC:
                return Addressed(self._spelling, read_sync(reader))
            case MessageType.AWARENESS:
                return Addressed(self._spelling, Awareness(reader.block()))
            case MessageType.QUERY_AWARENESS:
                return Addressed(self._spelling, QueryAwareness())
            case _:
                raise Malformed(f"unknown message type {kind}")

    def encode(self, spelling: str, message: FromServer) -> bytes | None:
        """The frame for a message; None for what this dialect cannot say."""
        match message:
            case SyncStep1(data) | SyncStep2(data) | Update(data):
                return bytes((MessageType.SYNC, _SYNC[type(message)])) + lib0.block(data)
            case Awareness(update):
                return bytes((MessageType.AWARENESS,)) + lib0.block(update)
            case _:
                return None
