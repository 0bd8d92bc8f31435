"""Engines for the two databases; nothing is opened before somebody asks for a connection.

The embedded one is described here, PostgreSQL in `postgresql.py`. SQLite allows one writer at a
time, and versions with the WAL-reset bug lose committed rows when two connections write and
checkpoint at once. So one connection of the process writes and checkpoints, every other one is
`query_only`, and a lock keeps a second server out of the folder.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event

from models import postgresql

READERS: Final = 8
"""Connections that read at the same time; the caller never sends more threads than this."""

DATABASE_FILE: Final = "samenbeeld.sqlite3"
LOCK_FILE: Final = "samenbeeld.lock"

_COMMON: Final = ("foreign_keys=ON", "busy_timeout=5000")
_WRITER: Final = (*_COMMON, "journal_mode=WAL", "synchronous=FULL")
_READER: Final = (*_COMMON, "wal_autocheckpoint=0", "query_only=ON")


class DataFolderUnusable(Exception):
    """The data folder cannot be used; the words may be shown as they are."""


class DataFolderInUse(DataFolderUnusable):
    """Another process owns the data folder."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where to write (one connection, one thread) and where to read.

    Connections that were opened stay open. While a reader's is, SQLite goes by what it knows of
    the write-ahead log and does not read the log anew, also when the writer lets go of its own
    (ADR 0012).
    """

    writer: Engine
    reader: Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether it is embedded: a file in the data folder, with a lock on the folder."""
        return self.writer.dialect.name == "sqlite"

    def dispose(self) -> None:
        """Close every connection, the writer last: the last one to close checkpoints."""
        self.reader.dispose()
        self.writer.dispose()


def sqlite_url(folder: Path) -> str:
    """The address of the embedded database in a data folder."""
    return f"sqlite:///{(folder / DATABASE_FILE).absolute()}"


def database_at(url: str) -> Database:
    """The engines for `url`; raises ValueError for a database that is not supported."""
    match url.partition("://")[0].partition("+")[0]:
        case "sqlite":
            return Database(
                writer=_begins_its_log(_sqlite(url, _WRITER, "BEGIN IMMEDIATE", connections=1)),
                reader=_sqlite(url, _READER, "BEGIN", connections=READERS),
            )
        case "postgresql" | "postgres":
            where = postgresql.read_url(url)
            return Database(
                writer=postgresql.writer(where), reader=postgresql.reader(where, READERS)
            )
        case other:
            raise ValueError(f"{other} is not supported; use sqlite or postgresql")


def _sqlite(url: str, pragmas: tuple[str, ...], begin: str, connections: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        # The driver's own BEGIN is switched off (isolation_level=None): it comes too late to
        # cover DDL, and a writer that begins deferred can fail half-way for want of the lock.
        connection.exec_driver_sql(begin)

    return engine


def _begins_its_log(writer: Engine) -> Engine:
    """After a sync that failed, the system calls clean what it could not write. Who opens the log
    then reads a commit in it that is not on the disk, and would write on behind it. So the log is
    brought into the file, on the disk, and begun anew before the first commit (ADR 0012)."""

    @event.listens_for(writer, "connect")
    def begin_anew(connection: Any, _record: Any) -> None:
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except sqlite3.OperationalError as error:
            # without room to bring it over there is none to write on behind it: people can read
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise

    return writer


@contextmanager
def own(folder: Path) -> Iterator[None]:
    """Own a data folder while inside; raises DataFolderUnusable when that cannot be.

    The lock goes when the process dies, however it dies; the file itself stays.
    """
    handle = _open_lock(folder)
    try:
        _lock(handle, folder)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _open_lock(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataFolderUnusable(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            f"Mend that, or choose another folder with --data."
        ) from error


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
        raise DataFolderInUse(
            f"The data folder {folder} is in use by another Samenbeeld process "
            f"(process {owner}). Stop that one first, or choose another folder with --data."
        ) from error


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can lose commits when two connections write and checkpoint at once.

    Fixed in 3.51.3, and in the maintenance releases 3.50.7 and 3.44.6.
    """
    if version[:2] == (3, 50):
        return version < (3, 50, 7)
    if version[:2] == (3, 44):
        return version < (3, 44, 6)
    return version < (3, 51, 3)
