"""Statements of the hot path, compiled once for each dialect and sent straight to the driver.

SQLAlchemy's Core writes the SQL; what is spared is its work per execution, which for a row of the
log is several times that of the database. For many rows psycopg sends one pipeline, so PostgreSQL
is asked and answers once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase


class Prepared:
    """A statement with named parameters, to be executed for many rows at once."""

    def __init__(self, statement: UpdateBase) -> None:
        self._statement = statement
        self._compiled: dict[str, SQLCompiler] = {}

    def execute(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> CursorResult[Any]:
        """Execute for every row; values go to the driver as they are, so they must be of types
        that every driver knows (str, int, bytes)."""
        compiled = self._for(connection)
        if compiled.positional:
            names = compiled.positiontup or []
            return connection.exec_driver_sql(
                compiled.string, [tuple(row[name] for name in names) for row in rows]
            )
        return connection.exec_driver_sql(compiled.string, [dict(row) for row in rows])

    def _for(self, connection: Connection) -> SQLCompiler:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            made = self._statement.compile(dialect=dialect)
            assert isinstance(made, SQLCompiler)
            found = self._compiled[dialect.name] = made
        return found
