"""Taking a database into use: its lock, its tables, its organisations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import structlog

from models import migrations, organisations
from models.database import own
from server.settings import Settings
from server.wiring import Services, build

log = structlog.get_logger()


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The parts of a server over a database that is ours and fits this version.

    Nobody else can be using it meanwhile, so migrations happen by themselves. Raises
    DataFolderInUse or DatabaseInUse when another process has it.
    """
    services = build(settings)
    with owned(services):
        try:
            migrate(services)
            yield services
        finally:
            services.database.dispose()


def owned(services: Services) -> AbstractContextManager[None]:
    """Own the data folder while inside. PostgreSQL itself keeps the lock: the first connection
    that writes takes it, and holds it until the database is disposed of."""
    return own(services.settings.data) if services.database.is_sqlite else nullcontext()


def migrate(services: Services) -> None:
    """Bring tables and organisations up to this version."""
    with services.database.writer.begin() as connection:
        before = migrations.version_of(connection)
        migrations.upgrade(connection)
        changed = organisations.store(connection, organisations.shipped())
    if before != migrations.head() or changed:
        log.info("migrated", was=before, now=migrations.head(), organisations=changed)
