"""The live path over real sockets and a real database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pycrdt import Text
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import OperationalError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from models import incidents, people, tables, update_log
from models.vocabulary import OrganisationCode, Role
from server.housekeeping import sweep_connection
from server.participant import OpenDocument, Refused
from sync import codec
from sync.errors import Refusal
from sync.messages import Token, Update
from tests.builders import Browser
from tests.live import LiveServer, a_server, delay_commits, stored_text
from tests.rows import NIGHT


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


async def how_it_closes(socket: ClientConnection) -> tuple[int, str]:
    """Read until the server closes, within two seconds: the code and the reason."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(2):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


def text_in(document: OpenDocument) -> Text:
    return document.doc.get("t", type=Text)


async def test_three_organisations_write_one_picture_and_it_is_on_the_disk(server: LiveServer):
    name = server.named("picture")
    async with (
        server.participant("ana") as ana,
        server.participant("bo") as bo,
        server.participant("wil") as wil,
    ):
        opened = [await one.open(name) for one in (ana, bo, wil)]
        for document, words in zip(opened, ("De Maas ", "stijgt ", "snel "), strict=True):
            text_in(document).__iadd__(words)
        for one in (ana, bo, wil):
            await one.saved()
        for one, document in zip((ana, bo, wil), opened, strict=True):
            await one.until(lambda d=document: len(str(text_in(d))) == 20)
    assert {str(text_in(one)) for one in opened} == {stored_text(server)}
    with server.services.database.reader.connect() as connection:
        assert update_log.verify(connection, f"{server.incident}/picture", 1) is None
        rows = connection.execute(select(tables.updates.c.organisation)).scalars().all()
        marked = connection.execute(select(func.count()).select_from(tables.marks)).scalar()
    assert sorted(rows) == ["23", "24", "WL"]
    assert marked == 3


async def test_R3_nobody_sees_and_nobody_is_told_before_the_commit(server: LiveServer):
    delay_commits(server, 0.3)
    name = server.named("picture")
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine, theirs = await ana.open(name), await bo.open(name)
        await ana.saved()
        loop = asyncio.get_running_loop()
        began = loop.time()
        text_in(mine).__iadd__("dijk")
        await bo.until(lambda: str(text_in(theirs)) == "dijk")
        assert loop.time() - began >= 0.3
        await ana.saved()
        assert stored_text(server) == "dijk"


async def test_R3_somebody_who_joins_during_a_commit_gets_only_what_was_committed(
    server: LiveServer,
):
    name = server.named("picture")
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine = await ana.open(name)
        await ana.saved()
        delay_commits(server, 0.3)
        began = asyncio.get_running_loop().time()
        text_in(mine).__iadd__("net getypt")
        await asyncio.sleep(0.05)
        theirs = await bo.open(name)
        assert str(text_in(theirs)) == "net getypt"
        assert asyncio.get_running_loop().time() - began >= 0.3


async def test_R15_a_readers_change_is_refused_whatever_its_browser_shows(server: LiveServer):
    name = server.named("picture")
    async with server.participant("otto") as otto, server.participant("ana") as ana:
        reading, writing = await otto.open(name), await ana.open(name)
        assert (reading.may_write, writing.may_write) == (False, True)
        await otto.saved()
        text_in(reading).__iadd__("HACK")
        await otto.until(lambda: any(one["kind"] == "refused" for one in reading.notices))
        assert reading.unsaved == 1
        text_in(writing).__iadd__("echt")
        await ana.saved()
    assert stored_text(server) == "echt"


@pytest.mark.parametrize(
    ("person", "document", "reason"),
    [
        ("stranger", "picture@1", "unknown-document"),
        ("ana", "picture@2", "stale-epoch"),
        ("ana", "nonsense@1", "unknown-document"),
        ("ana", "picture/23@1", "forbidden"),
        ("otto", "picture/24@1", "forbidden"),
    ],
)
async def test_R22_who_may_not_or_names_nothing_is_refused_with_the_reason(
    server: LiveServer, person: str, document: str, reason: str
):
    async with server.participant(person) as one:
        with pytest.raises(Refused, match=reason):
            await one.open(f"{server.incident}/{document}")


async def test_a_document_that_was_refused_does_not_cost_the_socket(server: LiveServer):
    picture, closed = server.named("picture"), server.named("picture/23")
    async with server.participant("ana") as ana:
        mine = await ana.open(picture)
        with pytest.raises(Refused, match="forbidden"):
            await ana.open(closed)
        ana.send_raw(codec.encode(closed, Update(Browser().type("x"))))
        [connection] = server.services.hub._connections
        sweep_connection(connection, time.monotonic() + 60)
        text_in(mine).__iadd__("gaat door")
        await ana.saved_in(mine)
    assert stored_text(server) == "gaat door"


async def test_without_a_key_no_document_opens(server: LiveServer):
    other = server.participant("ana")
    other._token = "sbk_wrong"
    async with other:
        with pytest.raises(Refused, match="unauthenticated"):
            await other.open(server.named("picture"))


async def test_a_page_of_another_site_does_not_get_a_socket(server: LiveServer):
    for origin in ("https://evil.example", "null"):
        with pytest.raises(Exception, match="403"):
            await connect(server.url, additional_headers={"Origin": origin}).__aenter__()


async def test_R23_a_frame_that_cannot_be_read_closes_its_own_socket_only(server: LiveServer):
    name = server.named("picture")
    async with server.participant("ana") as ana, connect(server.url) as raw:
        mine = await ana.open(name)
        await raw.send(b"\xff\xff\xff")
        assert await how_it_closes(raw) == (4400, "malformed")
        text_in(mine).__iadd__("gaat door")
        await ana.saved()
    assert stored_text(server) == "gaat door"


async def test_R8_an_update_that_cannot_be_read_expels_from_that_document_only(server: LiveServer):
    picture, actions = server.named("picture"), server.named("actions")
    async with server.participant("bo") as bo:
        opened = await bo.open(picture)
        other = await bo.open(actions)
        await bo.saved()
        bo.send_raw(codec.encode(picture, Update(b"\xff" * 30)))
        await bo.until(lambda: opened.refusal == "malformed")
        text_in(other).__iadd__("hier wel")
        await bo.until(lambda: other.unsaved == 0)
    assert stored_text(server, "actions") == "hier wel"


async def test_what_is_larger_than_a_message_may_be_closes_with_1009(server: LiveServer):
    async with connect(server.url, max_size=None) as raw:
        await raw.send(b"\x00" * ((1 << 20) + 1))
        assert (await how_it_closes(raw))[0] == 1009


async def test_R17_a_role_that_is_lowered_holds_on_the_open_socket(server: LiveServer):
    name = server.named("picture")
    async with server.participant("bo") as bo:
        document = await bo.open(name)
        await bo.saved()
        await change_role(server, "23", Role.OBSERVER)
        await bo.until(lambda: document.may_write is False, patience=2)
        text_in(document).__iadd__("te laat")
        await bo.until(lambda: any(one["kind"] == "refused" for one in document.notices))
        await change_role(server, "23", Role.EDITOR)
        await bo.until(lambda: document.may_write is True, patience=2)
    assert stored_text(server) == ""


async def test_everybody_in_the_incident_is_told_that_it_changed(server: LiveServer):
    async with server.participant("ana") as ana, server.participant("otto") as otto:
        opened = [await one.open(server.named("picture")) for one in (ana, otto)]
        await change_role(server, "23", Role.LIAISON)
        for one, document in zip((ana, otto), opened, strict=True):
            await one.until(lambda d=document: {"kind": "incident-changed"} in d.notices, 2)


async def change_role(server: LiveServer, organisation: str, role: Role) -> None:
    def lower(connection: Connection) -> None:
        incidents.set_participation(
            connection, server.incident, OrganisationCode(organisation), role, 0
        )

    await server.services.writer.run(lower)
    await server.services.rights_changed(incident=server.incident)


async def test_R4_a_commit_that_fails_is_never_acknowledged_and_everybody_sends_again(
    server: LiveServer,
):
    name = server.named("picture")
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine, theirs = await ana.open(name), await bo.open(name)
        await ana.saved()
        mend = break_storage(server)
        text_in(mine).__iadd__("niet kwijt")
        with pytest.raises(ConnectionError):
            await ana.saved()
        assert str(text_in(theirs)) == ""
        await ana.connect()
        await ana.until(lambda: any(one["kind"] == "unavailable" for one in mine.notices))
        assert mine.unsaved > 0
        assert not await server.services.read(lambda c: c.execute(select(tables.updates)).all())
        await bo.connect()
        await bo.until(lambda: theirs.synced)
        mend()
        await ana.saved(patience=5)
        await bo.until(lambda: str(text_in(theirs)) == "niet kwijt")
    assert stored_text(server) == "niet kwijt"


def break_storage(server: LiveServer) -> Callable[[], None]:
    """Let each write fail as a full disk does, until the returned function is called."""
    engine = server.services.database.writer

    def full(*_: object) -> None:
        raise OperationalError("write", {}, Exception("database or disk is full"))

    event.listen(engine, "before_cursor_execute", full)
    return lambda: event.remove(engine, "before_cursor_execute", full)


async def test_a_room_that_everybody_left_is_there_again(server: LiveServer):
    name = server.named("picture")
    for words in ("een ", "twee ", "drie "):
        async with server.participant("ana") as ana:
            document = await ana.open(name)
            text_in(document).__iadd__(words)
            await ana.saved()
    assert stored_text(server) == "een twee drie "


async def test_what_was_written_offline_travels_in_the_next_step_2(server: LiveServer):
    name = server.named("picture")
    offline = Browser()
    offline.type("in de auto geschreven")
    async with server.participant("bo") as bo:
        await bo.open(name, offline.doc)
        await bo.saved()
    assert stored_text(server) == "in de auto geschreven"


async def test_somebody_whose_tcp_is_torn_leaves_and_others_go_on(server: LiveServer):
    name = server.named("picture")
    async with server.participant("ana") as ana:
        mine = await ana.open(name)
        for _ in range(20):
            torn = server.participant("bo")
            await torn.connect()
            theirs = await torn.open(name)
            text_in(theirs).__iadd__("b")
            assert torn._socket is not None
            torn._socket.transport.abort()
            await torn.disconnect()
        text_in(mine).__iadd__("a")
        await ana.saved()
        await asyncio.sleep(0.1)
        room = next(iter(server.services.hub._rooms.values()))
        assert len(room.seats) == 1


async def test_a_session_that_ends_closes_its_open_socket(server: LiveServer):
    async with connect(server.url) as raw:
        await raw.send(codec.encode(server.named("picture"), Token(server.keys["bo"])))
        await raw.recv()
        person = next(iter(server.services.hub._connections)).identity
        assert person is not None

        def disable(connection: Connection) -> None:
            people.disable(connection, person.actor.person, NIGHT)

        await server.services.writer.run(disable)
        await server.services.rights_changed(person=person.actor.person)
        assert await how_it_closes(raw) == (4401, "session-ended")


async def test_who_is_being_shown_out_is_not_heard_any_more(server: LiveServer):
    name = server.named("picture")
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine, theirs = await ana.open(name), await bo.open(name)
        await ana.saved()
        await bo.saved()
        delay_commits(server, 0.3)
        text_in(mine).__iadd__("onderweg ")
        await asyncio.sleep(0.05)
        [room] = server.services.hub._rooms.values()
        member = next(one for one, who in room.room.members.items() if who.author.name == "Bo")
        room.expel(member, Refusal.FORBIDDEN)
        text_in(theirs).__iadd__("te laat")
        await bo.until(lambda: theirs.refusal == "forbidden")
        await ana.saved()
    assert stored_text(server) == "onderweg "


async def test_a_room_whose_own_code_fails_harms_no_other(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
):
    picture, actions = server.named("picture"), server.named("actions")
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        mine = await ana.open(picture)
        theirs = await bo.open(actions)
        await ana.saved()
        await bo.saved()
        rooms = {str(name): room for name, room in server.services.hub._rooms.items()}

        def dies(_: object) -> None:
            raise RuntimeError("a mistake of ours")

        monkeypatch.setattr(rooms[f"{server.incident}/picture"], "committed", dies)
        text_in(mine).__iadd__("wel opgeslagen")
        text_in(theirs).__iadd__("gaat door")
        await bo.saved()
        await ana.ended()
        await ana.disconnect()
        await ana.connect()
        await ana.saved()
    assert stored_text(server) == "wel opgeslagen"
    assert stored_text(server, "actions") == "gaat door"
