"""Whether the tables in PostgreSQL stand where they were made, or were put there by pg_restore.

Their place is kept as a comment on one of them. A dump takes the comment along, and elsewhere it is
not true any more. An embedded database needs none of this: there is one way to put one back.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

_COMMENT: Final = text("SELECT obj_description('heads'::regclass, 'pg_class')")
_TABLE: Final = text(
    "SELECT concat((SELECT oid FROM pg_database WHERE datname = current_database()),"
    " '/', 'heads'::regclass::oid)"
)
_MAY_ASK: Final = text("SELECT has_function_privilege('pg_control_system()', 'execute')")
_CLUSTER: Final = text("SELECT system_identifier FROM pg_control_system()")


def were_moved(connection: Connection) -> bool:
    """Whether the tables came from elsewhere, and documents did not begin a new epoch since. A dump
    may have been put back without its comments: tables that say nothing were moved as well."""
    if not _is_postgresql(connection):
        return False
    return bool(connection.execute(_COMMENT).scalar() != _place(connection))


def note(connection: Connection) -> None:
    """Note that the tables belong where they stand."""
    if _is_postgresql(connection):
        connection.exec_driver_sql(f"COMMENT ON TABLE heads IS '{_place(connection)}'")


def _place(connection: Connection) -> str:
    """The cluster (where one may ask for it), the database and the table; digits only."""
    table = connection.execute(_TABLE).scalar()
    may_ask = connection.execute(_MAY_ASK).scalar()
    cluster = connection.execute(_CLUSTER).scalar() if may_ask else 0
    return f"made in {cluster}/{table}"


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
