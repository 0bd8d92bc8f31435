"""Who sends too much is read slower, and nothing of it is lost; who has too many lines is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pycrdt import Text
from websockets.asyncio.client import connect

from models.vocabulary import PersonId
from server import rates
from server.listening import Listening
from server.participant import OpenDocument, Participant, Refused
from server.rates import USUAL, Allowance, Bucket, Limits, Sockets
from sync import codec
from sync.messages import Token, Update
from tests.builders import a_newcomer, a_room_with
from tests.live import LiveServer, a_server, stored_text
from tests.plain_client import plain

TIGHT = Limits(changes=50, changes_at_once=20, sockets=3, members=4)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path, limits=TIGHT) as running:
        yield running


def test_a_bucket_fills_at_its_rate_and_tells_when_there_is_something_in_it_again():
    bucket = Bucket(rate=10, most=5, now=0)
    assert [bucket.take(1, 0) for _ in range(7)] == [0, 0, 0, 0, 0, 0.1, 0.2]
    assert bucket.take(1, 0.3) == 0
    assert bucket.take(5, 100) == 0
    assert bucket.take(1, 100) == pytest.approx(0.1)


def test_R30_only_a_minute_over_the_rate_without_a_pause_is_too_much():
    allowance, now, rests = Allowance(Limits(), 0.0), 0.0, 0.0
    while not allowance.is_spent(now):
        wait = allowance.change(20, now)
        assert wait <= rates.LONGEST_REST
        now += max(wait, 0.001)
        rests += wait
    assert 60 < now < 70
    assert rests > 50
    # a pause worth the name, and the minute counts anew
    allowance = Allowance(Limits(), 0.0)
    for burst in range(20):
        for _ in range(150):
            allowance.change(20, 10.0 * burst)
    assert not allowance.is_spent(200.0)


def test_R30_typing_dragging_and_coming_back_after_hours_are_never_slowed():
    allowance = Allowance(Limits(), 0.0)
    assert allowance.change(1 << 20, 0.0) == 0  # all of it in one step 2
    for key in range(3600 * 15):  # faster than anybody types, for an hour
        assert allowance.change(40, 1 + key / 15) == 0
        assert allowance.talked(1 + key / 15) == 0
    for step in range(60 * 60):  # a pointer is dragged for a minute
        assert allowance.talked(4000 + step / 60) == 0


async def typed(one: Participant, document: str | OpenDocument, keys: int) -> float:
    """Seconds until so many keys were saved."""
    opened = await one.open(document) if isinstance(document, str) else document
    began = time.monotonic()
    for _ in range(keys):
        opened.doc.get("t", type=Text).__iadd__("x")
    await one.saved(patience=20)
    return time.monotonic() - began


async def test_R30_past_the_rate_all_is_taken_only_later_and_others_wait_for_nothing(
    server: LiveServer,
):
    name = server.named("picture")
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        slow = asyncio.create_task(typed(ana, name, 100))
        await asyncio.sleep(0.2)
        assert await typed(bo, name, 10) < 0.5
        assert not slow.done()
        assert 1.0 < await slow < 5.0
    assert stored_text(server).count("x") == 110


async def test_R30_who_is_not_read_goes_on_hearing_and_so_do_its_other_documents(
    server: LiveServer,
):
    async with server.participant("ana") as ana, server.participant("bo") as bo:
        other = await ana.open(server.named("actions"))
        slow = asyncio.create_task(typed(ana, server.named("picture"), 150))
        opened = await bo.open(server.named("actions"))
        await asyncio.sleep(0.1)
        opened.doc.get("t", type=Text).__iadd__("hallo")
        await ana.until(lambda: str(other.doc.get("t", type=Text)) == "hallo", patience=1)
        assert not slow.done()
        await slow


async def test_R30_who_stays_over_the_rate_is_sent_away_with_the_time_to_come_back(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rates, "PATIENCE", 0.5)
    async with server.participant("ana") as ana:
        opened = await ana.open(server.named("picture"))
        for _ in range(300):
            opened.doc.get("t", type=Text).__iadd__("x")
        await ana.ended()
        assert ana.close_code == 1013
        [told] = [one for one in opened.notices if one["kind"] == "come-back"]
        assert told["seconds"] == rates.COME_BACK
    async with plain(server, f"{server.incident}/picture", "bo") as client:
        await client.until(lambda: client.synced)
        for _ in range(300):
            client.text.__iadd__("x")
        code, reason = await client.closed(patience=10)
        assert (code, reason) == (1013, "too-many; retry-after=30")


async def test_R30_thousands_of_tiny_messages_at_once_keep_nobody_waiting(server: LiveServer):
    async with server.participant("bo") as bo:
        opened = await bo.open(server.named("picture"))
        async with connect(server.url, compression=None) as flood:
            flood.transport.pause_reading()  # the answers would cost this process its time
            # one read of the server holds tens of thousands of pings of six bytes
            flood.transport.write(b"\x89\x80\0\0\0\0" * 200_000)
            longest = 0.0
            for _ in range(10):
                longest = max(longest, await typed(bo, opened, 1))
            flood.transport.abort()
    assert longest < 0.3


def test_R31_sockets_are_counted_by_person_once_each():
    counted = Sockets(2)
    ana, bo = PersonId("ana"), PersonId("bo")
    assert counted.count("a", ana)
    assert counted.count("a", ana)
    assert counted.count("b", ana)
    assert not counted.count("c", ana)
    assert counted.count("d", bo)
    assert counted.count("b", ana)
    counted.forget("c")
    counted.forget("b")
    assert counted.count("c", ana)


async def test_R31_too_many_lines_of_a_person_are_refused_with_the_reason(server: LiveServer):
    name = server.named("picture")
    lines = [server.participant("ana") for _ in range(4)]
    for line in lines[:3]:
        await line.connect()
        await line.open(name)
    await lines[3].connect()
    with pytest.raises(Refused, match="too-many"):
        await lines[3].open(name)
    async with plain(server, f"{server.incident}/picture", "ana") as client:
        assert (await client.closed())[0] == 1013
    await lines[0].open(server.named("actions"))
    await lines[0].disconnect()
    await asyncio.sleep(0.05)
    await lines[3].disconnect()
    await lines[3].connect()
    again = await lines[3].open(name)
    assert again.synced
    for line in lines:
        await line.disconnect()


async def test_R31_too_many_members_of_a_document_are_refused_with_the_reason(server: LiveServer):
    name = server.named("picture")
    people = [server.participant(one) for one in ("ana", "ana", "bo", "bo", "wil")]
    for one in people:
        await one.connect()
    for one in people[:4]:
        await one.open(name)
    with pytest.raises(Refused, match="too-many"):
        await people[4].open(name)
    await people[4].open(server.named("actions"))
    for one in people:
        await one.disconnect()


async def test_R30_what_nothing_honest_sends_costs_its_sender_time_over_every_socket(
    server: LiveServer,
):
    name, began = server.named("picture"), time.monotonic()
    for _ in range(3):
        async with connect(server.url, compression=None) as socket:
            await socket.send(codec.encode(name, Token(server.keys["wil"])))
            await socket.send(codec.encode(name, Update(b"\x00\x00\x07")))
            while b"malformed" not in await asyncio.wait_for(socket.recv(), 5):
                pass
            socket.transport.abort()  # the server does not read a goodbye any more
    assert time.monotonic() - began < 2
    async with server.participant("wil") as wil, server.participant("bo") as bo:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await wil.open(name)
        assert await typed(bo, name, 3) < 0.5
        async with server.participant("wil") as elsewhere:
            assert await typed(elsewhere, server.named("actions"), 3) < 0.5


def test_R30_it_costs_them_as_much_when_they_left_before_it_was_looked_at():
    ana = a_newcomer("ana")
    listening = Listening(USUAL, a_room_with(ana))
    for cost in (0.0, 0.0, 1.0):
        listening.penalise(ana.author.person, None)
        assert (listening.wait_for(ana.author.person) > 0) is (cost > 0)
