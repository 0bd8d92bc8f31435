"""Taking a data folder into use: its lock, its tables, its organisations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from models import migrations, organisations
from models.database import own
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
