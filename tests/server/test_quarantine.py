"""What nothing honest sends is kept, within bounds, and an operator can look at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection
from typer.testing import CliRunner
from websockets.asyncio.client import connect

from models import migrations, quarantine
from models.database import database_at, sqlite_url
from models.quarantine import Found
from server.__main__ import app
from sync import codec
from sync.messages import Token, Update
from tests.builders import an_author
from tests.live import LiveServer, a_server
from tests.rows import NIGHT

BAD = b"\x00\x00\x07"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = database_at(sqlite_url(tmp_path))
    with database.writer.begin() as connection:
        migrations.upgrade(connection)
        yield connection
    database.dispose()


def found(number: int = 0, person: str = "eve", change: bytes = BAD) -> Found:
    at = NIGHT + timedelta(seconds=number)
    return Found(at, "i/picture", 1, an_author(person), number, "bytes behind the update", change)


def test_R34_what_is_kept_is_bounded_by_size_by_person_and_hour_and_in_all(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(quarantine, "MOST", 30)
    large = b"\x07" * 100_000
    kept = [quarantine.keep(connection, found(number, change=large)) for number in range(25)]
    assert kept == [True] * 20 + [False] * 5
    for number in range(20):
        assert quarantine.keep(connection, found(3700 + number, f"p{number}"))
    everything = quarantine.every(connection)
    assert len(everything) == 30
    assert (everything[0].person, everything[-1].person) == ("p19", "eve")
    one = quarantine.one(connection, everything[-1].id)
    assert one is not None
    assert (one[0].size, len(one[1])) == (100_000, quarantine.LARGEST)
    assert one[0].sha256 == sha256(large).digest()
    assert quarantine.keep(connection, found(3700))


async def attack(server: LiveServer) -> None:
    name = server.named("picture")
    async with connect(server.url, compression=None) as socket:
        await socket.send(codec.encode(name, Token(server.keys["wil"])))
        await socket.send(codec.encode(name, Update(BAD)))
        async with asyncio.timeout(5):
            while b"malformed" not in await socket.recv():
                pass


async def test_R34_a_hostile_change_is_kept_with_who_sent_it_and_an_operator_can_look_at_it(
    server: LiveServer, tmp_path: Path
):
    await attack(server)
    await server.services.hub._quarantine.settled()
    async with server.participant("ana") as ana:
        await ana.open(server.named("picture"))

    def asked(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["quarantine", *arguments, "--data", str(tmp_path)])
        return result.exit_code, f"{result.output}{result.exception or ''}"

    # the server runs meanwhile, and nothing of it is in the way
    code, listed = await asyncio.to_thread(asked, "list")
    assert code == 0
    assert "1 kept." in listed
    assert f"{server.incident}/picture" in listed
    assert "3 bytes  bytes behind the update" in listed
    _, shown = await asyncio.to_thread(asked, "show", "1")
    assert sha256(BAD).hexdigest() in shown
    target = tmp_path / "hostile.bin"
    await asyncio.to_thread(asked, "export", "1", str(target))
    assert target.read_bytes() == BAD
    code, told = await asyncio.to_thread(asked, "export", "1", str(target))
    assert (code, "exists already" in told) == (1, True)
    assert "Nothing is kept under 9" in (await asyncio.to_thread(asked, "show", "9"))[1]


async def test_R34_many_at_once_are_counted_and_wait_for_nothing(server: LiveServer):
    for _ in range(3):
        await attack(server)
    kept = server.services.hub._quarantine
    await kept.settled()
    with server.services.database.reader.connect() as connection:
        assert len(quarantine.every(connection)) == 3
