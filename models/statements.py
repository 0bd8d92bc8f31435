"""Statements of the hot path, compiled once for each dialect and sent straight to the driver.

SQLAlchemy's Core writes the SQL; what is spared is its work per execution, which for a row of the
log is several times that of the database. For many rows psycopg sends one pipeline, so PostgreSQL
is asked and answers once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

_Spelled = Callable[[Sequence[tuple[object, ...]]], Any]


class Prepared:
    """A statement with named parameters, to be executed for many rows at once. Rows are tuples in
    the order of `names`."""

    def __init__(self, statement: UpdateBase, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._ready: dict[str, tuple[str, _Spelled]] = {}

    def execute(
        self, connection: Connection, rows: Sequence[tuple[object, ...]]
    ) -> CursorResult[Any]:
        """Execute for every row; values go to the driver as they are, so they must be of types
        that every driver knows (str, int, bytes)."""
        ready = self._ready.get(connection.dialect.name)
        if ready is None:
            ready = self._ready[connection.dialect.name] = self._made_for(connection.dialect)
        sql, spelled = ready
        return connection.exec_driver_sql(sql, spelled(rows))

    def _made_for(self, dialect: Dialect) -> tuple[str, _Spelled]:
        """The SQL of a dialect, and how its driver wants the rows."""
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        names = self._names
        if not compiled.positional:
            return compiled.string, lambda rows: [
                dict(zip(names, row, strict=True)) for row in rows
            ]
        places = [names.index(name) for name in compiled.positiontup or ()]
        if places == list(range(len(names))):
            return compiled.string, list
        return compiled.string, lambda rows: [tuple(row[at] for at in places) for row in rows]
