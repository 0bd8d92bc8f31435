"""What every command needs: its settings, and a database that is ours while it works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from server.log import set_up_logging
from server.opening import opened
from server.settings import Settings, read_settings

DataFolder = Annotated[Path | None, typer.Option("--data", help="Folder that holds all data.")]


def settings_for(**options: Any) -> Settings:
    """The settings of the environment, where a command's options go before it."""
    given = {name: value for name, value in options.items() if value is not None}
    settings = read_settings(os.environ, **given)
    set_up_logging(settings.log_level)
    return settings


@contextmanager
def writing(data: Path | None) -> Iterator[Connection]:
    """A transaction on the database; refused in words while a server has the data folder."""
    settings = settings_for(data=data)
    with opened(settings) as services, services.database.writer.begin() as connection:
        yield connection


def ask_password() -> str:
    """A new password: typed twice without being shown, or the first line of the input."""
    if typer.get_text_stream("stdin").isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return typer.get_text_stream("stdin").readline().rstrip("\n")
