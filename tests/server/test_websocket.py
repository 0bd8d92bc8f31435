"""What we rely on in uvicorn's websocket protocol, and what ours adds to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from pycrdt import Doc, Text
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from server.websocket import HIGH_WATER, MOST_FRAGMENTS
from sync import codec, lib0
from sync.messages import Addressed, SyncStep1, SyncStep2, Token, Update
from tests.live import LiveServer, a_server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


def test_the_protocol_we_build_on_is_the_one_we_know():
    assert uvicorn.__version__ == "0.54.0"
    for name in (
        "handle_connect",
        "handle_cont",
        "send_receive_event_to_app",
        "connection_lost",
        "pause_writing",
        "resume_writing",
    ):
        assert callable(getattr(WebSocketsSansIOProtocol, name))


async def test_a_message_in_thousands_of_pieces_closes_its_socket(server: LiveServer):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MOST_FRAGMENTS + 2):
            yield b"x"

    async with connect(server.url) as line:
        await line.send(pieces())
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(line.recv(), 2)
        assert line.close_code == 1009


async def test_a_message_in_some_pieces_is_read_as_one(server: LiveServer):
    name = server.named("picture")
    token = codec.encode(name, Token(server.keys["ana"]))
    async with connect(server.url) as line:
        await line.send([token[:5], token[5:]])
        frame = await asyncio.wait_for(line.recv(), 2)
        assert isinstance(frame, bytes)
        assert codec.decode_from_server(frame).message.may_write


async def test_R21_a_program_enters_six_old_documents_at_once_by_its_token(server: LiveServer):
    """Its key comes with the token; what it has of each document comes right behind."""
    ids = lib0.number(2500) + b"".join(lib0.number((1 << 31) + n) + b"\x7f" for n in range(2500))
    documents = ("picture", "picture/24", "signals", "map", "decisions", "actions")
    names = {server.named(document) for document in documents}
    async with connect(server.url, compression=None) as line:
        for name in names:
            await line.send(codec.encode(name, Token(server.keys["ana"])))
            await line.send(codec.encode(name, SyncStep1(ids)))
        answered = set()
        while answered != names:
            frame = await asyncio.wait_for(line.recv(), 5)
            assert isinstance(frame, bytes)
            decoded = codec.decode_from_server(frame)
            if isinstance(decoded, Addressed) and isinstance(decoded.message, SyncStep2):
                answered.add(decoded.spelling)


async def test_a_reader_that_stalls_is_left_out_and_catches_up_with_one_difference(
    server: LiveServer,
):
    name = server.named("picture")
    chunk, chunks = "De Maas stijgt en de Geul zakt. " * 1000, 40
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine = await ana.open(name)
        other = await bo.open(name)
        stalled = await a_stalled_reader(server, name)
        for _ in range(chunks):
            mine.doc.get("t", type=Text).__iadd__(chunk)
            await ana.saved()
        await bo.until(lambda: other.doc.get_state() == mine.doc.get_state())
        waiting = [one._pipe.waiting() for one in server.services.hub._connections]
        assert max(waiting) > HIGH_WATER
        assert max(waiting) < HIGH_WATER + 4 * len(chunk)
        text = await everything(stalled)
        assert text == chunks * chunk
        stalled[1].close()


async def a_stalled_reader(
    server: LiveServer, name: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A raw socket that opens a document and then reads nothing."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    small.connect(("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=small, limit=1 << 16)
    writer.write(
        b"GET /collab HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    for message in (Token(server.keys["otto"]), SyncStep1(b"\x00")):
        frame = Frame(Opcode.BINARY, codec.encode(name, message))
        writer.write(frame.serialize(mask=True))
    await asyncio.sleep(0.2)
    for connection in server.services.hub._connections:
        # the kernel would swallow megabytes before anybody noticed
        kernel = connection._pipe.transport.get_extra_info("socket")
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
    return reader, writer


async def everything(stalled: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> str:
    """Read all that comes, as a browser that wakes up does: the text then."""

    reader, _ = stalled
    doc: Doc[Text] = Doc()
    try:
        while True:
            head = await asyncio.wait_for(reader.readexactly(2), 1.5)
            size = head[1]
            if size >= 126:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            message = await reader.readexactly(size)
            if len(message) > 1:
                decoded = codec.decode_from_server(message)
                if isinstance(decoded.message, Update | SyncStep2):
                    doc.apply_update(decoded.message.update)
    except TimeoutError:
        return str(doc.get("t", type=Text))
