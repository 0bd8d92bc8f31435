"""PostgreSQL: one process owns the database, what it commits is on the disk, nobody waits for ever.

Ownership is a lock of the session that writes. It goes when that session ends, however it ends, and
who has not got it cannot write: a server that lost its line takes the lock again or stays silent.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError

CONNECT_WITHIN: Final = 5
"""Seconds to reach the server."""
UNHEARD_WITHIN: Final = 10_000
"""Milliseconds until a line on which nothing is confirmed counts as lost."""

_SESSION: Final = {
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "5min",
    # a host that vanished must not keep its locks for the two hours of the default
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
}
LET_GO_WITHIN: Final = "3s"
"""How long to wait for an owner that is ending: one that was killed, or our own lost session."""
_LOCK: Final = 7_363_201
"""Any number; the schema completes it, so two installations may share a database."""

_NOT_TO_BE_HAD: Final = "55P03"
_STORAGE: Final = frozenset(
    {
        "25006",  # a standby, or a server that lets nobody write because its disk is full
        "42501",  # no right to it
        "42P01",  # the tables are not there: somebody is restoring, or nobody migrated
        "42703",  # they are those of another version
    }
)
"""What SQLite calls operational: no fault of the statement, and over when somebody mends it."""


class DatabaseUnusable(OperationalError):
    """The server answers, and must not be used as it is; `orig` says in words what to do."""

    def __init__(self, words: str) -> None:
        super().__init__("connect", {}, RuntimeError(words))


class DatabaseInUse(DatabaseUnusable):
    """Another process owns the database."""


def read_url(text: str) -> URL:
    """A database's address with the driver we use; raises ValueError for any other database."""
    scheme, _, rest = text.partition("://")
    try:
        if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise ArgumentError
        url = make_url(f"postgresql+psycopg://{rest}")
        if not url.database:
            raise ArgumentError
    except (ArgumentError, ValueError):
        # in our own words: those of others may repeat the password
        raise ValueError(
            "must be an address like postgresql://user:password@host/database"
        ) from None
    return url


def writer(url: URL) -> Engine:
    """The engine with the one connection that writes; who connects owns the database from then on.

    Connecting raises DatabaseInUse while somebody else does, and DatabaseUnusable when what is
    committed there would not be safe.
    """
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args=_waits(url))
    _at_each_connection(engine, _own, _be_durable)
    return engine


def reader(url: URL, connections: int) -> Engine:
    """The engine for reading: each transaction sees one moment, and cannot write."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        connect_args=_waits(url),
    )
    _at_each_connection(engine, _only_read)
    return engine


def take_your_time(connection: Connection) -> None:
    """Statements of this transaction have no time limit; those of SQLite never have one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def was_hung_up(connection: Connection) -> bool:
    """Whether the server ended the session while nobody used it, as at a restart in a quiet hour:
    then there is something to read, or to read no more. Asks the line, not the server."""
    if connection.dialect.name != "postgresql":
        return False
    driver: Any = connection.connection.driver_connection
    if driver.closed:
        return True
    line = select.poll()
    line.register(driver.fileno(), select.POLLIN)
    return bool(line.poll(0))


def _waits(url: URL) -> dict[str, Any]:
    """How long to wait for the line itself; what the address says goes before it."""
    usual = {
        "connect_timeout": CONNECT_WITHIN,
        "tcp_user_timeout": UNHEARD_WITHIN,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "application_name": f"samenbeeld {os.getpid()} on {socket.gethostname()}"[:63],
    }
    return {name: value for name, value in usual.items() if name not in url.query}


def _at_each_connection(engine: Engine, *steps: Callable[[Any], None]) -> None:
    @event.listens_for(engine, "do_connect")
    def connect(dialect: Dialect, _record: Any, arguments: Any, named: Any) -> Any:
        connection: Any = dialect.connect(*arguments, **named)
        try:
            _set(connection, _SESSION)
            for step in steps:
                step(connection)
            connection.commit()
        except BaseException:
            connection.close()
            raise
        return connection

    @event.listens_for(engine, "handle_error", retval=True)
    def translate(context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        if getattr(error, "sqlstate", None) not in _STORAGE:
            return context.sqlalchemy_exception
        return OperationalError(context.statement, {}, error)


def _set(connection: Any, settings: Mapping[str, str]) -> None:
    calls = ", ".join("set_config(%s, %s, false)" for _ in settings)
    connection.execute(f"SELECT {calls}", [each for pair in settings.items() for each in pair])


def _own(connection: Any) -> None:
    _set(connection, {"lock_timeout": LET_GO_WITHIN})
    connection.commit()
    try:
        # it would lock nothing for a schema that is NULL
        connection.execute(
            "SELECT pg_advisory_lock(%s, hashtext(coalesce(current_schema(), '')))", [_LOCK]
        )
    except Exception as error:
        if getattr(error, "sqlstate", None) != _NOT_TO_BE_HAD:
            raise
        connection.rollback()
        raise DatabaseInUse(
            f"The database is in use by another Samenbeeld process ({_owner(connection)}). "
            f"Stop that one first, or choose another database."
        ) from error


def _owner(connection: Any) -> str:
    rows = connection.execute(
        "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND classid = %s"
        " AND datname = current_database()",
        [_LOCK],
    ).fetchall()
    return ", ".join(str(name) for (name,) in rows) or "unknown"


def _be_durable(connection: Any) -> None:
    """A commit that returned is on the disk, or the server is not used."""
    fsync, commit, encoding = connection.execute(
        "SELECT current_setting('fsync'), current_setting('synchronous_commit'),"
        " current_setting('server_encoding')"
    ).fetchone()
    if fsync == "off":
        raise DatabaseUnusable(
            "PostgreSQL runs with fsync=off: a power cut would destroy what was called saved. "
            "Set fsync=on there."
        )
    if encoding != "UTF8":
        raise DatabaseUnusable(
            f"The database has the encoding {encoding}. Make one with the encoding UTF8."
        )
    if commit == "off":
        _set(connection, {"synchronous_commit": "on"})


def _only_read(connection: Any) -> None:
    connection.commit()
    connection.read_only = True
