"""Who is shown out, turned away or goes: what of theirs still counts, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pycrdt import Text
from websockets.asyncio.client import connect

from server.participant import OpenDocument
from sync import codec
from sync.errors import Refusal
from sync.messages import (
    Addressed,
    Close,
    PermissionDenied,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
)
from tests.builders import Browser
from tests.live import LiveServer, a_server, stored_text
from tests.sync.test_turns import a_long_change


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


def text_in(document: OpenDocument) -> Text:
    return document.doc.get("t", type=Text)


async def test_R21_who_left_and_asked_again_is_answered_once_and_by_the_last_token(
    server: LiveServer,
):
    name = server.named("picture")
    async with connect(server.url, compression=None) as socket:
        asked = (Token("not a key"), Close(), Token(server.keys["bo"]))
        for message in (*asked, SyncStep1(b"\x00")):
            await socket.send(codec.encode(name, message))
        answers = []
        while not any(isinstance(one, SyncStep2) for one in answers):
            frame = await asyncio.wait_for(socket.recv(), 5)
            assert isinstance(frame, bytes)
            said = codec.decode_from_server(frame)
            answers += [said.message] if isinstance(said, Addressed) else []
        assert PermissionDenied not in map(type, answers)


async def test_R17_what_waits_behind_something_long_is_not_stored_of_who_is_shown_out(
    server: LiveServer,
):
    name = server.named("picture")
    async with (
        server.participant("ana") as ana,
        server.participant("bo") as bo,
        server.participant("wil") as wil,
    ):
        theirs, seen = await bo.open(name), await wil.open(name)
        await ana.open(name)
        for one in (ana, bo, wil):
            await one.saved()
        [room] = server.services.hub._rooms.values()
        members = {str(who.author.name): one for one, who in room.room.members.items()}
        room.receive(members["Ana"], Update(a_long_change()))
        room.receive(members["Bo"], Update(Browser().type("te laat")))
        assert room.room.waiting[0] == 1
        room.expel(members["Bo"], Refusal.FORBIDDEN)
        await bo.until(lambda: theirs.refusal == "forbidden")
        await wil.until(lambda: len(str(text_in(seen))) >= 5000)
        assert not room.room.busy
    stored = stored_text(server)
    assert len(stored) == 5000
    assert "te laat" not in stored


async def test_R27_who_named_no_epoch_and_holds_an_earlier_one_is_refused(server: LiveServer):
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine = await ana.open(server.named("picture"))
        await ana.saved()
        [room] = server.services.hub._rooms.values()
        room._former = frozenset({7, 8})
        theirs = await bo.open(server.named("picture", epoch=None))
        await bo.saved()
        members = {str(who.author.name): one for one, who in room.room.members.items()}
        room.receive(members["Bo"], Update(Browser(7).type("oud")))
        await bo.until(lambda: theirs.refusal == "stale-epoch")
        room.receive(members["Ana"], Update(Browser(8).type("x")))
        await ana.until(lambda: stored_text(server) == "x")
        assert mine.refusal is None
