"""The data folder from the command line."""

from __future__ import annotations

import typer

from models import migrations
from models.database import own
from server.commands.common import DataFolder, settings_for
from server.opening import migrate as bring_up
from server.wiring import build


def migrate(data: DataFolder = None) -> None:
    """Bring the tables up to this version."""
    settings = settings_for(data=data)
    services = build(settings)
    if services.database.is_sqlite:
        with own(settings.data):
            bring_up(services)
    else:
        bring_up(services)
    services.database.dispose()
    typer.echo(f"The tables are at version {migrations.head()}.")
