"""Backup and restore of the embedded database, and new epochs in any.

A restored document begins a new epoch: clients of the old one know things that the backup does
not, and what they hold must not be mixed with it. They keep it as a rescue copy.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from models import endings, epochs, migrations, provenance, update_log
from models.database import DATABASE_FILE, Database, database_at, own
from models.endings import Endings
from models.safekeeping import CopyFailed, copy, flush, is_database, make_one_file, read_only
from server.verification import Held, verify
from sync.epochs import begin_again
from sync.room import Loaded, rebuilt

_CLIENT_ID_BITS: Final = 32
"""As Yjs draws them."""


class NotRestored(Exception):
    """Nothing was restored; the words may be shown as they are."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was read again and holds."""

    size: int
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What every document begins with, and where the old database is kept."""

    held: tuple[Held, ...]
    kept: Path | None
    old_was_read: bool


def back_up(folder: Path, target: Path) -> BackedUp:
    """Copy the database of a data folder, beside a running server or without one.

    Everything acknowledged before this was called is in it. `target` appears at once, whole,
    verified and on the disk, or not at all. Raises CopyFailed, Damaged.
    """
    if target.exists():
        raise CopyFailed(f"{target} exists already, and a backup never replaces a file.")
    if not target.parent.is_dir():
        raise CopyFailed(f"There is no folder {target.parent}.")
    partial = _beside(target)
    try:
        copy(folder / DATABASE_FILE, partial)
        held = _verified(partial)
        partial.replace(target)
        flush(target.parent)
    finally:
        _remove(partial)
    return BackedUp(target.stat().st_size, held)


def restore(backup: Path, folder: Path, now: datetime) -> Restored:
    """Put a backup in place of a data folder's database, every document in a new epoch.

    The backup is verified first and left as it is; the database that was there is kept beside.
    Raises DataFolderInUse, CopyFailed, Damaged, NotRestored; then nothing has changed.
    """
    with own(folder):
        if not backup.exists():
            raise NotRestored(f"There is no backup {backup}.")
        _verified(backup)
        partial = _beside(folder / DATABASE_FILE)
        known = _what_is_known(folder / DATABASE_FILE)
        try:
            copy(backup, partial)
            _begin_epochs(partial, known, now)
            held = _verified(partial)
            kept = _set_aside(folder / DATABASE_FILE, now)
            partial.replace(folder / DATABASE_FILE)
            flush(folder)
        finally:
            _remove(partial)
    return Restored(held, kept, known is not None)


def begin_new_epochs(
    database: Database, replaced: Database | None, now: datetime
) -> tuple[Held, ...]:
    """Let every document of a database that was put back by other means begin a new epoch: what
    `restore` does, for PostgreSQL. `replaced` is the database that was there before, if it is kept.

    The database is ours. It is verified first: raises Damaged, and nothing has changed.
    """
    tuple(verify(database.reader))
    known = None if replaced is None else _known_by(replaced.reader)
    with database.writer.begin() as connection:
        _begin_all(connection, known, now)
        provenance.note(connection)
    return tuple(verify(database.reader))


def _verified(file: Path) -> tuple[Held, ...]:
    engine = read_only(file)
    try:
        return tuple(verify(engine))
    finally:
        engine.dispose()


def _beside(file: Path) -> Path:
    """Where a file is made before it gets its name; a process that is killed leaves it there."""
    return file.with_name(f".{file.name}.{secrets.token_hex(4)}.partial")


def _remove(partial: Path) -> None:
    for end in ("", "-journal", "-wal", "-shm"):
        partial.with_name(partial.name + end).unlink(missing_ok=True)


# --- new epochs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database that is to be replaced says, and the backup does not."""

    epochs: Mapping[str, int]
    clients: Mapping[str, frozenset[int]]
    endings: Endings


def _what_is_known(database: Path) -> _Known | None:
    """What must outlive the old database; None when it cannot be asked."""
    if not database.exists() or not is_database(database):
        return None
    engine = read_only(database)
    try:
        return _known_by(engine)
    except DatabaseError:
        return None
    finally:
        engine.dispose()


def _known_by(engine: Engine) -> _Known:
    with engine.connect() as connection, connection.begin():
        latest, clients = epochs.latest(connection), epochs.clients_ever(connection)
        return _Known(latest, clients, endings.read(connection))


def _begin_epochs(file: Path, known: _Known | None, now: datetime) -> None:
    database = database_at(f"sqlite:///{file.absolute()}")
    try:
        with database.writer.begin() as connection:
            _bring_up(connection)
            _begin_all(connection, known, now)
    finally:
        database.dispose()
    make_one_file(file)


def _begin_all(connection: Connection, known: _Known | None, now: datetime) -> None:
    given_out = {} if known is None else known.epochs
    backed_up = epochs.latest(connection)
    for document in sorted({*backed_up, *given_out}):
        last = max(backed_up.get(document, 0), given_out.get(document, 0))
        epoch = last + 1 if known is not None else max(last + 1, _by_the_clock(now))
        if known is not None:
            _keep_out(connection, document, epoch, known.clients.get(document, frozenset()))
        _begin(connection, document, epoch, now)
    if known is not None:
        endings.carry_over(connection, known.endings)


def _keep_out(connection: Connection, document: str, epoch: int, clients: frozenset[int]) -> None:
    """Who wrote after the backup holds text of a history that ended, as all others do."""
    epochs.keep_out(
        connection, document, clients - epochs.clients_before(connection, document, epoch)
    )


def _by_the_clock(now: datetime) -> int:
    """An epoch above all that were ever given out, when nobody knows which: minutes since 1970."""
    return int(now.timestamp()) // 60


def _bring_up(connection: Connection) -> None:
    try:
        migrations.upgrade(connection)
    except CommandError as error:
        raise NotRestored(
            f"The backup was made by another version of Samenbeeld ({error}). "
            f"Restore it with that one."
        ) from error


def _begin(connection: Connection, document: str, epoch: int, now: datetime) -> None:
    """A new epoch that begins as the newest one in the backup ended."""
    stored = update_log.load(connection, document)
    at = int(now.timestamp() * 1000)
    if stored.head.seq == 0:
        epochs.begin(connection, document, epoch, None, (), at)
        return
    state = rebuilt(Loaded(stored.state, stored.tail)).get_update()
    former = epochs.clients_before(connection, document, epoch)
    begun = begin_again(state, stored.marks, former, lambda: secrets.randbits(_CLIENT_ID_BITS))
    epochs.begin(connection, document, epoch, begun.state, begun.marks, at)


# --- the old database ----------------------------------------------------------------------------


def _set_aside(database: Path, now: datetime) -> Path | None:
    """Keep the old database under another name. With its write-ahead log brought in, it is one
    file, and putting the new one in its place is one step; one that is damaged moves with its
    log, the log first, because a log that stays behind would be read into the new database."""
    log = database.with_name(database.name + "-wal")
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = database.with_name(f"samenbeeld.before-{stamp}.sqlite3")
    if kept.exists():
        raise NotRestored(f"{kept} exists already. Try again in a second.")
    if not database.exists():
        if log.exists():
            log.rename(kept.with_name(kept.name + "-wal"))
        return None
    try:
        whole = is_database(database)
        if whole:
            make_one_file(database)
    except sqlite3.OperationalError as error:
        raise NotRestored(
            f"The old database is being read by somebody ({error}). Try again in a moment."
        ) from error
    except sqlite3.DatabaseError:
        whole = False
    if whole:
        os.link(database, kept)
        return kept
    if log.exists():
        log.rename(kept.with_name(kept.name + "-wal"))
    database.rename(kept)
    return kept
