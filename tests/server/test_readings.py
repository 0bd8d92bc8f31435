"""A document is read from the log once per state, whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, Text
from sqlalchemy import event

from models import update_log
from models.database import Database
from models.documents import DocumentName
from models.journal import Author
from models.update_log import NewRow
from models.vocabulary import IncidentId, OrganisationCode, PersonId
from server import readings as readings_module
from server.reading import Reader
from server.readings import Readings, Unreadable
from tests.rows import a_database

DECISIONS = DocumentName(IncidentId("flood"), "decisions")
AUTHOR = Author(PersonId("p"), "S. Hendrickx", OrganisationCode("24"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = a_database(tmp_path)
    yield database
    database.dispose()


def write(database: Database, doc: Doc[Any], id: str, title: str) -> None:
    before = doc.get_state()
    doc.get("rows", type=Map)[id] = Map({"title": Text(title)})
    with database.writer.begin() as connection:
        head = update_log.head_of(connection, str(DECISIONS))
        row = NewRow(AUTHOR, 0, doc.get_update(before), ())
        update_log.append(connection, str(DECISIONS), head, [row])


def loads(database: Database) -> list[str]:
    """Collects one entry each time log rows are read."""
    seen: list[str] = []

    @event.listens_for(database.reader, "before_cursor_execute")
    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "updates.payload" in statement:
            seen.append(statement)

    return seen


async def test_it_is_read_once_and_again_only_when_something_was_added(database: Database):
    doc, seen = Doc(), loads(database)
    readings = Readings(Reader(database.reader))
    assert await readings.of(DECISIONS) == []
    write(database, doc, "one", "Evacueren")
    for _ in range(3):
        assert [each.title for each in await readings.of(DECISIONS)] == ["Evacueren"]
    assert len(seen) == 2
    write(database, doc, "two", "Opschalen")
    found = {each.title for each in await readings.of(DECISIONS)}
    assert found == {"Evacueren", "Opschalen"}
    assert len(seen) == 3


async def test_many_who_look_at_once_cause_one_reading(database: Database):
    write(database, Doc(), "one", "Evacueren")
    seen, readings = loads(database), Readings(Reader(database.reader))
    looks = [asyncio.create_task(readings.of(DECISIONS)) for _ in range(20)]
    await asyncio.sleep(0)
    looks[0].cancel()
    found = await asyncio.gather(*looks[1:])
    assert all(each == found[0] for each in found)
    assert len(seen) == 1


async def test_no_more_is_kept_than_fits(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readings_module, "MOST", 2)
    seen, readings = loads(database), Readings(Reader(database.reader))
    names = [DocumentName(IncidentId(id), "actions") for id in ("a", "b", "c")]
    for name in [*names, names[0]]:
        await readings.of(name)
    assert len(seen) == 4


async def test_a_document_that_cannot_be_read_says_so_and_others_can(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    class Panic(BaseException):
        """As pycrdt raises it: no Exception."""

    def panics(_: Any) -> Any:
        raise Panic

    readings = Readings(Reader(database.reader))
    monkeypatch.setattr(readings_module, "read_decisions", panics)
    with pytest.raises(Unreadable, match="flood/decisions"):
        await readings.of(DECISIONS)
    assert await readings.of(DocumentName(IncidentId("flood"), "actions")) == []
