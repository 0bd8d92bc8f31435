"""One owner, durable commits, readers that cannot write, and nobody who waits for ever."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError

from models import incidents, postgresql, update_log
from models.columns import UtcDateTime
from models.database import Database, database_at
from models.journal import Author
from models.postgresql import DatabaseInUse, DatabaseUnusable, read_url
from models.tables import heads, persons
from models.update_log import Addition, NewRow, Overtaken
from models.vocabulary import OrganisationCode, PersonId
from tests.postgresql import PostgresServer, name_of
from tests.rows import NIGHT, a_database, a_person, an_incident

ROW = NewRow(Author(PersonId("p1"), "Ana", OrganisationCode("24")), 1000, b"x")


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    database = a_database(postgres_url)
    yield database
    database.dispose()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "LET_GO_WITHIN", "100ms")


def shown(database: Database, *names: str) -> list[str]:
    with database.writer.connect() as connection:
        return [str(connection.execute(text(f"SHOW {name}")).scalar()) for name in names]


# --- commits -------------------------------------------------------------------------------------


def test_commits_are_durable_also_where_the_database_says_they_need_not_be(
    postgres: PostgresServer,
):
    url = postgres.fresh_database()
    postgres.administer(f"ALTER DATABASE {name_of(url)} SET synchronous_commit = off")
    database = database_at(url)
    assert shown(database, "synchronous_commit", "fsync") == ["on", "on"]
    database.dispose()


def test_a_stronger_promise_is_left_as_it_is(postgres: PostgresServer):
    url = postgres.fresh_database()
    name = name_of(url)
    postgres.administer(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    database = database_at(url)
    assert shown(database, "synchronous_commit") == ["remote_apply"]
    database.dispose()


def test_a_server_that_does_not_reach_the_disk_is_refused_in_words(
    postgres: PostgresServer, postgres_url: str
):
    database = database_at(postgres_url)
    postgres.configure("fsync", "off")
    try:
        with pytest.raises(DatabaseUnusable, match="fsync=off"):
            database.writer.connect()
    finally:
        postgres.configure("fsync", "on")
    database.writer.connect().close()
    database.dispose()


def test_a_database_that_cannot_hold_every_letter_is_refused(postgres: PostgresServer):
    postgres.administer("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
    database = database_at(postgres.address("latin"))
    with pytest.raises(DatabaseUnusable, match="encoding LATIN1"):
        database.writer.connect()
    database.dispose()


# --- owning --------------------------------------------------------------------------------------


def test_a_database_has_one_owner_in_words_a_person_can_act_on(
    postgres_url: str, database: Database, impatient: None
):
    other = database_at(postgres_url)
    with database.writer.connect(), pytest.raises(DatabaseInUse, match="in use by another Samen"):
        other.writer.connect()
    with other.reader.connect() as connection:
        assert connection.execute(select(heads)).all() == []
    database.dispose()
    other.writer.connect().close()
    other.dispose()


def test_a_process_that_is_killed_leaves_no_lock(postgres_url: str, impatient: None):
    program = (
        "import sys; from models.database import database_at\n"
        "held = database_at(sys.argv[1]).writer.connect()\n"
        "print('mine', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, postgres_url]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdin is not None
    assert first.stdout is not None
    assert first.stdout.readline() == "mine\n"
    database = database_at(postgres_url)
    with pytest.raises(DatabaseInUse, match=f"samenbeeld {first.pid} on {socket.gethostname()}"):
        database.writer.connect()
    first.kill()
    first.wait()
    first.stdin.close()
    first.stdout.close()
    database.writer.connect().close()
    database.dispose()


def test_two_installations_may_share_a_database_in_schemas_of_their_own(
    postgres: PostgresServer, database: Database, impatient: None
):
    other = database_at(postgres.fresh())
    other.writer.connect().close()
    other.dispose()


# --- two that write, if ever there are -----------------------------------------------------------


@pytest.mark.parametrize("written", [0, 1])
def test_R24_of_two_that_append_at_once_one_waits_and_is_overtaken(postgres_url: str, written: int):
    a_database(postgres_url).dispose()
    engine = create_engine(read_url(postgres_url))  # without the lock that would keep one out
    document = "limburg-2021/picture"
    with engine.begin() as connection:
        head = update_log.head_before_the_first()
        head = update_log.append(connection, document, head, [ROW] * written)
    ended: list[object] = []

    def second() -> None:
        try:
            with engine.begin() as connection:
                ended.append(update_log.append(connection, document, head, [ROW]))
        except Overtaken as error:
            ended.append(error)

    with engine.begin() as connection:
        update_log.append(connection, document, head, [ROW])
        waiting = threading.Thread(target=second)
        waiting.start()
        while not connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).all():
            pass
        assert ended == []
    waiting.join()
    assert isinstance(ended[0], Overtaken)
    with engine.begin() as connection:
        assert update_log.head_of(connection, document).seq == written + 1
        assert update_log.verify(connection, document, 1) is None
    engine.dispose()


def test_of_several_documents_all_are_appended_to_or_none(database: Database):
    names = ["b/picture", "a/picture", "c/picture"]
    start = update_log.head_before_the_first()
    additions = [Addition(name, start, [ROW, ROW]) for name in names]
    with database.writer.begin() as connection:
        new = update_log.append_all(connection, additions)
    assert [head.seq for head in new] == [2, 2, 2]
    bases = zip(names, [*new[:2], start], strict=True)
    stale = [Addition(name, head, [ROW]) for name, head in bases]
    with pytest.raises(Overtaken), database.writer.begin() as connection:
        update_log.append_all(connection, stale)
    with database.reader.begin() as connection:
        assert {update_log.head_of(connection, name) for name in names} == set(new)


# --- reading -------------------------------------------------------------------------------------


def test_a_reader_cannot_write(database: Database):
    with (
        database.reader.begin() as connection,
        pytest.raises(OperationalError, match="read-only"),
    ):
        connection.execute(persons.delete())


def test_a_reader_sees_one_moment_while_the_writer_goes_on(database: Database):
    with database.reader.begin() as reader:
        assert reader.execute(select(persons)).all() == []
        with database.writer.begin() as writer:
            a_person(writer)
        assert reader.execute(select(persons)).all() == []
    with database.reader.begin() as reader:
        assert len(reader.execute(select(persons)).all()) == 1


def test_names_of_documents_are_sorted_by_their_bytes_whatever_the_server_does_with_words(
    database: Database,
):
    with database.writer.begin() as connection:
        incident = an_incident(connection, a_person(connection))
        start = update_log.head_before_the_first()
        for name in (f"{incident}/picture", f"{incident}-2/picture", f"{incident}0/picture"):
            update_log.append(connection, name, start, [ROW])
        assert incidents.last_write(connection, incident) is not None
        collations = connection.execute(
            text(
                "SELECT DISTINCT collation_name FROM information_schema.columns"
                " WHERE column_name = 'document' AND table_schema = current_schema()"
            )
        ).scalars()
        assert list(collations) == ["C"]


def test_instants_come_back_in_utc_whatever_zone_the_server_is_in(postgres: PostgresServer):
    url = postgres.fresh_database()
    postgres.administer(f"ALTER DATABASE {name_of(url)} SET TimeZone = 'Asia/Tokyo'")
    database = a_database(url)
    with database.writer.begin() as connection:
        a_person(connection)
        assert shown_zone(connection) == "Asia/Tokyo"
        found = connection.execute(select(persons.c.created_at)).scalar()
    assert isinstance(persons.c.created_at.type, UtcDateTime)
    assert (found, str(found.tzinfo)) == (NIGHT, "UTC")
    database.dispose()


def shown_zone(connection) -> str:
    return connection.execute(text("SHOW TimeZone")).scalar()


# --- waiting -------------------------------------------------------------------------------------


def test_a_statement_that_never_ends_is_ended(database: Database):
    for engine in (database.writer, database.reader):
        with engine.connect() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar() == "30s"
            connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
            with pytest.raises(OperationalError, match="timeout"):
                connection.execute(text("SELECT pg_sleep(60)"))


def test_a_server_that_accepts_and_says_nothing_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        database = database_at(f"postgresql://u@127.0.0.1:{port}/d?connect_timeout=1")
        with pytest.raises(OperationalError, match="timeout"):
            database.reader.connect()
        database.dispose()


# --- the address ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_is_read_as_platforms_write_it(scheme: str):
    url = read_url(f"{scheme}://ana:geheim@db.example:5433/samenbeeld?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database) == ("db.example", 5433, "samenbeeld")
    assert (url.password, url.query["sslmode"]) == ("geheim", "require")


@pytest.mark.parametrize(
    "wrong",
    ["", "samenbeeld", "mysql://u:geheim@h/d", "postgresql+psycopg2://u:geheim@h/d",
     "postgresql://u:geheim@h", "postgresql://u:geheim@h:port/d", "sqlite:///x"],
)  # fmt: skip
def test_any_other_address_is_refused_without_repeating_the_password(wrong: str):
    with pytest.raises(ValueError, match="postgresql://user:password@host/database") as refused:
        read_url(wrong)
    assert "geheim" not in str(refused.value)
