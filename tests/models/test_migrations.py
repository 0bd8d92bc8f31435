"""The migrations and the tables tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from models import migrations
from models.database import Database, database_at, sqlite_url
from models.tables import metadata
from tests.postgresql import PostgresServer

only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = database_at(sqlite_url(tmp_path))
    else:
        database = database_at(request.getfixturevalue("postgres_url"))
    yield database
    database.dispose()


def _sql(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("select name, sql from sqlite_master where name not like 'alembic%'")
        ).all()
    return {row.name: " ".join((row.sql or "").split()) for row in rows}


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database):
    with database.writer.begin() as connection:
        migrations.upgrade(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


@only_sqlite
def test_constraints_and_storage_are_the_same_too(database: Database):
    with database.writer.begin() as connection:
        migrations.upgrade(connection)
    fresh = create_engine("sqlite://")
    metadata.create_all(fresh)
    migrated = _sql(database.writer)
    for name, wanted in _sql(fresh).items():
        assert _parts(migrated[name]) == _parts(wanted), name
    fresh.dispose()


def test_on_postgresql_constraints_and_columns_are_the_same_too(postgres: PostgresServer):
    migrated, fresh = database_at(postgres.fresh()), database_at(postgres.fresh())
    with migrated.writer.begin() as one, fresh.writer.begin() as other:
        migrations.upgrade(one)
        metadata.create_all(other)
        found = _described(one)
        assert found == _described(other)
    assert ("heads", "document", "character varying", 200, "C", "NO") in found
    for each in (migrated, fresh):
        each.dispose()


def _described(connection: Connection) -> set[tuple[object, ...]]:
    rows: set[tuple[object, ...]] = set()
    for query in (
        "SELECT table_name, column_name, data_type, character_maximum_length, collation_name,"
        " is_nullable FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND table_name <> 'alembic_version'",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace AND conname !~ '^alembic'",
        "SELECT indexname, tablename FROM pg_indexes WHERE schemaname = current_schema()"
        " AND tablename <> 'alembic_version'",
    ):
        rows |= {tuple(row) for row in connection.execute(text(query))}
    return rows


def _parts(sql: str) -> set[str]:
    """The pieces of a CREATE statement, whatever their order."""
    head, _, rest = sql.partition("(")
    body, _, options = rest.rpartition(")")
    return {head.strip(), options.strip(), *(part.strip() for part in body.split(", "))}


def test_down_to_nothing_and_up_again(database: Database):
    with database.writer.begin() as connection:
        migrations.upgrade(connection)
    with database.writer.begin() as connection:
        migrations.downgrade(connection, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        assert migrations.version_of(connection) is None
    with database.writer.begin() as connection:
        migrations.upgrade(connection)
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_at_head_is_only_said_at_head(database: Database):
    with database.writer.begin() as connection:
        assert not migrations.is_at_head(connection)
        migrations.upgrade(connection)
        assert migrations.is_at_head(connection)
        migrations.upgrade(connection)
        assert migrations.version_of(connection) == migrations.head()


def test_a_migration_that_fails_leaves_nothing_behind(database: Database):
    with database.writer.connect() as connection:
        transaction = connection.begin()
        migrations.upgrade(connection)
        transaction.rollback()
    with database.reader.connect() as connection:
        assert inspect(connection).get_table_names() == []
