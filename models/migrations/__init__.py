"""The tables' history: one file per change, run from here without any configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from models.postgresql import take_your_time

_HERE: Final = Path(__file__).parent


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a version; does nothing when they are there already."""
    take_your_time(connection)
    command.upgrade(_config(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Take the tables back to a version; `base` removes them all."""
    command.downgrade(_config(connection), to)


def version_of(connection: Connection) -> str | None:
    """The version the tables are at, None when nothing was ever made."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The version this code was written for."""
    version = ScriptDirectory(str(_HERE)).get_current_head()
    if version is None:
        raise RuntimeError("there are no migrations beside models/migrations/__init__.py")
    return version


def is_at_head(connection: Connection) -> bool:
    """Whether code and tables fit each other."""
    return version_of(connection) == head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
