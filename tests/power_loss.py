"""Power that fails at any moment, over the real server: what it called saved is there afterwards.

    python -m tests.power_loss 5000

Several people write several documents over real sockets while a layer in SQLite records what
reaches the files (`disk/`). From any moment of that history a folder is made as a disk could hold
it, and opened with our own code: it opens, the chains hold, every row that was acknowledged before
is there.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from pycrdt import Text
from sqlalchemy import Connection, select

from models import epochs, migrations, organisations, update_log
from models.database import DATABASE_FILE, Database, database_at, sqlite_url
from models.tables import updates
from models.update_log import Head
from server import hub, loading
from server.log import set_up_logging
from server.open_room import OpenRoom
from server.participant import OpenDocument, Participant
from server.verification import verify
from tests.disk.faults import THAT_FAIL, FailingDisk
from tests.disk.recording import (
    Event,
    Files,
    Kept,
    Loss,
    Platter,
    Recording,
    Sync,
    Told,
    files_named,
)
from tests.disk.shim import between
from tests.live import LiveServer, a_server, started_again

WAL: Final = f"{DATABASE_FILE}-wal"
DOCUMENTS: Final = {"ana": ("picture", "picture/24"), "bo": ("picture",), "wil": ("picture",)}
LONG: Final = "De Maas stijgt bij Eijsden. " * 800
ROWS_PER_CHECKPOINT: Final = 60
SELDOM: Final = 2 * ROWS_PER_CHECKPOINT
"""Rows; a document that grew has a checkpoint less often."""
MEMORY: Final = Path("/dev/shm")
"""Where folders are made if it is there: how fast the machine's own disk is proves nothing."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A power cut after so many events, what it does, and the seed for what is left to chance."""

    after: int
    loss: Loss
    seed: int


# --- the history -----------------------------------------------------------------------------


@contextmanager
def witnessed(recording: Recording) -> Iterator[None]:
    """Record what a room believes to be on the disk at the moment before it tells anybody, and
    which checkpoints are written."""
    original: Callable[[OpenRoom, Head], None] = OpenRoom.committed
    keep = update_log.checkpoint

    def committed(opened: OpenRoom, head: Head) -> None:
        recording.events.append(Told(str(opened.name), head.seq, head.hash))
        original(opened, head)

    def checkpoint(connection: Connection, document: str, head: Head, *rest: Any) -> None:
        recording.events.append(Kept(document, head.seq))
        keep(connection, document, head, *rest)

    OpenRoom.committed, update_log.checkpoint = committed, checkpoint
    try:
        yield
    finally:
        OpenRoom.committed, update_log.checkpoint = original, keep


async def recorded(folder: Path, seed: int, edits: int, faults: float = 0.0) -> list[Event]:
    """People write, the server is stopped and started, and they write on. `faults` is how likely
    the disk begins to fail at an edit; it mends soon."""
    disk, rng = FailingDisk(), random.Random(seed)
    with between(disk, folder), witnessed(disk), _made_busy():
        async with a_server(folder) as server:
            incident, keys = server.incident, server.keys
            await _write(server, disk, rng, edits, faults)
        # the last connection that closes brings the log into the file and removes it
        async with started_again(folder, incident, keys) as server:
            await _write(server, disk, rng, edits // 2, faults)
    return disk.events


@contextmanager
def _made_busy() -> Iterator[None]:
    """Checkpoints of rooms after fewer rows, and shorter waits for a disk that works again."""
    original = hub.PROBE, loading.CHECKPOINT_EVERY
    hub.PROBE, loading.CHECKPOINT_EVERY = 0.05, ROWS_PER_CHECKPOINT
    try:
        yield
    finally:
        hub.PROBE, loading.CHECKPOINT_EVERY = original


async def _write(
    server: LiveServer, disk: FailingDisk, rng: random.Random, edits: int, faults: float
) -> None:
    pens: list[tuple[Participant, OpenDocument]] = []
    for person, documents in DOCUMENTS.items():
        participant = server.participant(person)
        await participant.connect()
        pens += [(participant, await participant.open(server.named(one))) for one in documents]
    for _ in range(edits):
        if rng.random() < (0.2 if disk.fault else faults):
            disk.fault = None if disk.fault else rng.choice(THAT_FAIL)
        participant, document = rng.choice(pens)
        text: Text = document.doc.get("t", type=Text)
        text += LONG if rng.random() < 0.01 else f"{rng.getrandbits(40):010x} "
        if disk.fault:
            await asyncio.sleep(0.01)
        elif rng.random() < 0.3:
            await _saved(participant)
    disk.fault = None
    for participant, _ in pens:
        await _saved(participant)
    for participant, _ in pens:
        await participant.disconnect()


async def _saved(participant: Participant) -> None:
    """Come back until everything is acknowledged, as a page does."""
    while True:
        if not participant.connected:
            await participant.disconnect()
            await participant.connect()
        with suppress(ConnectionError):
            await participant.saved()
            return


# --- the cuts --------------------------------------------------------------------------------


def moments(events: Sequence[Event], count: int, seed: int) -> list[Moment]:
    """Moments by chance, in order of time."""
    rng = random.Random(seed)
    losses = list(Loss)
    return sorted(
        (
            Moment(rng.randint(0, len(events)), rng.choice(losses), rng.getrandbits(32))
            for _ in range(count)
        ),
        key=lambda one: one.after,
    )


def look(events: Sequence[Event], chosen: Sequence[Moment], folder: Path) -> Counter[str]:
    """Cut the power at each moment and look at what is found; raises AssertionError."""
    platter, done = Platter(random.Random(len(events))), 0
    told: dict[str, Told] = {}
    seen: Counter[str] = Counter()
    for moment in chosen:
        for event in events[done : moment.after]:
            platter.take(event)
            if isinstance(event, Told):
                told[event.document] = event
        done = moment.after
        rng = random.Random(moment.seed)
        files = platter.after_power_loss(moment.loss, rng)
        seen += _examine(_laid_out(files, folder, rng), told, moment)
        seen["cut while something was on its way"] += bool(platter.on_the_way)
    return seen


def _laid_out(files: Files, folder: Path, rng: random.Random) -> Path:
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if rng.random() < 0.5:
        # of the shared memory beside it anything at all may be left
        (folder / f"{DATABASE_FILE}-shm").write_bytes(rng.randbytes(32768))
    return folder


def _examine(folder: Path, told: dict[str, Told], moment: Moment) -> Counter[str]:
    database = database_at(sqlite_url(folder))
    try:
        seen = _made_ready(database)
        with database.reader.connect() as connection:
            if moment.seed % 8 == 0:
                said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
                assert said == ["ok"], f"{moment}: {said}"
            for document, epoch in epochs.latest(connection).items():
                assert update_log.verify(connection, document, epoch) is None, moment
            for one in told.values():
                found = connection.execute(
                    select(updates.c.hash).where(
                        updates.c.document == one.document, updates.c.seq == one.seq
                    )
                ).scalar()
                assert found == one.hash, f"{moment}: {one.document} lost row {one.seq}"
                seen["acknowledged rows that had to be there"] += one.seq
        if moment.seed % 32 == 0:
            held = list(verify(database.reader))
            seen["verified in full"] += 1
            seen["checkpoints of rooms found whole"] += sum(each.checkpoints for each in held)
    finally:
        database.dispose()
    return seen


def _made_ready(database: Database) -> Counter[str]:
    """As at every start of a server: tables that are not there yet are made."""
    with database.writer.begin() as connection:
        if migrations.is_at_head(connection):
            return Counter({"opened": 1})
        migrations.upgrade(connection)
        organisations.store(connection, organisations.shipped())
        return Counter({"opened": 1, "begun anew": 1})


# --- all together ----------------------------------------------------------------------------


def checkpoints_of(events: Sequence[Event]) -> int:
    """How often the write-ahead log was brought into the file."""
    main = files_named(events, DATABASE_FILE)
    return sum(isinstance(one, Sync) and one.file in main for one in events)


def checkpoints_of_rooms(events: Sequence[Event]) -> int:
    """How often a checkpoint of a room was written; fails when that was seldom: then the cuts prove
    little about them."""
    kept = sum(isinstance(one, Kept) for one in events)
    rows = {one.document: one.seq for one in events if isinstance(one, Told)}
    assert kept > sum(rows.values()) / SELDOM, f"{kept} checkpoints of rooms for {rows}"
    return kept


def history(seed: int, edits: int) -> list[Event]:
    """A history in a folder of its own; every second one on a disk that fails now and then."""
    set_up_logging("critical")
    with in_memory() as folder:
        return asyncio.run(recorded(folder, seed, edits, faults=0.02 * (seed % 2)))


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder for files that are there for a moment."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


def power_loss(seed: int, edits: int, cuts: int) -> Counter[str]:
    """Record one history and cut the power in it; the figures. Raises AssertionError."""
    events = history(seed, edits)
    with in_memory() as folder:
        seen = look(events, moments(events, cuts, seed), folder)
    return seen + Counter(
        {
            "histories": 1,
            "events recorded": len(events),
            "commits": sum(isinstance(one, Told) for one in events),
            "syncs that failed": sum(isinstance(one, Sync) and one.failed for one in events),
            "checkpoints of the write-ahead log": checkpoints_of(events),
            "checkpoints of rooms": checkpoints_of_rooms(events),
        }
    )


def many(cuts: int, histories: int = 10, edits: int = 900) -> str:
    """Cut the power so often, over several histories in two processes; the figures in words."""
    seen: Counter[str] = Counter()
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as processes:
        share = -(-cuts // histories)
        under_way: list[Any] = [
            processes.submit(power_loss, seed, edits, share) for seed in range(histories)
        ]
        for one in under_way:
            seen += one.result()
    return ", ".join(f"{count} {name}" for name, count in sorted(seen.items()))


if __name__ == "__main__":
    began = time.monotonic()
    print(many(int(sys.argv[1])), f"({time.monotonic() - began:.0f} s)")
