"""Whose turn it is at the door, and that those who are in already do not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server import gate as gates
from server.gate import AT_ONCE, LONGEST_WAIT, MOST_SOCKETS, Gate, Lane
from server.returning import LONGEST_SPREAD, come_back_in
from tests.live import a_server


@asynccontextmanager
async def running(gate: Gate) -> AsyncIterator[None]:
    """A gate that gives turns."""
    task = asyncio.create_task(gate.run())
    try:
        yield
    finally:
        task.cancel()
        gate.close()


async def turns_of(gate: Gate, wanted: list[tuple[str, Lane]]) -> list[str]:
    """The order in which these get their turn."""
    order: list[str] = []

    async def note(name: str) -> None:
        order.append(name)

    for name, lane in wanted:
        gate.do(lane, lambda name=name: note(name))
    async with running(gate):
        while len(order) < len(wanted):  # noqa: ASYNC110 turns are counted in rounds of the loop
            await asyncio.sleep(0)
    return order


async def test_R35_who_may_write_goes_first_and_within_that_who_came_first():
    wanted = [("reader", Lane.READER), ("one", Lane.WRITER), ("two", Lane.WRITER)]
    assert await turns_of(Gate(), wanted) == ["one", "two", "reader"]


async def test_R35_every_fourth_turn_goes_to_who_waits_longest():
    ticks = iter(range(1_000_000))
    gate = Gate(now=lambda: next(ticks) / 1e6)
    wanted = [("socket", Lane.SOCKET), *((f"writer{n}", Lane.WRITER) for n in range(8))]
    assert (await turns_of(gate, wanted)).index("socket") == 3


async def test_R35_no_more_than_a_few_are_let_in_at_the_same_time():
    gate, inside, most, release = Gate(), 0, 0, asyncio.Event()

    async def linger() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await release.wait()
        inside -= 1

    for _ in range(5 * AT_ONCE):
        gate.do(Lane.WRITER, linger)
    async with running(gate):
        for _ in range(100):
            await asyncio.sleep(0)
        assert (inside, gate.waiting) == (AT_ONCE, 4 * AT_ONCE)
        release.set()
        while gate.waiting or inside:  # noqa: ASYNC110 as above
            await asyncio.sleep(0)
    assert most == AT_ONCE


async def test_R35_who_is_in_already_gets_the_loop_between_turns(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(gates, "REST", 0.0)
    gate, turns, between = Gate(), 0, 0

    async def turn() -> None:
        nonlocal turns
        turns += 1

    for _ in range(200):
        gate.do(Lane.WRITER, turn)
    async with running(gate):
        while gate.waiting:
            between += 1
            await asyncio.sleep(0)
    assert between >= 200 / gates.TOGETHER


async def test_R36_the_door_is_full_when_somebody_stood_there_too_long_and_not_before():
    now = [0.0]
    gate = Gate(now=lambda: now[0])
    standing = asyncio.ensure_future(gate.turn(Lane.SOCKET))
    await asyncio.sleep(0)
    now[0] = LONGEST_WAIT
    assert not gate.overloaded
    now[0] += 0.1
    assert gate.overloaded
    standing.cancel()


async def test_R36_the_door_is_full_when_too_many_stand_there():
    gate = Gate(now=lambda: 0.0)
    standing = [asyncio.ensure_future(gate.turn(Lane.SOCKET)) for _ in range(MOST_SOCKETS)]
    await asyncio.sleep(0)
    assert gate.overloaded
    assert 1 < gate.wait() < 10
    for one in standing:
        one.cancel()


def test_R36_everybody_is_told_another_moment_and_the_few_are_told_soon():
    assert {come_back_in(3, 0.0, chance / 10) for chance in range(10)} <= {1, 2}
    told = [come_back_in(500, 0.0, chance / 500) for chance in range(500)]
    assert min(told) == 1
    assert max(told.count(seconds) for seconds in set(told)) <= 51
    assert come_back_in(100_000, 0.0, 1.0) == 1 + LONGEST_SPREAD


@pytest.mark.parametrize("path", ["/collab", "/yjs/any/picture"])
async def test_R36_a_handshake_at_a_full_door_is_told_when_to_come_back(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Gate, "overloaded", True)
    async with a_server(tmp_path) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{server.port}{path}").__aenter__()
        response = refused.value.response
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1


async def test_R36_a_page_that_asks_first_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Gate, "overloaded", True)
    async with a_server(tmp_path) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"GET /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )
        answer = (await reader.read()).decode()
        writer.close()
    assert answer.startswith("HTTP/1.1 503")
    assert "retry-after: 1" in answer
