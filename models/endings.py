"""Sessions and keys that were ended, persons who were shut out: what a restore must not undo."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from models.tables import api_keys, persons, sessions

Endings = dict[str, list[tuple[bytes | str, datetime]]]
"""By table: the key of a row, and when it ended."""

_WHERE: Final = (
    (sessions, sessions.c.token_hash, sessions.c.ended_at),
    (api_keys, api_keys.c.key_hash, api_keys.c.ended_at),
    (persons, persons.c.id, persons.c.disabled_at),
)


def read(connection: Connection) -> Endings:
    """Everything that has ended."""
    return {
        table.name: [
            (row[0], row[1])
            for row in connection.execute(select(key, ended).where(ended.is_not(None)))
        ]
        for table, key, ended in _WHERE
    }


def carry_over(connection: Connection, endings: Endings) -> None:
    """End here what had ended there; what is not here needs no end."""
    for table, key, ended in _WHERE:
        rows = [{"of": of, "since": since} for of, since in endings[table.name]]
        if rows:
            connection.execute(
                update(table)
                .where(key == bindparam("of"), ended.is_(None))
                .values({ended.name: bindparam("since", type_=ended.type)}),
                rows,
            )
