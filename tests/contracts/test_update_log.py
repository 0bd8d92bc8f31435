"""One suite for every update log: in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

from typing import Final, Protocol

import pytest
from sqlalchemy import update

from models import epochs, tables, update_log
from models.database import Database
from models.journal import Author, Mark
from models.update_log import FIRST_EPOCH, Head, NewRow, Overtaken, Stored, head_before_the_first
from models.vocabulary import OrganisationCode, PersonId
from tests.memory_log import MemoryLog
from tests.rows import a_database

DOCUMENT = "limburg-2021/picture"
ANA = Author(PersonId("p1"), "Ana", OrganisationCode("24"))


def a_row(payload: bytes = b"x", at: int = 1000, marks: tuple[Mark, ...] = ()) -> NewRow:
    return NewRow(ANA, at, payload, marks)


class Log(Protocol):
    def head(self, document: str) -> Head: ...
    def append(self, document: str, head: Head, new: tuple[NewRow, ...]) -> Head: ...
    def checkpoint(self, document: str, head: Head, state: bytes) -> None: ...
    def load(self, document: str) -> Stored: ...
    def holds(self, document: str) -> bool: ...
    def begin(
        self, document: str, epoch: int, state: bytes | None, carried: tuple[Mark, ...], at: int
    ) -> object: ...
    def clients_before(self, document: str, epoch: int) -> frozenset[int]: ...


class SqlLog:
    """The functions of `models.update_log`, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def head(self, document: str) -> Head:
        with self.database.reader.connect() as connection:
            return update_log.head_of(connection, document)

    def append(self, document: str, head: Head, new: tuple[NewRow, ...]) -> Head:
        with self.database.writer.begin() as connection:
            return update_log.append(connection, document, head, new)

    def checkpoint(self, document: str, head: Head, state: bytes) -> None:
        with self.database.writer.begin() as connection:
            update_log.checkpoint(connection, document, head, state, at=1)

    def load(self, document: str) -> Stored:
        with self.database.reader.connect() as connection:
            return update_log.load(connection, document)

    def holds(self, document: str) -> bool:
        with self.database.reader.connect() as connection:
            return update_log.verify(connection, document, FIRST_EPOCH) is None

    def begin(
        self, document: str, epoch: int, state: bytes | None, carried: tuple[Mark, ...], at: int
    ) -> None:
        with self.database.writer.begin() as connection:
            epochs.begin(connection, document, epoch, state, carried, at)

    def clients_before(self, document: str, epoch: int) -> frozenset[int]:
        with self.database.reader.connect() as connection:
            return epochs.clients_before(connection, document, epoch)

    def tamper(self, row: int, **values: object) -> None:
        with self.database.writer.begin() as connection:
            connection.execute(
                update(tables.updates).where(tables.updates.c.seq == row).values(**values)
            )


SQL: Final = ("sqlite", "postgresql")


def a_sql_log(kind: str, request: pytest.FixtureRequest) -> SqlLog:
    """A log in a fresh database, closed when the test ends."""
    where = "postgres_url" if kind == "postgresql" else "tmp_path"
    database = a_database(request.getfixturevalue(where))
    request.addfinalizer(database.dispose)
    return SqlLog(database)


@pytest.fixture(params=SQL)
def sql_log(request: pytest.FixtureRequest) -> SqlLog:
    return a_sql_log(request.param, request)


@pytest.fixture(params=["memory", *SQL])
def log(request: pytest.FixtureRequest) -> Log:
    return MemoryLog() if request.param == "memory" else a_sql_log(request.param, request)


def test_R24_numbers_count_from_one_without_gaps_and_hashes_chain(log: Log):
    head = log.head(DOCUMENT)
    assert (head.epoch, head.seq) == (1, 0)
    for size in (1, 3, 2):
        head = log.append(DOCUMENT, head, tuple(a_row(bytes([n])) for n in range(size)))
    assert head.seq == 6
    assert log.head(DOCUMENT) == head
    assert log.holds(DOCUMENT)


def test_R24_a_writer_who_was_overtaken_stores_nothing(log: Log):
    start = log.head(DOCUMENT)
    first = log.append(DOCUMENT, start, (a_row(b"first"),))
    with pytest.raises(Overtaken):
        log.append(DOCUMENT, start, (a_row(b"second"),))
    assert log.load(DOCUMENT).tail == (b"first",)
    log.append(DOCUMENT, first, (a_row(b"third"),))
    with pytest.raises(Overtaken):
        log.append(DOCUMENT, first, (a_row(b"fourth"),))
    assert log.load(DOCUMENT).tail == (b"first", b"third")


def test_nothing_appended_changes_nothing(log: Log):
    head = log.head(DOCUMENT)
    assert log.append(DOCUMENT, head, ()) == head


def test_a_checkpoint_shortens_what_is_loaded_and_removes_nothing(log: Log):
    head = log.append(DOCUMENT, log.head(DOCUMENT), (a_row(b"1"), a_row(b"2")))
    log.checkpoint(DOCUMENT, head, b"state")
    head = log.append(DOCUMENT, head, (a_row(b"3"),))
    stored = log.load(DOCUMENT)
    assert (stored.head, stored.state, stored.tail) == (head, b"state", (b"3",))
    assert log.holds(DOCUMENT)


def test_marks_come_back_as_they_were_written(log: Log):
    marks = (Mark(2**53 - 1, 2**53, ANA, 1000), Mark(7, 3, ANA, 61_000))
    log.append(DOCUMENT, log.head(DOCUMENT), (a_row(marks=marks),))
    assert log.load(DOCUMENT).marks == marks


def test_every_byte_comes_back_as_it_was_written(log: Log):
    payloads = (bytes(range(256)), b"\x00", "Préfecture 🌊 \\x00".encode(), bytes(100_000))
    log.append(DOCUMENT, log.head(DOCUMENT), tuple(map(a_row, payloads)))
    assert log.load(DOCUMENT).tail == payloads
    assert log.holds(DOCUMENT)


def test_R27_an_epoch_begins_with_a_state_and_knows_who_wrote_before(log: Log):
    log.append(DOCUMENT, log.head(DOCUMENT), (a_row(marks=(Mark(7, 0, ANA, 1000),)),))
    log.begin(DOCUMENT, 2, b"state", (Mark(8, 0, ANA, 1000),), 2000)
    stored = log.load(DOCUMENT)
    assert (stored.head.epoch, stored.head.seq) == (2, 1)
    assert (stored.state, stored.tail) == (b"state", ())
    assert log.clients_before(DOCUMENT, 2) == {7}
    assert log.clients_before(DOCUMENT, 3) == {7, 8}
    log.begin(DOCUMENT, 3, None, (), 3000)
    assert log.head(DOCUMENT).seq == 0
    assert log.load(DOCUMENT).state is None


def test_documents_do_not_share_numbers(log: Log):
    log.append(DOCUMENT, log.head(DOCUMENT), (a_row(),))
    assert log.head("limburg-2021/actions").seq == 0


@pytest.mark.parametrize(
    "change",
    [{"payload": b"forged"}, {"person": "somebody"}, {"at": 5}, {"seq": 99}, {"hash": bytes(32)}],
)
def test_a_row_that_was_changed_is_found(sql_log: SqlLog, change: dict[str, object]):
    head = sql_log.append(DOCUMENT, sql_log.head(DOCUMENT), (a_row(b"1"), a_row(b"2")))
    sql_log.append(DOCUMENT, head, (a_row(b"3"),))
    sql_log.tamper(2, **change)
    with sql_log.database.reader.connect() as connection:
        broken = update_log.verify(connection, DOCUMENT, 1)
    assert broken is not None
    assert broken.seq == 2


def test_a_row_that_was_removed_at_the_end_is_found(sql_log: SqlLog):
    sql_log.append(DOCUMENT, sql_log.head(DOCUMENT), (a_row(b"1"), a_row(b"2")))
    with sql_log.database.writer.begin() as connection:
        connection.execute(tables.updates.delete().where(tables.updates.c.seq == 2))
    assert not sql_log.holds(DOCUMENT)


def test_R24_nothing_is_appended_to_an_epoch_that_has_ended(sql_log: SqlLog):
    head = sql_log.append(DOCUMENT, sql_log.head(DOCUMENT), (a_row(b"1"),))
    with sql_log.database.writer.begin() as connection:
        epochs.begin(connection, DOCUMENT, 2, b"state", (), at=1)
    with pytest.raises(Overtaken):
        sql_log.append(DOCUMENT, head, (a_row(b"2"),))
    with pytest.raises(Overtaken):
        sql_log.append(DOCUMENT, head_before_the_first(), (a_row(b"2"),))
    assert sql_log.head(DOCUMENT).epoch == 2


def test_a_checkpoint_above_the_head_is_of_a_lost_history_and_not_used(sql_log: SqlLog):
    head = sql_log.append(DOCUMENT, sql_log.head(DOCUMENT), (a_row(b"1"), a_row(b"2")))
    sql_log.checkpoint(DOCUMENT, Head(1, 1, b""), b"at one")
    sql_log.checkpoint(DOCUMENT, Head(1, 5, b""), b"at five")
    stored = sql_log.load(DOCUMENT)
    assert (stored.head, stored.state, stored.tail) == (head, b"at one", (b"2",))


def test_the_log_says_whether_it_has_a_row(sql_log: SqlLog):
    first = sql_log.append(DOCUMENT, sql_log.head(DOCUMENT), (a_row(b"1"),))
    sql_log.append(DOCUMENT, first, (a_row(b"2"),))
    with sql_log.database.reader.connect() as connection:
        assert update_log.holds(connection, DOCUMENT, first)
        assert not update_log.holds(connection, DOCUMENT, Head(1, 1, bytes(32)))
        assert not update_log.holds(connection, DOCUMENT, Head(1, 7, first.hash))
