"""The epochs of documents: which there are, and beginning a new one.

An epoch is the life of a document between two restores. Rows of an epoch that ended stay as
history; the newest one is the document.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, inspect, null, select

from models import update_log
from models.journal import BEFORE_THE_FIRST, RESTORER, Author, Mark
from models.tables import checkpoints, former_clients, heads, marks, updates
from models.update_log import Head, NewRow


def heads_of(connection: Connection, document: str) -> tuple[Head, ...]:
    """The head of each epoch of a document, oldest first."""
    rows = connection.execute(
        select(heads.c.epoch, heads.c.seq, heads.c.hash)
        .where(heads.c.document == document)
        .order_by(heads.c.epoch)
    )
    return tuple(Head(*row) for row in rows)


def latest(connection: Connection) -> dict[str, int]:
    """The newest epoch of every document that has one."""
    rows = connection.execute(
        select(heads.c.document, func.max(heads.c.epoch)).group_by(heads.c.document)
    )
    return {row[0]: row[1] for row in rows}


def without_head(connection: Connection) -> tuple[str, str, int] | None:
    """A table, document and epoch with rows that no head speaks of; None when there are none."""
    for table in (updates, checkpoints, marks):
        row = connection.execute(
            select(table.c.document, table.c.epoch)
            .distinct()
            .outerjoin(
                heads,
                (heads.c.document == table.c.document) & (heads.c.epoch == table.c.epoch),
            )
            .where(heads.c.document.is_(None))
            .limit(1)
        ).first()
        if row is not None:
            return table.name, row[0], row[1]
    return None


def marks_in(connection: Connection, document: str, epoch: int) -> tuple[Mark, ...]:
    """Every mark of one epoch."""
    rows = connection.execute(
        select(
            marks.c.client,
            marks.c.clock,
            marks.c.person,
            marks.c.name,
            marks.c.organisation,
            marks.c.at,
        )
        .where(marks.c.document == document, marks.c.epoch == epoch)
        .order_by(marks.c.client, marks.c.clock)
    )
    return tuple(Mark(client, clock, Author(*author), at) for client, clock, *author, at in rows)


def checkpoints_in(
    connection: Connection, document: str, epoch: int
) -> dict[int, tuple[bytes, int, bytes | None]]:
    """The state, time and hash of every checkpoint of one epoch, by seq. A database of the first
    version, which a backup may be, has no hashes."""
    has_hash = any(one["name"] == "hash" for one in inspect(connection).get_columns("checkpoints"))
    rows = connection.execute(
        select(
            checkpoints.c.seq,
            checkpoints.c.state,
            checkpoints.c.at,
            checkpoints.c.hash if has_hash else null(),
        ).where(checkpoints.c.document == document, checkpoints.c.epoch == epoch)
    )
    return {seq: (state, at, hashed) for seq, state, at, hashed in rows}


def clients_before(connection: Connection, document: str, epoch: int) -> frozenset[int]:
    """Every client id that wrote in an earlier epoch, also in what a restore took away: no one may
    bring it into this one."""
    wrote = select(marks.c.client).where(marks.c.document == document, marks.c.epoch < epoch)
    gone = select(former_clients.c.client).where(former_clients.c.document == document)
    return frozenset(connection.execute(wrote.union(gone)).scalars())


def clients_ever(connection: Connection) -> dict[str, frozenset[int]]:
    """Every client id that ever wrote, by document. The tables may be of an earlier version."""
    wrote = select(marks.c.document, marks.c.client)
    gone = select(former_clients.c.document, former_clients.c.client)
    knows = inspect(connection).has_table(former_clients.name)
    found: dict[str, set[int]] = {}
    for document, client in connection.execute(wrote.union(gone) if knows else wrote.distinct()):
        found.setdefault(document, set()).add(client)
    return {document: frozenset(clients) for document, clients in found.items()}


def keep_out(connection: Connection, document: str, clients: Iterable[int]) -> None:
    """Remember client ids that wrote in what is not here any more."""
    rows = [{"document": document, "client": client} for client in sorted(clients)]
    if rows:
        connection.execute(insert(former_clients), rows)


def begin(
    connection: Connection,
    document: str,
    epoch: int,
    state: bytes | None,
    carried: tuple[Mark, ...],
    at: int,
) -> Head:
    """Begin an epoch: with `state` as its first row, and as a checkpoint; None: with nothing."""
    start = Head(epoch, 0, BEFORE_THE_FIRST)
    if state is None:
        connection.execute(
            insert(heads),
            {"document": document, "epoch": epoch, "seq": 0, "hash": start.hash},
        )
        return start
    first = NewRow(RESTORER, at, state, carried)
    head = update_log.append(connection, document, start, [first])
    update_log.checkpoint(connection, document, head, state, at)
    return head
