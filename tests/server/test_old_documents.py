"""Opening, keeping and checking documents that people wrote in for days, on a real server."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text
from sqlalchemy import Connection, select, text, update

from models import update_log
from models.checkpoints import superfluous
from models.documents import DocumentName
from models.journal import Author
from models.tables import checkpoints
from models.update_log import Head, NewRow
from models.vocabulary import IncidentId, OrganisationCode, PersonId
from server import live_metrics as metrics
from server.committer import Batch, Committer, Writer
from server.loading import brought_to_life
from server.reading import Reader
from server.verification import Damaged, verify
from sync.anatomy import canonical
from sync.loaded import Loaded, rebuilt
from tests.builders import Browser
from tests.live import LiveServer, a_server
from tests.old import Size, rows_of, store
from tests.rows import a_database

NAME = DocumentName(IncidentId("limburg"), "picture")
ANA = Author(PersonId("ana"), "Ana", OrganisationCode("24"))
A_DAY = Size(rows=2_000, pages=100)


def an_old_document(connection: Connection, name: str = str(NAME)) -> bytes:
    """Rows with a checkpoint after each quarter; its whole state."""
    rows = list(rows_of(A_DAY))
    head = update_log.head_of(connection, name)
    for at in range(0, len(rows), 500):
        head = update_log.append(connection, name, head, rows[at : at + 500])
        state = rebuilt(Loaded(tail=tuple(row.payload for row in rows[: at + 500]))).get_update()
        if at + 500 < len(rows):
            update_log.checkpoint(connection, name, head, state, rows[at + 499].at)
    return state


def damage(connection: Connection, seq: int, hashed: bool) -> None:
    """Spoil a checkpoint: flip a bit of a letter; or cut it short, without its hash, as one of an
    older version."""
    row = connection.execute(select(checkpoints).where(checkpoints.c.seq == seq)).one()
    flipped = bytearray(row.state if hashed else row.state[:-9])
    flipped[len(flipped) // 2] ^= 0x01
    values: dict[str, Any] = {"state": bytes(flipped), **({} if hashed else {"hash": None})}
    connection.execute(update(checkpoints).where(checkpoints.c.seq == seq).values(**values))


async def loaded(folder: Path) -> tuple[update_log.Stored, Doc[Any]]:
    database = a_database(folder)
    try:
        stored, _, doc = await brought_to_life(Reader(database.reader), NAME)
        return stored, doc
    finally:
        database.dispose()


@pytest.mark.parametrize("hashed", [True, False])
async def test_R39_a_damaged_checkpoint_is_passed_over_and_told(tmp_path: Path, hashed: bool):
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        state = an_old_document(connection)
        damage(connection, 1500, hashed)
    with pytest.raises(Damaged, match="checkpoint at row 1500"):
        list(verify(database.reader))
    database.dispose()
    before = metrics.CHECKPOINTS_DAMAGED._value.get()
    stored, doc = await loaded(tmp_path)
    assert metrics.CHECKPOINTS_DAMAGED._value.get() == before + 1
    assert stored.seq == 1000
    assert canonical(doc.get_update()) == canonical(state)


async def test_R39_without_any_whole_checkpoint_all_rows_are_replayed(tmp_path: Path):
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        state = an_old_document(connection)
        for seq in (500, 1000, 1500):
            damage(connection, seq, hashed=seq != 1000)
    database.dispose()
    stored, doc = await loaded(tmp_path)
    assert (stored.seq, stored.state) == (0, None)
    assert canonical(doc.get_update()) == canonical(state)


async def test_R38_opening_gives_others_their_turn(tmp_path: Path):
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        store(connection, NAME, rows_of(A_DAY))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    class Immediate(Reader):
        """Without waiting: only turns between the parts are counted."""

        async def __call__(self, work: Any) -> Any:
            return self._read(work)

    waiting = asyncio.create_task(others())
    await brought_to_life(Immediate(database.reader), NAME)
    waiting.cancel()
    assert turns >= A_DAY.rows // 200
    database.dispose()


# --- checkpoints beside the keystrokes -----------------------------------------------------------


class OneRoom:
    """A room that has one batch to store, and looks what is on the disk when it is told."""

    def __init__(self, batch: Batch, reader: Reader) -> None:
        self.batch, self.reader = batch, reader
        self.kept_when_told: list[int] | None = None
        self.failed = False

    def take_batch(self) -> Batch:
        return self.batch

    audience = 0

    def committed(self, head: Head) -> None:
        self.kept_when_told = self.reader._read(kept)

    def not_committed(self, error: Exception) -> None:
        self.failed = True


def kept(connection: Connection) -> list[int]:
    return list(connection.execute(select(checkpoints.c.seq).order_by(checkpoints.c.seq)).scalars())


async def commit_with_a_checkpoint(folder: Path, broken: bool) -> tuple[OneRoom, list[int]]:
    database = a_database(folder)
    writer, reader = Writer(database.writer), Reader(database.reader)
    if broken:
        await writer.run(lambda c: c.execute(text("ALTER TABLE checkpoints RENAME TO gone")))
        await writer.run(lambda c: c.execute(text("CREATE VIEW checkpoints AS SELECT * FROM gone")))
    rows = tuple(NewRow(ANA, 100 + n, Browser().type(str(n))) for n in range(3))
    state = rebuilt(Loaded(tail=tuple(row.payload for row in rows[:2]))).get_update()
    start = await reader(lambda c: update_log.head_of(c, str(NAME)))
    room = OneRoom(Batch(str(NAME), start, rows, (2, state)), reader)
    committer = Committer(writer)
    running = asyncio.create_task(committer.run())
    committer.want(room)
    await committer.settled()
    running.cancel()
    found = await reader(kept)
    writer.close()
    database.dispose()
    return room, found


async def test_R39_a_checkpoint_is_written_after_the_commit_of_its_rows(tmp_path: Path):
    room, found = await commit_with_a_checkpoint(tmp_path, broken=False)
    assert room.kept_when_told == []
    assert found == [2]
    assert not room.failed


async def test_R39_a_checkpoint_that_cannot_be_written_fails_nobody(tmp_path: Path):
    before = metrics.CHECKPOINT_FAILURES._value.get()
    room, found = await commit_with_a_checkpoint(tmp_path, broken=True)
    assert metrics.CHECKPOINT_FAILURES._value.get() == before + 1
    assert room.kept_when_told == found == []
    assert not room.failed


async def test_R39_a_server_that_stops_keeps_a_checkpoint_of_what_was_written(tmp_path: Path):
    async with a_server(tmp_path) as server, server.participant("ana") as ana:
        document = await ana.open(server.named("picture"))
        written = document.doc.get("t", type=Text)
        for word in range(60):
            written += f"{word} "
            await ana.saved()
    database = a_database(tmp_path)
    with database.reader.connect() as connection:
        stored = update_log.load(connection, f"{server.incident}/picture")
    assert stored.tail == ()
    assert stored.seq == stored.head.seq == 60
    assert stored.state is not None
    assert str(rebuilt(Loaded(stored.state)).get("t", type=Text)) == str(written)
    assert [held.checkpoints for held in verify(database.reader)] == [1]
    database.dispose()


@pytest.mark.parametrize("seed", range(20))
def test_checkpoints_grow_scarce_with_age(seed: int):
    rng = random.Random(seed)
    seqs: list[int] = []
    for _ in range(300):
        seqs.append((seqs[-1] if seqs else 0) + rng.randrange(50, 1500))
        newest = seqs[-2:]
        gone = superfluous(seqs)
        seqs = [seq for seq in seqs if seq not in gone]
        assert seqs[-2:] == newest
        # of the two before any moment the nearer one is no further away than that moment is old
        for before, after in pairwise(seqs[:-1]):
            assert after - before <= max(3000, (seqs[-1] - before))
    assert len(seqs) < 30


async def test_R40_standings_go_with_the_last_room_of_their_incident(tmp_path: Path):
    async with a_server(tmp_path) as server:
        async with server.participant("ana") as ana:
            await ana.open(server.named("picture"))
            assert len(server.services.hub.standings._known) == 1
        await forgotten(server)
        assert server.services.hub.standings._known == {}


async def forgotten(server: LiveServer) -> None:
    """Close the rooms that nobody is in, as the sweep does in time."""
    hub = server.services.hub
    async with asyncio.timeout(5):
        while hub._connections:  # noqa: ASYNC110 nothing tells of it
            await asyncio.sleep(0.01)
    for room in list(hub._rooms.values()):
        hub._put_away(room)
