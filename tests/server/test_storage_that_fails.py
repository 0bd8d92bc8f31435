"""A full, a read-only and a locked database: real errors of the real SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import httpx2
import pytest
from pycrdt import Text
from sqlalchemy import Connection, event

from models.database import DATABASE_FILE
from server.participant import OpenDocument, Participant
from tests.live import LiveServer, a_server, stored_text

WEAKNESS: Final = {
    "full": "max_page_count=1",
    "read-only": "query_only=ON",
    "locked": "busy_timeout=50",
}
LONG: Final = "De Maas stijgt. " * 4000
"""More than the free pages of the database hold."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


async def weaken(server: LiveServer, folder: Path, fault: str) -> Callable[[], None]:
    """Break the writer's connection, and each new one it takes; the returned function mends."""
    statements = [f"PRAGMA {WEAKNESS[fault]}"]

    def on_connect(connection: sqlite3.Connection, _: object) -> None:
        for statement in statements:
            connection.execute(statement)

    def now(connection: Connection) -> None:
        connection.exec_driver_sql(statements[0])

    await server.services.writer.run(now)
    event.listen(server.services.database.writer, "connect", on_connect)
    holder = sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)
    if fault == "locked":
        holder.execute("BEGIN IMMEDIATE")

    def mend() -> None:
        statements.clear()
        holder.close()

    return mend


def text_in(document: OpenDocument) -> Text:
    return document.doc.get("t", type=Text)


async def until(holds: Callable[[], bool], patience: float) -> None:
    for _ in range(int(patience / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def keep_coming_back(participant: Participant) -> None:
    """What a page does: connect again whenever the line is lost."""
    while True:
        if not participant.connected:
            await participant.disconnect()
            await participant.connect()
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("fault", list(WEAKNESS))
async def test_R25_nothing_is_acknowledged_until_it_is_stored_and_no_restart_is_needed(
    server: LiveServer, tmp_path: Path, fault: str
):
    name = server.named("picture")
    async with server.participant("ana") as ana, server.participant("otto") as otto:
        mine = await ana.open(name)
        await ana.saved()
        mend = await weaken(server, tmp_path, fault)
        coming = asyncio.create_task(keep_coming_back(ana))
        text_in(mine).__iadd__(LONG)
        await asyncio.sleep(1.5)
        assert mine.unsaved > 0
        assert stored_text(server) == ""
        reading = await otto.open(name)
        assert str(text_in(reading)) == ""
        mend()
        await until(lambda: ana.connected and not mine.unsaved, patience=15)
        coming.cancel()
        assert stored_text(server) == LONG


async def test_the_health_of_storage_can_be_asked(server: LiveServer, tmp_path: Path):

    async with httpx2.AsyncClient(base_url=server.http) as asking:
        assert (await asking.get("/readyz")).status_code == 200
        mend = await weaken(server, tmp_path, "read-only")
        async with server.participant("ana") as ana:
            mine = await ana.open(server.named("picture"))
            text_in(mine).__iadd__("x")
            with pytest.raises(ConnectionError):
                await ana.saved()
        assert (await asking.get("/readyz")).status_code == 503
        assert (await asking.get("/healthz")).status_code == 200
        mend()
        await until(lambda: not server.services.hub.storage_failing, patience=5)
        assert (await asking.get("/readyz")).status_code == 200
