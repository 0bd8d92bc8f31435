"""Backup, restore and verification from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from models.database import DATABASE_FILE, Database, database_at
from models.postgresql import read_url
from models.safekeeping import CopyFailed, read_only
from server.authenticate import utc_now
from server.commands.common import DataFolder, settings_for
from server.opening import opened
from server.safekeeping import NotRestored, back_up, begin_new_epochs, restore
from server.settings import Settings
from server.verification import Damaged, Held
from server.verification import verify as look_at

DAMAGED = 1
"""How a command ends that found damage; 2 is for what can be mended by asking otherwise."""


def verify(
    data: DataFolder = None,
    file: Annotated[Path | None, typer.Option(help="A backup, instead of a data folder.")] = None,
) -> None:
    """Check every chain, checkpoint and mark; a server may be running meanwhile."""
    engine = engine_of(settings_for(data=data), file)
    try:
        count = _say(look_at(engine))
    except Damaged as damage:
        typer.echo(f"DAMAGED  {damage}", err=True)
        raise typer.Exit(DAMAGED) from damage
    finally:
        engine.dispose()
    typer.echo(f"Everything holds: {count} document epochs.")


def backup(
    to: Annotated[Path, typer.Option(help="The file to write; it must not exist.")],
    data: DataFolder = None,
) -> None:
    """Copy the database to one file and verify the copy; the server may go on."""
    settings = settings_for(data=data)
    if settings.database_url is not None:
        raise CopyFailed(
            "The database is PostgreSQL: back it up with its own pg_dump, for example "
            "`pg_dump --format=custom --file=FILE DATABASE`; the server may go on meanwhile."
        )
    try:
        done = back_up(settings.data, to)
    except Damaged as damage:
        typer.echo(f"No backup was made. DAMAGED  {damage}", err=True)
        raise typer.Exit(DAMAGED) from damage
    _say(done.held)
    typer.echo(f"{to}: {done.size} bytes, {len(done.held)} document epochs, verified.")


def restore_backup(
    backup: Annotated[Path, typer.Option("--from", help="A file made by `backup`.")],
    data: DataFolder = None,
) -> None:
    """Put a backup in place; every document begins a new epoch, the old database is kept."""
    settings = settings_for(data=data)
    if settings.database_url is not None:
        raise NotRestored(
            "The database is PostgreSQL: restore it with its own pg_restore into a new database, "
            "then run `samenbeeld new-epochs` on that before anybody comes in."
        )
    try:
        done = restore(backup, settings.data, utc_now())
    except Damaged as damage:
        typer.echo(f"Nothing was restored. DAMAGED  {damage}", err=True)
        raise typer.Exit(DAMAGED) from damage
    _say(done.held)
    typer.echo(f"Restored from {backup}.")
    if done.kept is not None:
        typer.echo(f"The database that was here is kept as {done.kept}.")
        if not done.old_was_read:
            typer.echo("It could not be read.")


def new_epochs(
    replaced: Annotated[
        str | None,
        typer.Option(help="Name of the database that was there before, on the same server."),
    ] = None,
    data: DataFolder = None,
) -> None:
    """After a pg_restore, before the server starts: every document begins a new epoch.

    What browsers still hold of the time after the dump is then not mixed into what was restored.
    """
    settings = settings_for(data=data)
    before = None if replaced is None else _replaced(settings, replaced)
    with opened(settings, restored=True) as services:
        try:
            held = begin_new_epochs(services.database, before, utc_now())
        except Damaged as damage:
            typer.echo(f"No epochs were begun. DAMAGED  {damage}", err=True)
            raise typer.Exit(DAMAGED) from damage
        finally:
            if before is not None:
                before.dispose()
    _say(held)
    typer.echo("Every document has begun a new epoch.")


def _replaced(settings: Settings, name: str) -> Database:
    if settings.database_url is None:
        raise NotRestored("The database is embedded: use `samenbeeld restore`.")
    here = read_url(settings.database)
    if name == here.database:
        raise NotRestored(f"{name} is the database that was restored, not the one before it.")
    return database_at(here.set(database=name).render_as_string(hide_password=False))


def engine_of(settings: Settings, file: Path | None = None) -> Engine:
    """To read the database of these settings, or a file, beside a server that runs."""
    if file is None and settings.database_url is not None:
        return database_at(settings.database).reader
    file = settings.data / DATABASE_FILE if file is None else file
    if not file.exists():
        raise CopyFailed(f"There is no database {file}.")
    return read_only(file)


def _say(held: Iterable[Held]) -> int:
    count = 0
    for each in held:
        typer.echo(f"{each}")
        count += 1
    return count
