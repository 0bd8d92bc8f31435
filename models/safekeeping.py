"""The embedded database as a file: reading it beside a running server, and copying it whole.

Only the server's own connection may checkpoint (see `database.py`). What is opened here is opened
read-only by the operating system as well, so that it cannot, not even when it closes last.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

_PATIENCE: Final = 5.0
"""Seconds to wait for a lock that somebody else holds."""


_MAGIC: Final = b"SQLite format 3\0"
_LARGEST: Final = 65536
"""Bytes of a page whose size does not fit in its two bytes, and is written as 1."""


class CopyFailed(Exception):
    """A database could not be copied; the words may be shown as they are."""


def read_only(file: Path) -> Engine:
    """A way to read a database that a server may be writing, each transaction as of one moment.

    Text that is no UTF-8 is read with replacement signs: what is damaged must be found, and
    named, not end the reading.
    """
    engine = create_engine("sqlite://", creator=lambda: _reader(file), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _reader(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode=ro",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    connection.execute("PRAGMA query_only=ON").close()
    return connection


def copy(source: Path, target: Path) -> None:
    """Copy the database `source` as of now to a new file `target`, on the disk when this returns.

    The server may go on writing: it is one read transaction, in one step, because a copy in
    steps begins anew at each commit of another process. Raises CopyFailed.
    """
    if not source.exists():
        raise CopyFailed(f"There is no database {source}.")
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_reader(source)) as here, closing(sqlite3.connect(target)) as there:
            here.backup(there)
        make_one_file(target)
    except (OSError, sqlite3.Error) as error:
        raise CopyFailed(f"{source} could not be copied to {target}: {error}.") from error


def is_database(file: Path) -> bool:
    """Whether a file begins as a database does. Beside one that does not, or that holds less than
    a page, SQLite would take the write-ahead log away: such a file must not be opened."""
    with file.open("rb") as opened:
        header = opened.read(18)
    page = int.from_bytes(header[16:], "big")
    return header.startswith(_MAGIC) and file.stat().st_size >= (_LARGEST if page == 1 else page)


def make_one_file(file: Path) -> None:
    """Bring what lies in the write-ahead log into the file, and take that log away.

    Nobody else may have the database open: raises sqlite3.OperationalError then.
    """
    with closing(sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)) as connection:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if mode != "delete":
        raise sqlite3.OperationalError("database is locked")
    flush(file)


def flush(path: Path) -> None:
    """Put a file or a folder on the disk (fsync)."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
