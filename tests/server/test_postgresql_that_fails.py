"""A PostgreSQL server that is killed, taken over, or lets nobody write, while people type."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from models import postgresql, update_log
from models.database import database_at
from models.journal import Author
from models.postgresql import DatabaseInUse
from models.update_log import NewRow
from models.vocabulary import OrganisationCode, PersonId
from server.committer import probe
from server.participant import OpenDocument
from tests.builders import Browser
from tests.live import LiveServer, a_server, stored_text
from tests.postgresql import PostgresServer, name_of
from tests.server.test_storage_that_fails import keep_coming_back, text_in, until


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """Not a schema among others: sessions are ended here, and settings changed."""
    return postgres.fresh_database()


@pytest.fixture
async def server(tmp_path: Path, postgres_url: str) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path, database_url=postgres_url) as running:
        yield running


@pytest.fixture
def mortal(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server of all tests, which is up again when this one ends."""
    yield postgres
    postgres.kill()
    postgres.start()


async def type_on(document: OpenDocument) -> None:
    """Type until this is cancelled."""
    for number in range(100_000):
        text_in(document).__iadd__(f"{number:05d} ")
        await asyncio.sleep(0.01)


async def test_R25_killed_mid_typing_nothing_is_acknowledged_and_all_is_stored_when_it_is_back(
    server: LiveServer, mortal: PostgresServer
):
    name = server.named("picture")
    async with (
        server.participant("ana") as ana,
        server.participant("otto") as otto,
        httpx2.AsyncClient(base_url=server.http) as asking,
    ):
        mine, theirs = await ana.open(name), await otto.open(name)
        typing = asyncio.create_task(type_on(mine))
        await ana.until(lambda: mine.acked > 20)

        mortal.kill()
        await ana.ended()
        assert ana.close_code == 4503
        assert mine.unsaved > 0
        seen = str(text_in(theirs))
        assert (await asking.get("/readyz")).status_code == 503
        assert (await asking.get("/healthz")).status_code == 200
        assert (await asking.get("/incidents")).status_code in (303, 503)

        comings = [asyncio.create_task(keep_coming_back(one)) for one in (ana, otto)]
        await asyncio.sleep(1)
        assert mine.unsaved > 0
        mortal.start()
        await until(lambda: ana.connected and mine.synced, patience=15)
        typing.cancel()
        await until(lambda: ana.connected and not mine.unsaved, patience=15)
        whole = str(text_in(mine))
        await until(lambda: str(text_in(theirs)) == whole, patience=15)
        for each in comings:
            each.cancel()
        assert whole.startswith(seen)
        assert stored_text(server) == whole
        assert (await asking.get("/readyz")).status_code == 200
    with server.services.database.reader.connect() as connection:
        assert update_log.verify(connection, f"{server.incident}/picture", 1) is None


async def test_a_restart_while_nobody_writes_costs_nobody_their_line(
    server: LiveServer, mortal: PostgresServer
):
    async with server.participant("ana") as ana:
        mine = await ana.open(server.named("picture"))
        await ana.saved()
        mortal.kill()
        mortal.start()
        text_in(mine).__iadd__("verder")
        await ana.saved()
        assert ana.connected
    assert stored_text(server) == "verder"


async def test_R25_a_server_that_lets_nobody_write_is_a_storage_that_fails(
    server: LiveServer, postgres: PostgresServer
):
    async with server.participant("ana") as ana, server.participant("otto") as otto:
        mine = await ana.open(server.named("picture"))
        await ana.saved()
        postgres.configure("default_transaction_read_only", "on")
        try:
            text_in(mine).__iadd__("wacht")
            await ana.ended()
            assert ana.close_code == 4503
            assert server.services.hub.storage_failing
            assert str(text_in(await otto.open(server.named("picture")))) == ""
        finally:
            postgres.configure("default_transaction_read_only", "off")
        coming = asyncio.create_task(keep_coming_back(ana))
        await until(lambda: ana.connected and not mine.unsaved, patience=15)
        coming.cancel()
    assert stored_text(server) == "wacht"


def close_lines(postgres: PostgresServer, database: str) -> None:
    """End every session of a database, as a fail-over does."""
    postgres.administer(
        f"SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE datname = '{database}'"
    )


async def test_R24_who_loses_the_database_writes_nothing_until_it_is_had_again(
    server: LiveServer,
    postgres: PostgresServer,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """A second process gets the database (a fail-over that we did not hear of) and writes in it."""
    name = f"{server.incident}/picture"
    async with server.participant("ana") as ana:
        mine = await ana.open(server.named("picture"))
        await ana.saved()
        close_lines(postgres, name_of(postgres_url))
        theirs = database_at(postgres_url)
        with theirs.writer.connect() as owning:
            coming = asyncio.create_task(keep_coming_back(ana))
            text_in(mine).__iadd__("van ons ")
            await until(lambda: server.services.hub.storage_failing, patience=5)
            row = NewRow(Author(PersonId("p"), "P", OrganisationCode("23")), 1, Browser().type("x"))
            update_log.append(owning, name, update_log.head_of(owning, name), [row])
            owning.commit()
            monkeypatch.setattr(postgresql, "LET_GO_WITHIN", "100ms")
            with pytest.raises(DatabaseInUse, match=f"samenbeeld {os.getpid()} on"):
                await server.services.writer.run(probe)
            assert mine.unsaved > 0
        theirs.dispose()
        await until(lambda: ana.connected and not mine.unsaved, patience=15)
        coming.cancel()
        assert sorted(stored_text(server)) == sorted("van ons x")
    with server.services.database.reader.connect() as connection:
        assert update_log.verify(connection, name, 1) is None
