"""The one thread that writes, and the group commit of all rooms.

SQLite knows one writer at a time, so one thread with one connection does every write of the
process: log, commands, sessions. While it commits, what all rooms produce gathers and becomes
the next transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine, delete, insert
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from models import tables, update_log
from models.journal import BEFORE_THE_FIRST
from models.postgresql import was_hung_up
from models.update_log import Addition, Head, NewRow, Overtaken
from server import live_metrics as metrics
from server.faults import is_a_fault
from server.inbox import Inbox
from server.pace import Pace

Result = TypeVar("Result")

log = structlog.get_logger()

LEAST_OFTEN: Final = 1.0
"""Seconds that a checkpoint waits for a quiet moment at most."""


LARGE_AUDIENCE: Final = 50
"""Members of a room from which on it saves writes to tell several changes as one."""


class Writer:
    """Every write of the process, one transaction after the other, on a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._connection: Connection | None = None

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """Do `work` in one transaction; when this returns, it is on the disk.

        Whatever `work` or the commit raises comes out here, and nothing of it was stored. (Only
        when the line to PostgreSQL breaks during the commit itself, nobody can know; the log
        that is read again afterwards tells.)
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        if self._connection is not None and was_hung_up(self._connection):
            self._forget()
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with self._connection.begin():
                return work(self._connection)
        except SQLAlchemyError:
            # a connection that met a full disk or a lock may be in any state: take a new one
            self._forget()
            raise

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Wait for what is under way and let the thread go."""
        self._thread.submit(self._release).result()
        self._thread.shutdown()

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one room wants stored: rows behind `head`, and a state as of the row numbered in
    `checkpoint` (counted from 1 within these rows)."""

    document: str
    head: Head
    rows: tuple[NewRow, ...]
    checkpoint: tuple[int, bytes] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What a document is after row `seq`, written at `at`: a checkpoint to be kept, if the log
    still has the row that `head` stands at, that one or a later one."""

    document: str
    head: Head
    seq: int
    state: bytes
    at: int


class Committing(Protocol):
    """A room as the committer sees it."""

    @property
    def audience(self) -> int:
        """How many are told what is committed."""

    def take_batch(self) -> Batch:
        """Hand over what waits; called once before each commit."""

    def committed(self, head: Head) -> None:
        """All of the batch is on the disk."""

    def not_committed(self, error: BaseException) -> None:
        """Nothing of the batch is on the disk."""


class Committer:
    """One transaction for whatever all rooms have waiting, again and again."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._pace = Pace()
        self._waiting: dict[int, Committing] = {}
        self._states: dict[str, State] = {}
        """Checkpoints that wait for a quiet moment, the newest of each document."""
        self._kept_at = 0.0
        self._wanted = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.inbox = Inbox(self._gathers, self._wake)

    def _gathers(self) -> bool:
        return self._pace.pause(perf_counter()) > 0

    def _wake(self) -> None:
        self._idle.clear()
        self._wanted.set()

    def want(self, room: Committing) -> None:
        """`room` has something to store."""
        self._waiting[id(room)] = room
        self._wake()

    def keep(self, state: State) -> None:
        """Write a checkpoint when nobody waits; its row must be committed."""
        self._states[state.document] = state
        self._wake()

    async def run(self) -> None:
        """Commit for ever; cancel to stop, after `settled`."""
        while True:
            await self._wanted.wait()
            if (pause := self._pace.pause(perf_counter())) > 0:
                await asyncio.sleep(pause)
            self._wanted.clear()
            self.inbox.open()
            rooms = list(self._waiting.values())
            self._waiting.clear()
            await self._commit_all(rooms)
            await self._keep_one()
            if not (self._waiting or self.inbox.holds_any or self._states):
                self._idle.set()

    async def _keep_one(self) -> None:
        """One checkpoint, in a transaction of its own: keys do not wait for megabytes. Without a
        quiet moment, one a second."""
        now, busy = perf_counter(), self._waiting or self.inbox.holds_any
        if self._states and (not busy or now - self._kept_at > LEAST_OFTEN):
            self._kept_at = now
            state = self._states.pop(next(iter(self._states)))
            try:
                await self._writer.run(lambda c: _keep(c, state))
            except Exception as error:  # noqa: BLE001 loading takes longer, nothing is lost
                metrics.CHECKPOINT_FAILURES.inc()
                log.error("checkpoint-failed", document=state.document, error=type(error).__name__)
        if self._states:
            self._wanted.set()

    async def settled(self) -> None:
        """Wait until nothing waits to be stored, or to be looked at."""
        await self._idle.wait()

    async def _commit_all(self, rooms: list[Committing]) -> None:
        """Commit what these rooms have; one that fails in its own code harms no other."""
        batches: list[tuple[Committing, Batch]] = []
        for room in rooms:
            try:
                batches.append((room, room.take_batch()))
            except BaseException as error:
                if not is_a_fault(error):
                    raise
                _fail(room, error)
        if batches:
            await self._commit(batches)

    async def _commit(self, batches: list[tuple[Committing, Batch]]) -> None:
        began = perf_counter()
        taken = [batch for _, batch in batches]
        rows = sum(len(batch.rows) for batch in taken)
        try:
            heads = await self._writer.run(lambda connection: store(connection, taken))
        except OperationalError as error:
            # the disk is full, the database is locked: no room can be stored at the moment
            _fail_all(batches, error)
        except Exception as error:  # noqa: BLE001 logged, and the rooms concerned start anew
            if len(batches) == 1:
                _fail_all(batches, error)
                return
            for one in batches:
                await self._commit([one])
        else:
            self._pace.committed(rows, perf_counter())
            metrics.COMMIT_SECONDS.observe(perf_counter() - began)
            metrics.COMMITTED_UPDATES.inc(rows)
            self._tell(batches, heads)
            for batch, head in zip(taken, heads, strict=True):
                if batch.checkpoint is not None:
                    self.keep(_state(batch, head))

    def _tell(self, batches: list[tuple[Committing, Batch]], heads: list[Head]) -> None:
        spent = 0.0
        for (room, _), head in zip(batches, heads, strict=True):
            began = perf_counter()
            try:
                room.committed(head)
            except BaseException as error:
                if not is_a_fault(error):
                    raise
                # it is stored; who was not told comes back and finds it
                _fail(room, error)
            if room.audience >= LARGE_AUDIENCE:
                spent += perf_counter() - began
        self._pace.told(spent, perf_counter())


def _fail_all(batches: Sequence[tuple[Committing, Batch]], error: BaseException) -> None:
    for room, _ in batches:
        _fail(room, error)


def _fail(room: Committing, error: BaseException) -> None:
    """Nothing more may be said for this batch: the room is told, and the operator."""
    metrics.COMMIT_FAILURES.inc()
    known = isinstance(error, SQLAlchemyError | Overtaken)
    log.error("commit-failed", error=type(error).__name__, exc_info=None if known else error)
    room.not_committed(error)


def store(connection: Connection, batches: Sequence[Batch]) -> list[Head]:
    """Write every batch in this transaction and return the new heads, in the same order."""
    return update_log.append_all(
        connection, [Addition(one.document, one.head, one.rows) for one in batches]
    )


def _state(batch: Batch, head: Head) -> State:
    assert batch.checkpoint is not None
    count, state = batch.checkpoint
    return State(batch.document, head, batch.head.seq + count, state, batch.rows[count - 1].at)


def _keep(connection: Connection, one: State) -> None:
    if not update_log.holds(connection, one.document, one.head):
        # a database that lost rows (a standby that took over): the state is of another history
        log.error("checkpoint-of-a-lost-history", document=one.document, seq=one.seq)
        return
    at_row = replace(one.head, seq=one.seq)
    update_log.checkpoint(connection, one.document, at_row, one.state, one.at)


def probe(connection: Connection) -> None:
    """Write to the disk and leave nothing: raises SQLAlchemyError while it cannot be done."""
    row = {"document": "", "epoch": 0, "seq": 0, "hash": BEFORE_THE_FIRST}
    connection.execute(insert(tables.heads), row)
    connection.execute(delete(tables.heads).where(tables.heads.c.document == ""))
