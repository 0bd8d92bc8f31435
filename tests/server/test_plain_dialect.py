"""The plain y-websocket dialect over real sockets: same rooms, same rights, other words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pycrdt import Text
from sqlalchemy import Connection

from models import people, sessions
from models.vocabulary import Role
from server import housekeeping
from server.authenticate import COOKIE, utc_now
from sync import lib0
from sync.changes import MOST_REFUSED
from sync.messages import MessageType, SyncType
from sync.presence import Sighting, encode_sightings
from tests.builders import Browser
from tests.live import LiveServer, a_server, stored_text
from tests.plain_client import plain, sync_frame


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


async def test_both_dialects_write_one_document(server: LiveServer):
    name = server.named("picture")
    async with (
        plain(server, name, "ana") as ana,
        plain(server, server.named("picture", None), "bo") as bo,
        server.participant("wil") as wil,
    ):
        opened = await wil.open(name)
        for client in (ana, bo):
            await client.until(lambda c=client: c.synced and c.asked == 1)
        ana.text.__iadd__("De Maas ")
        await bo.until(lambda: str(bo.text) == "De Maas ")
        bo.text.__iadd__("stijgt. ")
        whole = "De Maas stijgt. "
        await wil.until(lambda: str(opened.doc.get("t", type=Text)) == whole)
        opened.doc.get("t", type=Text).__iadd__("Snel.")
        await wil.saved()
        for client in (ana, bo):
            await client.until(lambda c=client: str(c.text) == whole + "Snel.")
    assert stored_text(server) == whole + "Snel."


async def test_what_was_written_without_a_line_arrives_in_the_answer_to_step_1(
    server: LiveServer,
):
    async with plain(server, server.named("picture"), "bo") as bo:
        bo._applying = True
        bo.text.__iadd__("offline getypt")  # before the first answer, and not sent as an update
        bo._applying = False
        await bo.until(lambda: bo.synced and bo.asked == 1)
        async with plain(server, server.named("picture"), "ana") as ana:
            await ana.until(lambda: str(ana.text) == "offline getypt")


async def test_R15_a_reader_is_not_asked_and_is_shown_out_after_twenty_changes(
    server: LiveServer,
):
    name = server.named("picture")
    async with plain(server, name, "ana") as ana, plain(server, name, "otto") as otto:
        await ana.until(lambda: ana.synced)
        ana.text.__iadd__("echt")
        await otto.until(lambda: str(otto.text) == "echt")
        browser = Browser()
        for _ in range(MOST_REFUSED):
            otto.send(sync_frame(SyncType.UPDATE, browser.type("HACK")))
        ana.text.__iadd__("!")
        await otto.until(lambda: str(otto.text) == "echt!")
        assert otto.socket.close_code is None
        otto.send(sync_frame(SyncType.STEP_2, browser.doc.get_update()))
        assert await otto.closed() == (4403, "read-only")
        assert otto.asked == 0
        assert str(ana.text) == "echt!"
    assert stored_text(server) == "echt!"


async def test_R17_who_may_no_longer_write_is_dropped_and_then_shown_out(server: LiveServer):
    name = server.named("picture")
    async with plain(server, name, "bo") as bo:
        await bo.until(lambda: bo.synced)
        [room] = server.services.hub._rooms.values()
        [member] = room.seats
        room.change_rights(member, Role.OBSERVER, may_write=False)
        for _ in range(MOST_REFUSED + 1):
            bo.text.__iadd__("x")
        assert await bo.closed() == (4403, "read-only")
    assert stored_text(server) == ""


@pytest.mark.parametrize(
    ("person", "spelling", "code", "reason"),
    [
        (None, "{}/picture", 4401, "unauthenticated"),
        ("stranger", "{}/picture", 4404, "unknown-document"),
        ("ana", "{}/nonsense", 4404, "unknown-document"),
        ("ana", "nergens/picture", 4404, "unknown-document"),
        ("ana", "{}/picture@x", 4404, "unknown-document"),
        ("ana", "{}/picture/23", 4403, "forbidden"),
        ("ana", "{}/picture@9", 4409, "stale-epoch"),
    ],
)
async def test_R22_a_refusal_is_a_close_code(
    server: LiveServer, person: str | None, spelling: str, code: int, reason: str
):
    async with plain(server, spelling.format(server.incident), person) as client:
        assert await client.closed() == (code, reason)
        assert client.frames == 0


async def test_a_key_that_does_not_hold_is_nobody(server: LiveServer):
    headers = {"Authorization": "Bearer sbk_nothing"}
    async with plain(server, server.named("picture"), headers=headers) as client:
        assert await client.closed() == (4401, "unauthenticated")


async def test_a_page_may_speak_it_with_its_cookie(server: LiveServer):
    def sign_in(connection: Connection) -> str:
        person = people.find_by_username(connection, "ana")
        assert person is not None
        return sessions.begin(connection, person, now=utc_now(), own_device=True)

    token = await server.services.writer.run(sign_in)
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": server.http}
    async with plain(server, server.named("picture"), headers=headers) as client:
        await client.until(lambda: client.synced and client.asked == 1)


async def test_R18_presence_is_stamped_and_a_leaver_goes(server: LiveServer):
    name = server.named("picture")
    async with plain(server, name, "ana") as ana:
        await ana.until(lambda: ana.synced)
        async with plain(server, name, "bo") as bo:
            told = json.dumps({"user": {"name": "De Minister"}, "place": 1})
            state = encode_sightings([Sighting(77, 1, told)])
            bo.send(bytes((MessageType.AWARENESS,)) + lib0.block(state))
            await ana.until(lambda: any(one.client == 77 for one in ana.seen))
            seen = json.loads(ana.seen[-1].state)
            assert (seen["user"]["name"], seen["place"]) == ("Bo", 1)
        await ana.until(lambda: ana.seen[-1] == Sighting(77, 1, "null"))


async def test_a_quiet_line_hears_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert housekeeping.HEARTBEAT < 30 / 2  # y-websocket gives up on a line that is silent for 30 s
    monkeypatch.setattr(housekeeping, "HEARTBEAT", 0.05)
    async with (
        a_server(tmp_path) as server,
        plain(server, server.named("picture"), "ana") as ana,
    ):
        await ana.until(lambda: ana.synced)
        heard = ana.frames
        await ana.until(lambda: ana.frames >= heard + 5)
        assert ana.seen == []


@pytest.mark.parametrize(
    "frame", [b"", b"\x02\x00\x01x", b"\x07\x00", b"\x00\x03\x00", b"\x00\x02\x05x", b"\xff" * 99]
)
async def test_R23_a_frame_that_cannot_be_read_closes_its_socket_only(
    server: LiveServer, frame: bytes
):
    name = server.named("picture")
    async with plain(server, name, "ana") as ana, plain(server, name, "bo") as bo:
        await ana.until(lambda: ana.synced)
        await bo.until(lambda: bo.synced)
        bo.send(frame)
        assert await bo.closed() == (4400, "malformed")
        await asyncio.sleep(0)
        ana.text.__iadd__("verder")
        async with plain(server, name, "wil") as wil:
            await wil.until(lambda: str(wil.text) == "verder")
