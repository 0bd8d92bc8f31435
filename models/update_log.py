"""The update log: append-only, numbered without gaps, chained by hashes.

Functions take a SQLAlchemy connection inside a transaction of the caller's; nothing commits
here. `seq` counts from 1 per document and epoch. A row that was committed is never changed;
checkpoints make loading short and remove nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, exists, func, insert, select, text, update

from models import checkpoints
from models.checkpoints import checkpoint as checkpoint
from models.journal import (
    BEFORE_THE_FIRST,
    RESTORER,
    Author,
    Broken,
    Entry,
    Mark,
    first_break,
    hash_behind,
)
from models.statements import Prepared
from models.tables import heads, marks, updates


class Overtaken(Exception):
    """Somebody else appended to this document first; load again and try again."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """An update to be appended, who sent it, and the marks it makes."""

    author: Author
    at: int
    payload: bytes
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """Where a document stands."""

    epoch: int
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as the log has it: the newest checkpoint that is as it was written (`state`,
    after row `seq`), the payloads after it, and all marks. `damaged` are newer ones."""

    head: Head
    state: bytes | None
    tail: tuple[bytes, ...]
    marks: tuple[Mark, ...]
    seq: int = 0
    damaged: tuple[int, ...] = ()


FIRST_EPOCH: Final = 1
_READ_TOGETHER: Final = 1000
"""Rows held in memory while a whole chain is read."""


def head_before_the_first() -> Head:
    """Where a document stands that was never written."""
    return Head(FIRST_EPOCH, 0, BEFORE_THE_FIRST)


def head_of(connection: Connection, document: str) -> Head:
    """The head of the newest epoch; a document never written stands at epoch 1, seq 0."""
    row = connection.execute(
        select(heads.c.epoch, heads.c.seq, heads.c.hash)
        .where(heads.c.document == document)
        .order_by(heads.c.epoch.desc())
        .limit(1)
    ).first()
    return head_before_the_first() if row is None else Head(*row)


def epochs_of(connection: Connection, documents: Sequence[str]) -> dict[str, int]:
    """The present epoch of each document, in one query."""
    rows = connection.execute(
        select(heads.c.document, func.max(heads.c.epoch))
        .where(heads.c.document.in_(documents))
        .group_by(heads.c.document)
    )
    return dict.fromkeys(documents, FIRST_EPOCH) | {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class Addition:
    """Rows to be appended to one document behind `head`."""

    document: str
    head: Head
    rows: Sequence[NewRow]


def append(connection: Connection, document: str, head: Head, rows: Sequence[NewRow]) -> Head:
    """Append `rows` behind `head` and return the new head.

    Raises Overtaken when the document does not stand at `head` any more; then nothing of this
    transaction may be committed.
    """
    return append_all(connection, [Addition(document, head, rows)])[0]


def append_all(connection: Connection, additions: Sequence[Addition]) -> list[Head]:
    """Append to several documents at once and return their new heads, in the same order; each
    document may be named once. Raises Overtaken as `append` does."""
    new_heads: list[Head] = []
    entries_made: list[tuple[object, ...]] = []
    marks_made: list[tuple[object, ...]] = []
    for one in additions:
        new_heads.append(_number(one, entries_made))
        marks_made += [
            _mark_values(one.document, one.head.epoch, mark)
            for row in one.rows
            for mark in row.marks
        ]
    _advance(connection, [(one, head) for one, head in zip(additions, new_heads, strict=True)])
    if entries_made:
        _INSERT_UPDATES.execute(connection, entries_made)
    if marks_made:
        _INSERT_MARKS.execute(connection, marks_made)
    return new_heads


def _number(one: Addition, into: list[tuple[object, ...]]) -> Head:
    """Number and chain the rows of one addition; the head they end at."""
    document, epoch, previous = one.document, one.head.epoch, one.head.hash
    for seq, row in enumerate(one.rows, start=one.head.seq + 1):
        person, organisation = row.author.person, row.author.organisation
        entry = document, epoch, seq, person, organisation, row.at, row.payload
        previous = hash_behind(previous, *entry)
        into.append((*entry, previous))
    return Head(epoch, one.head.seq + len(one.rows), previous)


def _advance(connection: Connection, steps: Sequence[tuple[Addition, Head]]) -> None:
    """Move every head, each only if it still stands where the addition was based on."""
    # sorted: two that lock the same heads in one order never wait for each other in a circle
    changed = sorted(
        (one.document, one.head, head) for one, head in steps if head.seq != one.head.seq
    )
    if not changed:
        return
    fresh = [
        {"document": document, "epoch": old.epoch, "hash": old.hash}
        for document, old, _ in changed
        if old.seq == 0
    ]
    if fresh:
        connection.execute(_BEGIN_HEADS, fresh)
    moved = _MOVE_HEADS.execute(
        connection,
        [
            (new.seq, new.hash, document, old.epoch, old.seq, old.hash)
            for document, old, new in changed
        ],
    )
    if moved.rowcount != len(changed):
        raise Overtaken(", ".join(document for document, _, _ in changed))


_BEGIN_HEADS: Final = text(
    "INSERT INTO heads (document, epoch, seq, hash) VALUES (:document, :epoch, 0, :hash)"
    " ON CONFLICT DO NOTHING"
)
"""For documents that are written for the first time, perhaps by two at once."""
_newer: Final = heads.alias("newer")
_INSERT_UPDATES: Final = Prepared(insert(updates), updates.c.keys())
_INSERT_MARKS: Final = Prepared(insert(marks), marks.c.keys())
_MOVE_HEADS: Final = Prepared(
    update(heads)
    .where(
        heads.c.document == bindparam("of"),
        heads.c.epoch == bindparam("in_epoch"),
        heads.c.seq == bindparam("from_seq"),
        heads.c.hash == bindparam("from_hash"),
        # an epoch that ended is history: whoever still holds it was overtaken by a restore
        ~exists().where(_newer.c.document == heads.c.document, _newer.c.epoch > heads.c.epoch),
    )
    .values(seq=bindparam("to_seq"), hash=bindparam("to_hash")),
    ("to_seq", "to_hash", "of", "in_epoch", "from_seq", "from_hash"),
)


def _mark_values(document: str, epoch: int, mark: Mark) -> tuple[object, ...]:
    who = mark.author
    where = document, epoch, mark.client, mark.clock
    return (*where, who.person, who.organisation, who.name, mark.at)


def load(connection: Connection, document: str, below: int | None = None) -> Stored:
    """The newest epoch of a document: checkpoint, tail and marks. With `below` only a checkpoint
    of an earlier row is used, or none: all rows make the same document."""
    head = head_of(connection, document)
    seq, state, damaged = checkpoints.newest(connection, document, head, below)
    tail = connection.execute(
        select(updates.c.payload)
        .where(
            updates.c.document == document,
            updates.c.epoch == head.epoch,
            updates.c.seq > seq,
            updates.c.seq <= head.seq,
        )
        .order_by(updates.c.seq)
    ).scalars()
    known = _marks_of(connection, document, head.epoch)
    return Stored(head, state, tuple(tail), known, seq, damaged)


def holds(connection: Connection, document: str, head: Head) -> bool:
    """Whether the log has the row that a head stands at: then it has all before it as well."""
    row = updates.c.document == document, updates.c.epoch == head.epoch, updates.c.seq == head.seq
    return connection.execute(select(updates.c.hash).where(*row)).scalar() == head.hash


def _marks_of(connection: Connection, document: str, epoch: int) -> tuple[Mark, ...]:
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
        .order_by(marks.c.at, marks.c.client, marks.c.clock)
    )
    return tuple(Mark(client, clock, Author(*author), at) for client, clock, *author, at in rows)


def last_written(connection: Connection, documents: Sequence[str]) -> dict[str, int]:
    """When each document was last written, in ms since 1970 UTC; documents without rows are
    absent, and a restore is no writing."""
    newest = (
        select(updates.c.document, updates.c.at)
        .join(
            heads,
            (heads.c.document == updates.c.document)
            & (heads.c.epoch == updates.c.epoch)
            & (heads.c.seq == updates.c.seq),
        )
        .where(heads.c.document.in_(documents), updates.c.person != RESTORER.person)
    )
    written: dict[str, int] = {}
    for document, at in connection.execute(newest):
        written[document] = max(at, written.get(document, at))
    return written


def entries(
    connection: Connection, document: str, epoch: int
) -> Generator[tuple[Entry, bytes], None, None]:
    """Every row with its hash, in order of seq. Close it when it is not read to the end."""
    every = (
        select(
            updates.c.document,
            updates.c.epoch,
            updates.c.seq,
            updates.c.person,
            updates.c.organisation,
            updates.c.at,
            updates.c.payload,
            updates.c.hash,
        )
        .where(updates.c.document == document, updates.c.epoch == epoch)
        .order_by(updates.c.seq)
        .execution_options(yield_per=_READ_TOGETHER)
    )
    with connection.execute(every) as rows:
        for *fields, stored in rows:
            yield Entry(*fields), stored


def verify(connection: Connection, document: str, epoch: int) -> Broken | None:
    """Walk one chain to its head; None when every number and hash holds."""
    broken = first_break(entries(connection, document, epoch))
    if broken is not None:
        return broken
    head = connection.execute(
        select(heads.c.seq, heads.c.hash).where(
            heads.c.document == document, heads.c.epoch == epoch
        )
    ).one()
    last = connection.execute(
        select(updates.c.seq, updates.c.hash)
        .where(updates.c.document == document, updates.c.epoch == epoch)
        .order_by(updates.c.seq.desc())
        .limit(1)
    ).first()
    stands = (0, BEFORE_THE_FIRST) if last is None else tuple(last)
    return None if stands == tuple(head) else Broken(document, epoch, head.seq)
