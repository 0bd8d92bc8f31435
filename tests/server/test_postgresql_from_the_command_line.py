"""What an administrator does with PostgreSQL underneath: migrate, verify, dump, restore, go on."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from models import epochs, people, postgresql, tables, update_log
from models.database import DATABASE_FILE, Database, database_at, sqlite_url
from server.opening import WereRestored, opened
from server.safekeeping import begin_new_epochs
from server.settings import read_settings
from server.verification import Damaged, verify
from tests.builders import Browser
from tests.chaos import ROOT, Chaos, Writer, tokens_of
from tests.postgresql import PostgresServer, name_of
from tests.rows import NIGHT
from tests.server.test_command_line import PASSWORD, Command, command
from tests.server.test_safekeeping import (
    WRITERS,
    acknowledged,
    old_clients_are_refused,
    somebody_goes_on,
    type_on,
)
from tests.written import ROWS, a_written_database

__all__ = ["command"]

DOCUMENT = "limburg-2021/picture"


@pytest.fixture
async def room(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[Chaos]:
    """A server process over a database of its own, and two people in its picture."""
    chaos = Chaos(tmp_path, seed=1, postgres=postgres)
    await chaos.server.start()
    try:
        for name in WRITERS:
            participant = chaos.participant(name)
            await participant.connect()
            chaos.writers.append(Writer(name, participant, await participant.open(chaos.address)))
        yield chaos
    finally:
        for writer in chaos.writers:
            await writer.participant.disconnect()
        chaos.server.kill()


async def test_dump_restore_and_new_epochs_while_people_type(
    room: Chaos, postgres: PostgresServer, command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgresql, "LET_GO_WITHIN", "100ms")
    first = room.server.database_url
    assert first is not None
    typing = asyncio.create_task(type_on(room, random.Random(2)))
    await asyncio.sleep(0.5)
    for writer in room.writers:
        writer.note_acks()
    before = set().union(*(writer.saved for writer in room.writers))
    dump = await asyncio.to_thread(postgres.dump, first)

    verified = await asyncio.to_thread(command, "verify", DATABASE_URL=first)
    assert "Everything holds" in verified.out
    migrated = await asyncio.to_thread(command, "migrate", DATABASE_URL=first)
    assert migrated.code == 0  # there is nothing to do, so nobody needs to stop
    refused = await asyncio.to_thread(command, "user", "list", DATABASE_URL=first)
    assert refused.code == 2
    assert f"samenbeeld {room.server.pid} on" in refused.err
    typing.cancel()
    with suppress(asyncio.CancelledError):
        await typing
    everything = await acknowledged(room)

    room.server.kill()
    second = postgres.fresh_database()
    postgres.restore(dump, second)
    refused = command("user", "list", DATABASE_URL=second)
    assert refused.code == 2
    assert "Run `samenbeeld new-epochs` first" in refused.err
    done = command("new-epochs", "--replaced", name_of(first), DATABASE_URL=second)
    assert done.code == 0, done.err
    assert command("user", "list", DATABASE_URL=second).code == 0
    assert f"{room.incident}/picture@2: 1 rows" in done.out
    room.server.database_url = second
    await room.server.start()
    there = tokens_in(second, f"{room.incident}/picture")
    assert len(before) > 20
    assert before <= set(there) < everything
    await old_clients_are_refused(room)
    await somebody_goes_on(room, there, 2)


def tokens_in(url: str, document: str) -> list[str]:
    database = database_at(url)
    with database.reader.begin() as connection:
        stored = update_log.load(connection, document)
    database.dispose()
    browser = Browser()
    assert stored.state is not None
    browser.doc.apply_update(stored.state)
    return tokens_of(browser.doc)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["backup", "--to", "b"], "pg_dump --format=custom"),
        (["restore", "--from", "b"], "pg_restore into a new database, then run `samenbeeld new-"),
        (["new-epochs", "--replaced", "samenbeeld"], "not the one before it"),
        (["migrate"], "database cannot be used: connection is bad"),
    ],
)
def test_what_cannot_be_done_is_answered_with_what_can(
    command: Command, words: list[str], answer: str
):
    done = command(*words, DATABASE_URL="postgresql:///samenbeeld?host=/nowhere")
    assert (done.code, done.out) == (2, "")
    assert answer in done.err


def test_an_embedded_database_that_was_put_back_by_hand_begins_new_epochs_too(
    command: Command, tmp_path: Path
):
    a_written_database(tmp_path)
    refused = command("new-epochs", "--replaced", "other")
    assert (refused.code, "use `samenbeeld restore`" in refused.err) == (2, True)
    done = command("new-epochs")
    assert done.code == 0, done.err
    database = database_at(sqlite_url(tmp_path))
    assert newest_epoch(database) > 1_000_000
    database.dispose()


def test_the_benchmark_with_its_known_key_never_opens_the_database_of_others(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve-bench", "--port", "0", "--data", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgresql:///samenbeeld?host=/nowhere"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("key: ")
    assert (tmp_path / DATABASE_FILE).exists()
    process.kill()
    process.wait()
    process.stdout.close()


def test_tables_are_made_and_somebody_is_added(command: Command, postgres_url: str):
    words = ["user", "add", "ana", "--name", "S. Ana", "--organisation", "24"]
    words += ["--role", "coordinator"]
    for each in (["migrate"], ["migrate"], words, ["key", "create", "ana", "--label", "x"]):
        done = command(*each, typed=PASSWORD + "\n", SAMENBEELD_DATABASE_URL=postgres_url)
        assert done.code == 0, done.err
    done = command("user", "list", SAMENBEELD_DATABASE_URL=postgres_url)
    assert "ana\t24\tcoordinator\tS. Ana" in done.out


# --- new epochs ----------------------------------------------------------------------------------


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Two people wrote a picture: rows, marks, a checkpoint."""
    assert a_written_database(postgres_url) == DOCUMENT
    database = database_at(postgres_url)
    yield database
    database.dispose()


def newest_epoch(database: Database) -> int:
    with database.reader.begin() as connection:
        return epochs.latest(connection)[DOCUMENT]


def test_what_was_written_holds_and_a_changed_byte_is_found(database: Database):
    (held,) = verify(database.reader)
    assert str(held).startswith(f"{DOCUMENT}@1: {ROWS} rows, 1 checkpoints, 2 client ids")
    with database.writer.begin() as connection:
        connection.execute(
            update(tables.updates).where(tables.updates.c.seq == 3).values(payload=b"\0\0")
        )
    with pytest.raises(Damaged, match="picture@1, updates row 3"):
        list(verify(database.reader))
    with pytest.raises(Damaged):
        begin_new_epochs(database, None, NIGHT)
    assert newest_epoch(database) == 1


def test_tables_that_are_not_there_are_no_damage(postgres_url: str):
    database = database_at(postgres_url)
    with pytest.raises(OperationalError, match="does not exist"):
        list(verify(database.reader))
    database.dispose()


def test_an_epoch_is_above_every_one_that_was_ever_given_out(
    database: Database, postgres: PostgresServer
):
    by_the_clock = int(NIGHT.timestamp()) // 60
    begin_new_epochs(database, None, NIGHT)
    assert newest_epoch(database) == by_the_clock
    begin_new_epochs(database, None, NIGHT)
    assert newest_epoch(database) == by_the_clock + 1
    restored = postgres.fresh()
    a_written_database(restored)
    again = database_at(restored)
    begin_new_epochs(again, database, NIGHT)
    assert newest_epoch(again) == by_the_clock + 2
    again.dispose()


def test_marks_are_carried_over_and_who_was_shut_out_since_the_dump_stays_out(
    database: Database, postgres: PostgresServer
):
    restored = postgres.fresh()
    a_written_database(restored)
    again = database_at(restored)
    with database.writer.begin() as connection:
        ana = people.find_by_username(connection, "ana")
        assert ana is not None
        people.disable(connection, ana.id, NIGHT)
    with again.writer.begin() as connection:  # a dump of it would hold the same person
        here = tables.persons.c.username == "ana"
        connection.execute(update(tables.persons).where(here).values(id=ana.id))
    begin_new_epochs(again, database, NIGHT)
    with again.reader.begin() as connection:
        old, new = (epochs.marks_in(connection, DOCUMENT, epoch) for epoch in (1, 2))
        former = epochs.clients_before(connection, DOCUMENT, 2)
        shut_out = people.find_by_username(connection, "ana")
    assert [(m.clock, m.author, m.at) for m in old] == [(m.clock, m.author, m.at) for m in new]
    with database.reader.begin() as connection:  # who wrote there may hold what the dump lacks
        replaced = epochs.marks_in(connection, DOCUMENT, 1)
    assert former == {mark.client for mark in (*old, *replaced)}
    assert former.isdisjoint(mark.client for mark in new)
    assert shut_out is not None
    assert shut_out.disabled
    again.dispose()


def test_a_dump_that_is_put_over_the_same_database_is_noticed_too(postgres: PostgresServer):
    url = postgres.fresh_database()
    with opened(read_settings({"DATABASE_URL": url})):
        pass
    dump = postgres.dump(url)
    with opened(read_settings({"DATABASE_URL": url})):
        pass
    postgres.restore(dump, url, "--clean")
    with pytest.raises(WereRestored), opened(read_settings({"DATABASE_URL": url})):
        pass


def test_a_dump_that_is_put_back_without_its_comments_is_noticed_too(postgres: PostgresServer):
    url = postgres.fresh_database()
    with opened(read_settings({"DATABASE_URL": url})):
        pass
    elsewhere = postgres.fresh_database()
    postgres.restore(postgres.dump(url), elsewhere, "--no-comments")
    with pytest.raises(WereRestored), opened(read_settings({"DATABASE_URL": elsewhere})):
        pass
