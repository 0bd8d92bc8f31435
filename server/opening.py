"""Taking a data folder into use: its lock, its tables, its organisations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from models import migrations, organisations
from models.database import has_wal_reset_bug, own
from server.settings import Settings
from server.wiring import Services, build

log = structlog.get_logger()


class TablesBehind(Exception):
    """The tables are not those of this version; the text says what to do."""


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The parts of a server over a database that is ours and fits this version.

    With the embedded database nobody else can be using it, so migrations happen by themselves;
    raises DataFolderInUse when another process has the folder. A PostgreSQL database is migrated
    by `samenbeeld migrate`; raises TablesBehind when that was not done.
    """
    services = build(settings)
    if not services.database.is_sqlite:
        _check(services)
        yield services
        return
    _warn_about_sqlite()
    with own(settings.data):
        migrate(services)
        try:
            yield services
        finally:
            services.database.dispose()


def migrate(services: Services) -> None:
    """Bring tables and organisations up to this version."""
    with services.database.writer.begin() as connection:
        before = migrations.version_of(connection)
        migrations.upgrade(connection)
        changed = organisations.store(connection, organisations.shipped())
    if before != migrations.head() or changed:
        log.info("migrated", was=before, now=migrations.head(), organisations=changed)


def _check(services: Services) -> None:
    with services.database.reader.connect() as connection:
        if not migrations.is_at_head(connection):
            raise TablesBehind(
                "The tables are not those of this version. Run `samenbeeld migrate` first."
            )


def _warn_about_sqlite() -> None:
    if has_wal_reset_bug(sqlite3.sqlite_version_info):
        log.warning(
            "sqlite-has-wal-reset-bug",
            version=sqlite3.sqlite_version,
            fixed="3.51.3",
            meaning="only this process may write to the data folder; it keeps to one connection",
        )
