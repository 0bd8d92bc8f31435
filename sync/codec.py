"""Bytes to messages and back: the Hocuspocus dialect, version 4.

Every frame begins with the document's name and a message type; only Ping and Pong are a single
byte. Source: `@hocuspocus/provider` 4.8, `src/MessageReceiver.ts` and `src/OutgoingMessages/`.
Decoding raises `Malformed` and nothing else; lengths are in bytes.
"""

from __future__ import annotations

from typing import Final, assert_never

from sync import lib0
from sync.errors import Malformed
from sync.messages import (
    Addressed,
    Authenticated,
    AuthType,
    Awareness,
    Close,
    FromClient,
    FromServer,
    MessageType,
    PermissionDenied,
    Ping,
    Pong,
    QueryAwareness,
    Stateless,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    SyncType,
    Token,
    Update,
)

PING: Final = bytes((MessageType.PING,))
PONG: Final = bytes((MessageType.PONG,))

_CHANGE: Final = bytes((MessageType.SYNC, SyncType.UPDATE))
_LONGEST_SPELLING: Final = 256
_LONGEST_TOKEN: Final = 4096


def decode_from_client(frame: bytes) -> Addressed[FromClient] | Ping | Pong:
    """What a client sent. Bytes behind a message are ignored, as the dialect does (the
    provider's version stands behind the token)."""
    if frame == PING:
        return Ping()
    if frame == PONG:
        return Pong()
    reader = lib0.Reader(frame)
    spelling = reader.text()
    if not 0 < len(spelling) <= _LONGEST_SPELLING:
        raise Malformed("the document's name is missing or too long")
    return Addressed(spelling, _from_client(reader))


def _from_client(reader: lib0.Reader) -> FromClient:
    kind = reader.number()
    match kind:
        case MessageType.SYNC | MessageType.SYNC_REPLY:
            return read_sync(reader)
        case MessageType.AWARENESS:
            return Awareness(reader.block())
        case MessageType.AUTH:
            return _token(reader)
        case MessageType.QUERY_AWARENESS:
            return QueryAwareness()
        case MessageType.STATELESS:
            return Stateless(reader.text())
        case MessageType.CLOSE:
            return Close()
        case _:
            raise Malformed(f"unknown message type {kind}")


def read_sync(reader: lib0.Reader) -> SyncStep1 | SyncStep2 | Update:
    """The rest of a sync message (y-protocols `sync.js`)."""
    kind = reader.number()
    match kind:
        case SyncType.STEP_1:
            return SyncStep1(reader.block())
        case SyncType.STEP_2:
            return SyncStep2(reader.block())
        case SyncType.UPDATE:
            return Update(reader.block())
        case _:
            raise Malformed(f"unknown sync message {kind}")


def _token(reader: lib0.Reader) -> Token:
    kind = reader.number()
    if kind != AuthType.TOKEN:
        raise Malformed(f"a client cannot send authentication message {kind}")
    token = reader.text()
    if len(token) > _LONGEST_TOKEN:
        raise Malformed("the token is too long")
    return Token(token)


def decode_from_server(frame: bytes) -> Addressed[FromServer] | Ping | Pong:
    """What a server sent; for clients written in Python."""
    if frame == PING:
        return Ping()
    if frame == PONG:
        return Pong()
    reader = lib0.Reader(frame)
    return Addressed(reader.text(), _from_server(reader))


def _from_server(reader: lib0.Reader) -> FromServer:
    kind = reader.number()
    match kind:
        case MessageType.SYNC | MessageType.SYNC_REPLY:
            return read_sync(reader)
        case MessageType.AWARENESS:
            return Awareness(reader.block())
        case MessageType.AUTH:
            return _verdict(reader)
        case MessageType.STATELESS:
            return Stateless(reader.text())
        case MessageType.CLOSE:
            return Close()
        case MessageType.SYNC_STATUS:
            return SyncStatus(reader.number() == 1)
        case _:
            raise Malformed(f"unknown message type {kind}")


def _verdict(reader: lib0.Reader) -> Authenticated | PermissionDenied:
    kind = reader.number()
    match kind:
        case AuthType.PERMISSION_DENIED:
            return PermissionDenied(reader.text())
        case AuthType.AUTHENTICATED:
            return Authenticated(may_write=reader.text() == "read-write")
        case _:
            raise Malformed(f"unknown authentication message {kind}")


def encode(spelling: str, message: FromClient | FromServer) -> bytes:
    """The frame for `message` about the document that the other side calls `spelling`."""
    return lib0.text(spelling) + _body(message)


def _body(message: FromClient | FromServer) -> bytes:
    match message:
        case SyncStep1(state_vector):
            return bytes((MessageType.SYNC, SyncType.STEP_1)) + lib0.block(state_vector)
        case SyncStep2(update):
            return bytes((MessageType.SYNC, SyncType.STEP_2)) + lib0.block(update)
        case Update(update):
            return bytes((MessageType.SYNC, SyncType.UPDATE)) + lib0.block(update)
        case Awareness(update):
            return bytes((MessageType.AWARENESS,)) + lib0.block(update)
        case SyncStatus(saved):
            return bytes((MessageType.SYNC_STATUS, int(saved)))
        case Stateless(payload):
            return bytes((MessageType.STATELESS,)) + lib0.text(payload)
        case Token(token):
            return bytes((MessageType.AUTH, AuthType.TOKEN)) + lib0.text(token)
        case Authenticated(may_write):
            scope = "read-write" if may_write else "readonly"
            return bytes((MessageType.AUTH, AuthType.AUTHENTICATED)) + lib0.text(scope)
        case PermissionDenied(reason):
            return bytes((MessageType.AUTH, AuthType.PERMISSION_DENIED)) + lib0.text(reason)
        case QueryAwareness():
            return bytes((MessageType.QUERY_AWARENESS,))
        case Close():
            # the dialect reads a reason from a server's Close; an empty one says nothing new
            return bytes((MessageType.CLOSE, 0))
        case _:
            assert_never(message)


class Hocuspocus:
    """The dialect as a socket uses it."""

    name: Final = "hocuspocus"
    acknowledges: Final = True
    heartbeat: Final = PING

    def __init__(self) -> None:
        self._head, self._spelling = b"", ""

    def decode(self, frame: bytes) -> Addressed[FromClient] | Ping | Pong:
        """What a client sent; raises Malformed."""
        if self._head and frame.startswith(self._head):
            # most frames are changes of the document that the one before was about
            reader = lib0.Reader(frame, len(self._head))
            return Addressed(self._spelling, Update(reader.block()))
        decoded = decode_from_client(frame)
        if isinstance(decoded, Addressed) and isinstance(decoded.message, Update):
            self._spelling = decoded.spelling
            self._head = lib0.text(decoded.spelling) + _CHANGE
        return decoded

    def encode(self, spelling: str, message: FromServer) -> bytes:
        """The frame for a message."""
        return encode(spelling, message)
