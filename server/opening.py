"""Taking a database into use: its lock, its tables, its organisations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import structlog

from models import migrations, organisations, provenance
from models.database import own
from server.rates import USUAL, Limits
from server.settings import Settings
from server.wiring import Services, build

log = structlog.get_logger()


class WereRestored(Exception):
    """The tables were put back by pg_restore and not taken into use yet; the text says how."""


@contextmanager
def opened(
    settings: Settings, restored: bool = False, limits: Limits = USUAL
) -> Iterator[Services]:
    """The parts of a server over a database that is ours and fits this version.

    Nobody else can be using it meanwhile, so migrations happen by themselves. Raises
    DataFolderInUse or DatabaseInUse when another process has it, and WereRestored, unless
    `restored` says that one knows.
    """
    services = build(settings, limits)
    with owned(services):
        try:
            migrate(services)
            if not restored:
                _refuse_restored(services)
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
        if before is None:
            provenance.note(connection)
    if before != migrations.head() or changed:
        log.info("migrated", was=before, now=migrations.head(), organisations=changed)


def _refuse_restored(services: Services) -> None:
    with services.database.reader.begin() as connection:
        if provenance.were_moved(connection):
            raise WereRestored(
                "This database was put here by pg_restore, and browsers may hold what came after "
                "the dump. Run `samenbeeld new-epochs` first, so that it is not mixed in."
            )
