"""A short run of power cuts; `prove 2` makes five thousand. And the model can fail."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from models import update_log
from models.database import Database, database_at, sqlite_url
from models.update_log import NewRow
from tests.builders import an_author
from tests.disk.faults import FailingDisk, Fault
from tests.disk.recording import Event, Files, Kept, Loss, Platter, Sync, files_named
from tests.disk.shim import between
from tests.power_loss import (
    WAL,
    checkpoints_of,
    checkpoints_of_rooms,
    in_memory,
    look,
    moments,
    recorded,
)
from tests.rows import a_database

pytestmark = pytest.mark.layer

DOCUMENT = "limburg-2021/picture"


@pytest.fixture(scope="module")
def events() -> list[Event]:
    with in_memory() as folder:
        return asyncio.run(recorded(folder, seed=1, edits=300))


def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(events: list[Event]):
    with in_memory() as folder:
        seen = look(events, moments(events, 150, seed=1), folder)
    assert seen["opened"] == 150
    assert seen["acknowledged rows that had to be there"] > 1000
    assert seen["cut while something was on its way"] > 50
    assert seen["checkpoints of rooms found whole"] > 0
    assert checkpoints_of(events) > 1
    assert checkpoints_of_rooms(events) > 1


def test_a_history_in_which_rooms_write_hardly_any_checkpoint_is_no_proof(events: list[Event]):
    with pytest.raises(AssertionError, match="0 checkpoints of rooms"):
        checkpoints_of_rooms([one for one in events if not isinstance(one, Kept)])


def test_without_the_sync_of_each_commit_the_model_finds_what_is_lost(events: list[Event]):
    log = files_named(events, WAL)
    careless = [one for one in events if not (isinstance(one, Sync) and one.file in log)]
    with in_memory() as folder, pytest.raises(AssertionError, match="lost row"):
        look(careless, moments(careless, 150, seed=1), folder)


def append(database: Database, payload: bytes) -> None:
    with database.writer.begin() as connection:
        head = update_log.head_of(connection, DOCUMENT)
        update_log.append(connection, DOCUMENT, head, [NewRow(an_author(), 1, payload)])


def rows_in(database: Database) -> list[bytes]:
    with database.reader.connect() as connection:
        assert update_log.verify(connection, DOCUMENT, 1) is None
        return [entry.payload for entry, _ in update_log.entries(connection, DOCUMENT, 1)]


def on_the_platter(disk: FailingDisk) -> Files:
    platter = Platter()
    for event in disk.events:
        platter.take(event)
    return platter.after_power_loss(Loss.ALL, random.Random(1))


def test_after_a_failed_sync_and_a_killed_process_nothing_stands_on_what_is_not_on_the_disk(
    tmp_path: Path,
):
    """The system calls clean what it could not write: the log as the next process reads it holds
    a commit that is not on the disk. What comes after must not be lost with it."""
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    first.mkdir()
    disk = FailingDisk()
    with between(disk, first):
        killed = a_database(first)
        append(killed, b"one")
        disk.fault = Fault.SYNC_ERROR
        with pytest.raises(OperationalError):
            append(killed, b"two")
        disk.fault = None
        shutil.copytree(first, second)  # what a process that starts after kill -9 finds
    with between(disk, second):
        database = database_at(sqlite_url(second))
        assert rows_in(database)[:1] == [b"one"]
        append(database, b"three")
        stored = rows_in(database)
        third.mkdir()
        for name, content in on_the_platter(disk).items():
            (third / name).write_bytes(content)
    database.dispose()
    killed.dispose()
    found = database_at(sqlite_url(third))
    assert rows_in(found) == stored
    found.dispose()
