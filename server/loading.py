"""Bringing a document to life from the log, without making anybody wait for it.

A checkpoint that is not as it was written never takes a document down: an older one is used, or
all rows in the end, for they make the same document.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from functools import partial
from typing import Any

import structlog
from pycrdt import Doc
from sqlalchemy import Connection

from models import epochs, update_log
from models.documents import DocumentName
from models.update_log import FIRST_EPOCH, Stored
from server import live_metrics as metrics
from server.faults import is_a_fault
from server.reading import Reader
from sync.live import CHECKPOINT_EVERY
from sync.loaded import Loaded, rebuilding
from sync.room import Room

log = structlog.get_logger()


async def brought_to_life(
    read: Reader, name: DocumentName
) -> tuple[Stored, frozenset[int], Doc[Any]]:
    """What the log has of a document, the client ids of its earlier epochs, and the document.

    Raises what the library raises when not even all rows can be applied.
    """
    below: int | None = None
    while True:
        stored, former = await read(partial(_stored, name=str(name), below=below))
        _tell_of_damage(name, stored.damaged)
        try:
            return stored, former, await _in_turns(rebuilding(Loaded(stored.state, stored.tail)))
        except BaseException as error:
            if stored.state is None or not is_a_fault(error):
                raise
            # its hash fits, or it has none, and the library cannot read it
            _tell_of_damage(name, (stored.seq,))
            below = stored.seq


def living(stored: Stored, doc: Doc[Any], suspended: bool) -> Room:
    """The room of a document that was brought to life, by the clocks of this machine."""
    loaded = Loaded(stored.state, stored.tail, stored.marks)
    return Room(loaded, time.monotonic, _today, suspended, time.thread_time, doc, CHECKPOINT_EVERY)


def _today() -> int:
    return time.time_ns() // 1_000_000


def _stored(connection: Connection, name: str, below: int | None) -> tuple[Stored, frozenset[int]]:
    stored = update_log.load(connection, name, below)
    if stored.head.epoch == FIRST_EPOCH:
        return stored, frozenset()
    return stored, epochs.clients_before(connection, name, stored.head.epoch)


async def _in_turns(work: Generator[None, None, Doc[Any]]) -> Doc[Any]:
    """Do work in parts, and let everybody else have a turn between them."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            made: Doc[Any] = done.value
            return made
        await asyncio.sleep(0)


def _tell_of_damage(name: DocumentName, seqs: tuple[int, ...]) -> None:
    for seq in seqs:
        metrics.CHECKPOINTS_DAMAGED.inc()
        log.critical("checkpoint-damaged", document=str(name), seq=seq, advice="run verify")
