"""Looking at the changes that were kept because nothing honest sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from models import quarantine
from models.quarantine import Kept
from server.commands.common import DataFolder, settings_for
from server.commands.safekeeping import engine_of

commands = typer.Typer(help="Changes that were kept because nothing honest sends them.")

Number = Annotated[int, typer.Argument(help="Its number in the list.")]


class NotThere(Exception):
    """There is no such thing; the words may be shown as they are."""


@commands.command("list")
def list_all(data: DataFolder = None) -> None:
    """All of them, the newest first; a server may be running meanwhile."""
    with _reading(data) as connection:
        found = quarantine.every(connection)
    for each in found:
        typer.echo(_line(each))
    typer.echo(f"{len(found)} kept.")


@commands.command()
def show(number: Number, data: DataFolder = None) -> None:
    """What is known of one: who sent it where, when, and what is wrong with it."""
    with _reading(data) as connection:
        kept, change = _found(connection, number)
    typer.echo(_line(kept))
    typer.echo(f"epoch {kept.epoch}, member {kept.member}, organisation {kept.organisation}")
    typer.echo(f"sha256 {kept.sha256.hex()}, {len(change)} of {kept.size} bytes kept")


@commands.command()
def export(
    number: Number,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    data: DataFolder = None,
) -> None:
    """Write the change itself to a file. It is hostile: open it with care."""
    with _reading(data) as connection:
        kept, change = _found(connection, number)
    try:
        with file.open("xb") as target:
            target.write(change)
    except FileExistsError:
        raise NotThere(f"{file} exists already, and is not replaced.") from None
    typer.echo(f"{file}: {len(change)} of {kept.size} bytes.")


def _found(connection: Connection, number: int) -> tuple[Kept, bytes]:
    found = quarantine.one(connection, number)
    if found is None:
        raise NotThere(f"Nothing is kept under {number}. See `samenbeeld quarantine list`.")
    return found


@contextmanager
def _reading(data: Path | None) -> Iterator[Connection]:
    engine = engine_of(settings_for(data=data))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _line(kept: Kept) -> str:
    at = kept.at.isoformat(timespec="seconds")
    return f"{kept.id}  {at}  {kept.document}  {kept.person}  {kept.size} bytes  {kept.why}"
