"""The tables from the command line."""

from __future__ import annotations

import typer

from models import migrations
from models.database import Database
from server.commands.common import DataFolder, settings_for
from server.opening import migrate as bring_up
from server.opening import owned
from server.wiring import build


def migrate(data: DataFolder = None) -> None:
    """Bring the tables up to this version."""
    services = build(settings_for(data=data))
    try:
        if not _are_those(services.database):
            with owned(services):
                bring_up(services)
    finally:
        services.database.dispose()
    typer.echo(f"The tables are at version {migrations.head()}.")


def _are_those(database: Database) -> bool:
    """Whether a shared database is at this version: a platform asks for it at each release, while
    the server of the release before still runs."""
    if database.is_sqlite:
        return False
    with database.reader.begin() as connection:
        return migrations.is_at_head(connection)
