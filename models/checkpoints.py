"""Checkpoints: whole states to load from, a cache of the log; each says what it hashes to."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, insert, select

from models.tables import checkpoints

MOST_LET_GO: Final = 4
"""Checkpoints that go with each new one: a hundred large ones at once would hold up the keys."""

if TYPE_CHECKING:
    from models.update_log import Head


def newest(
    connection: Connection, document: str, head: Head, below: int | None
) -> tuple[int, bytes | None, tuple[int, ...]]:
    """The newest checkpoint up to `head` whose hash fits, and those above it whose hash does not.
    One of a later row is of a history that was lost."""
    damaged: list[int] = []
    while True:
        found = connection.execute(
            select(checkpoints.c.seq, checkpoints.c.state, checkpoints.c.hash)
            .where(
                checkpoints.c.document == document,
                checkpoints.c.epoch == head.epoch,
                checkpoints.c.seq <= head.seq,
                *([] if below is None else [checkpoints.c.seq < below]),
            )
            .order_by(checkpoints.c.seq.desc())
            .limit(1)
        ).first()
        if found is None:
            return 0, None, tuple(damaged)
        if found.hash is None or sha256(found.state).digest() == found.hash:
            return found.seq, found.state, tuple(damaged)
        below = found.seq
        damaged.append(found.seq)


def checkpoint(connection: Connection, document: str, head: Head, state: bytes, at: int) -> None:
    """Keep `state` as what the document is after row `head.seq`; of older ones so many are let go
    that they lie ever further apart."""
    here = (checkpoints.c.document == document, checkpoints.c.epoch == head.epoch)
    kept = connection.execute(select(checkpoints.c.seq).where(*here).order_by(checkpoints.c.seq))
    for seq in superfluous([*kept.scalars(), head.seq])[:MOST_LET_GO]:
        connection.execute(delete(checkpoints).where(*here, checkpoints.c.seq == seq))
    connection.execute(
        insert(checkpoints),
        {
            "document": document,
            "epoch": head.epoch,
            "seq": head.seq,
            "state": state,
            "at": at,
            "hash": sha256(state).digest(),
        },
    )


def superfluous(seqs: Sequence[int]) -> list[int]:
    """Which checkpoints (by row, in order) need not be kept: where the gap would be no wider than
    half the way to the newest. The two newest stay, and of a hundred about ten."""
    if len(seqs) < 4:
        return []
    before, newest = seqs[0], seqs[-1]
    gone: list[int] = []
    for seq, after in pairwise(seqs[1:-1]):
        if after - before <= (newest - seq) // 2:
            gone.append(seq)
        else:
            before = seq
    return gone
