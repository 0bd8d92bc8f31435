"""One writer, readers that cannot write, a folder with one owner."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from models.columns import UtcDateTime
from models.database import DataFolderInUse, database_at, has_wal_reset_bug, own, sqlite_url
from models.tables import participations, persons
from tests.rows import NIGHT, a_database, a_person


def test_nothing_is_opened_before_it_is_used(tmp_path: Path):
    database_at(sqlite_url(tmp_path)).dispose()
    assert list(tmp_path.iterdir()) == []


def test_the_writer_is_durable_and_checks_references(tmp_path: Path):
    database = a_database(tmp_path)
    with database.writer.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "wal_autocheckpoint": 1000,
    }
    row = {"incident": "nowhere", "organisation": "24", "role": "editor"}
    with pytest.raises(IntegrityError), database.writer.begin() as connection:
        connection.execute(participations.insert().values(row))
    database.dispose()


def test_a_reader_cannot_write_and_never_checkpoints(tmp_path: Path):
    database = a_database(tmp_path)
    with database.reader.connect() as connection:
        assert connection.execute(text("PRAGMA wal_autocheckpoint")).scalar() == 0
        with pytest.raises(OperationalError, match="readonly"):
            connection.execute(persons.delete())
    database.dispose()


def test_a_reader_sees_one_moment_while_the_writer_goes_on(tmp_path: Path):
    database = a_database(tmp_path)
    with database.reader.begin() as reader:
        assert reader.execute(select(persons)).all() == []
        with database.writer.begin() as writer:
            a_person(writer)
        assert reader.execute(select(persons)).all() == []
    with database.reader.begin() as reader:
        assert len(reader.execute(select(persons)).all()) == 1
    database.dispose()


def test_instants_come_back_in_utc_whatever_zone_they_went_in_with(tmp_path: Path):
    database = a_database(tmp_path)
    summer = datetime(2021, 7, 15, 5, 17, tzinfo=timezone(timedelta(hours=2)))
    with database.writer.begin() as connection:
        person = a_person(connection)
        connection.execute(persons.update().values(disabled_at=summer))
        found = connection.execute(select(persons).where(persons.c.id == person.id)).one()
    assert found.disabled_at == NIGHT
    assert found.disabled_at.tzinfo is UTC
    database.dispose()


def test_an_instant_without_a_zone_is_refused():
    dialect = create_engine("sqlite://").dialect
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2021, 7, 15), dialect)


def test_a_word_that_is_not_in_the_list_is_refused(tmp_path: Path):
    database = a_database(tmp_path)
    with database.writer.connect() as connection:
        a_person(connection)
        with pytest.raises(StatementError, match="emperor"):
            connection.execute(persons.update().values(role="emperor"))
    database.dispose()


def test_a_data_folder_has_one_owner_in_words_a_person_can_act_on(tmp_path: Path):
    folder = tmp_path / "data"
    with own(folder), pytest.raises(DataFolderInUse, match=f"process {os.getpid()}"), own(folder):
        pass
    with own(folder):
        pass


def test_another_process_is_kept_out_and_a_dead_one_leaves_no_lock(tmp_path: Path):
    program = (
        "import sys, pathlib; from models.database import own, DataFolderInUse\n"
        "try:\n"
        "    with own(pathlib.Path(sys.argv[1])): print('mine', flush=True); sys.stdin.read()\n"
        "except DataFolderInUse: print('taken')\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdin is not None
    assert first.stdout.readline() == "mine\n"
    second = subprocess.run(command, capture_output=True, text=True, check=True)
    assert second.stdout == "taken\n"
    first.kill()
    first.wait()
    first.stdin.close()
    first.stdout.close()
    third = subprocess.run(command, input="", capture_output=True, text=True, check=True)
    assert third.stdout == "mine\n"


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_the_versions_with_the_wal_reset_bug_are_known(version: tuple[int, ...], bug: bool):
    assert has_wal_reset_bug(version) is bug
