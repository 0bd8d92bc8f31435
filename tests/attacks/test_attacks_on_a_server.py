"""Hostile sockets against a real server: who attacks is told or closed, the others go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import UnionType

import pytest
from pycrdt import Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.participant import OpenDocument, Participant
from server.rates import Limits
from sync import codec, lib0
from sync.messages import (
    Addressed,
    Authenticated,
    Awareness,
    PermissionDenied,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
)
from sync.presence import Sighting, encode_sightings
from tests.attacks import recipes
from tests.attacks.changes import CHANGES
from tests.live import LiveServer, a_server, stored_text

AT_ONCE = 1.0
"""Seconds of CPU that the whole process may spend on an attack."""


PATIENT = Limits(bytes=1e9, bytes_at_once=1e9, penalty=0)
"""What is hostile costs its sender time in a document (R30); here it is sent again and again."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path, limits=PATIENT) as running:
        yield running


NEEDS_A_VICTIM = ("forged text", "a squatted clock, short")
HOSTILE = [
    *(Update(CHANGES[name]) for name in CHANGES if name not in NEEDS_A_VICTIM),
    Awareness(b"\xff" * 1_000_000),
    Awareness(b"\x01\x07" + b"\xff" * 500_000),
    SyncStep1(b"\xff" * 1_000_000),
    SyncStep1(b"\x01" + b"\xff" * 500_000),
]


@asynccontextmanager
async def somebody_at_work(server: LiveServer) -> AsyncIterator[None]:
    """Ana writes in the attacked document and Bo in another: before, and after."""
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        places = [
            (ana, await ana.open(server.named("picture"))),
            (bo, await bo.open(server.named("actions"))),
        ]
        for one, document in places:
            await writes(one, document, "voor ")
        before = stored_text(server)
        began = time.process_time()
        yield
        spent = time.process_time() - began
        for one, document in places:
            await writes(one, document, "na")
    assert spent < AT_ONCE
    assert stored_text(server) == stored_text(server, "actions") == before + "na"


async def writes(one: Participant, document: OpenDocument, words: str) -> None:
    document.doc.get("t", type=Text).__iadd__(words)
    await one.saved(patience=5)


@asynccontextmanager
async def an_attacker(server: LiveServer, person: str = "wil") -> AsyncIterator[ClientConnection]:
    """A raw socket of somebody who is in the picture."""
    async with connect(server.url, compression=None, max_size=None) as socket:
        await socket.send(codec.encode(server.named("picture"), Token(server.keys[person])))
        await heard(socket, Authenticated)
        yield socket


async def heard(socket: ClientConnection, kind: type | UnionType) -> Addressed:
    """Read until a message of this kind."""
    async with asyncio.timeout(5):
        while True:
            frame = await socket.recv()
            assert isinstance(frame, bytes)
            decoded = codec.decode_from_server(frame)
            if isinstance(decoded, Addressed) and isinstance(decoded.message, kind):
                return decoded


async def how_it_ends(socket: ClientConnection, patience: float = 5) -> int | None:
    """The close code, once the server hung up."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(patience):
            while True:
                await socket.recv()
    return socket.close_code


async def test_R8_a_hostile_message_ends_its_senders_stay(server: LiveServer):
    name = server.named("picture")
    for message in HOSTILE:
        async with somebody_at_work(server), an_attacker(server) as socket:
            await socket.send(codec.encode(name, message))
            denied = (await heard(socket, PermissionDenied)).message
            assert denied == PermissionDenied("malformed")


async def test_R15_a_reader_with_a_hostile_message_is_refused(server: LiveServer):
    name = server.named("picture")
    for message in HOSTILE:
        async with somebody_at_work(server), an_attacker(server, "otto") as socket:
            await socket.send(codec.encode(name, message))
            told = (await heard(socket, PermissionDenied | SyncStatus)).message
            assert told in (PermissionDenied("malformed"), SyncStatus(saved=False))


async def test_R28_a_change_that_makes_the_document_walk_is_stopped(server: LiveServer):
    name = server.named("picture")
    base, walk = recipes.far_apart(6000)
    async with somebody_at_work(server), an_attacker(server) as socket:
        await socket.send(codec.encode(name, Update(base.replace(b"\x01\x01t", b"\x01\x01s"))))
        await socket.send(codec.encode(name, Update(walk)))
        assert (await heard(socket, PermissionDenied)).message == PermissionDenied("malformed")


async def test_R26_nobody_writes_or_uses_up_clocks_under_anothers_id(server: LiveServer):
    name = server.named("picture")
    async with server.participant("ana") as ana:
        opened = await ana.open(name)
        await writes(ana, opened, "EVACU")
        victim = opened.doc.client_id
        for change in (recipes.forged(victim, 5, "EER NIET"), recipes.squat(victim, 5, 1000)):
            async with an_attacker(server) as socket:
                await socket.send(codec.encode(name, Update(change)))
                await heard(socket, PermissionDenied)
        await writes(ana, opened, "EER")
    assert stored_text(server) == "EVACUEER"


HEADERS = [
    b"\xff" * 1_000_000,
    lib0.text("x") + b"\xff" * 1_000_000,
    lib0.text("x/picture") + b"\x00" + b"\xff" * 1_000_000,
    lib0.text("x" * 300) + b"\x00",
    lib0.number(1 << 40),
    b"",
]


async def test_R23_huge_numbers_in_a_header_close_the_socket(server: LiveServer):
    async with somebody_at_work(server):
        for frame in HEADERS:
            async with connect(server.url, compression=None) as socket:
                await socket.send(frame)
                assert await how_it_ends(socket) == 4400


async def test_a_message_over_the_limit_closes_the_socket(server: LiveServer):
    async with somebody_at_work(server), an_attacker(server) as socket:
        with suppress(ConnectionClosed):
            await socket.send(bytes((1 << 20) + 1))
        assert await how_it_ends(socket) == 1009


async def test_a_flood_of_tiny_pieces_closes_the_socket(server: LiveServer):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20_000):
            yield b""

    async with somebody_at_work(server), an_attacker(server) as socket:
        with suppress(ConnectionClosed):
            await socket.send(pieces())
        assert await how_it_ends(socket) == 1009


async def test_nothing_is_ever_inflated(server: LiveServer):
    """Compression is not negotiated, so there is no bomb to send and no memory per line."""
    async with connect(server.url, compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


async def test_R21_strangers_who_flood_are_closed_unheard(server: LiveServer):
    name = server.named("picture")
    async with somebody_at_work(server):
        for change in (recipes.nested_any(400), b"\x00" * 70_000):
            async with connect(server.url, compression=None) as socket:
                with suppress(ConnectionClosed):
                    for _ in range(40):
                        await socket.send(codec.encode(name, Update(change)))
                assert await how_it_ends(socket) == 1013


async def test_R26_a_victims_presence_cannot_be_taken(server: LiveServer):
    name = server.named("picture")
    async with somebody_at_work(server), server.participant("bo") as bo:
        opened = await bo.open(name)
        bo.say_where(opened, {"place": 1})
        await bo.saved()
        [room] = [one for one in server.services.hub._rooms.values() if "picture" in str(one.name)]
        seen = room.room._presence._seen
        await asyncio.sleep(0.3)
        assert seen[opened.doc.client_id].clock == 1
        async with an_attacker(server) as socket:
            stolen = encode_sightings([Sighting(opened.doc.client_id, 2**53 - 1, "{}")])
            await socket.send(codec.encode(name, Awareness(stolen)))
            await socket.send(codec.encode(name, SyncStep1(b"\x00")))
            await heard(socket, SyncStep2)
        assert seen[opened.doc.client_id].clock == 1
