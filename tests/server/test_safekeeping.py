"""Backup and restore around a real server process, with people who go on typing."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from models import epochs, keys, migrations, people, update_log
from models.database import DATABASE_FILE, database_at, sqlite_url
from models.journal import RESTORER
from models.safekeeping import CopyFailed, make_one_file, read_only
from server.participant import Participant, Refused
from server.safekeeping import NotRestored, back_up, restore
from server.verification import Damaged, verify
from sync.messages import Update
from sync.room import Loaded, Room
from tests.builders import Browser, a_newcomer, appends
from tests.chaos import ROOT, Chaos, Writer, tokens_of
from tests.rows import NIGHT
from tests.written import a_written_database, text_of

WRITERS = ("ana", "bo")


async def samenbeeld(*words: str) -> tuple[int, str]:
    """The command in a process of its own: how it ended and all that it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        *words,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Chaos]:
    """A server process over a populated folder, and two people in its picture."""
    chaos = Chaos(tmp_path / "data", seed=1)
    await chaos.server.start()
    try:
        for name in WRITERS:
            participant = chaos.participant(name)
            await participant.connect()
            document = await participant.open(chaos.address)
            chaos.writers.append(Writer(name, participant, document))
        yield chaos
    finally:
        for writer in chaos.writers:
            await writer.participant.disconnect()
        chaos.server.kill()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


async def type_on(chaos: Chaos, rng: random.Random) -> None:
    """Everybody types until this is cancelled."""
    while True:
        chaos.typed += 1
        rng.choice(chaos.writers).type(f"{chaos.typed:07d} ", rng)
        await asyncio.sleep(0.005)


async def acknowledged(chaos: Chaos) -> set[str]:
    for writer in chaos.writers:
        await writer.participant.saved()
        writer.note_acks()
    return set().union(*(writer.saved for writer in chaos.writers))


def tokens_in(file: Path, document: str) -> list[str]:
    return tokens_of(text_of(file, document))


async def test_backup_wipe_restore_while_people_type(room: Chaos, tmp_path: Path, folder: Path):
    rng = random.Random(2)
    typing = asyncio.create_task(type_on(room, rng))
    await asyncio.sleep(0.5)
    for writer in room.writers:
        writer.note_acks()
    before = set().union(*(writer.saved for writer in room.writers))
    backup, picture = tmp_path / "backup.sqlite3", f"{room.incident}/picture"

    code, said = await samenbeeld("backup", "--to", str(backup), "--data", str(folder))
    assert code == 0, said
    assert f"{picture}@1: " in said
    assert f"{backup.stat().st_size} bytes" in said
    code, said = await samenbeeld("verify", "--data", str(folder))
    assert code == 0, said
    code, said = await samenbeeld("restore", "--from", str(backup), "--data", str(folder))
    assert (code, "in use by another" in said) == (2, True), said

    typing.cancel()
    with suppress(asyncio.CancelledError):
        await typing
    everything = await acknowledged(room)
    there = tokens_in(backup, picture)
    assert len(before) > 20
    assert before <= set(there) < everything
    assert len(there) == len(set(there))

    room.server.kill()
    wipe(folder)
    code, said = await samenbeeld("restore", "--from", str(backup), "--data", str(folder))
    assert code == 0, said
    await room.server.start()
    await old_clients_are_refused(room)
    await somebody_goes_on(room, there, newest_epoch(folder, picture))
    code, said = await samenbeeld("verify", "--data", str(folder))
    assert code == 0, said


def wipe(folder: Path) -> None:
    for file in folder.glob(f"{DATABASE_FILE}*"):
        file.unlink()


async def old_clients_are_refused(room: Chaos) -> None:
    """With the epoch in the address at the door, without one at the first message."""
    ana, bo = room.writers
    without_epoch = room.address.partition("@")[0]
    for writer, address in ((ana, room.address), (bo, without_epoch)):
        held = tokens_of(writer.document.doc)
        async with room.participant(writer.name) as again:
            with pytest.raises(Refused, match="stale-epoch"):
                await open_without_waiting_for_sync(again, address, writer)
        assert tokens_of(writer.document.doc) == held  # nothing was mixed into what they keep


async def open_without_waiting_for_sync(line: Participant, address: str, writer: Writer) -> None:
    document = await line.open(address, writer.document.doc)
    await line.until(lambda: document.refusal is not None)
    raise Refused(document.refusal)


async def somebody_goes_on(room: Chaos, there: list[str], epoch: int) -> None:
    """Who begins anew has the backup, once, and writes on."""
    without_epoch = room.address.partition("@")[0]
    async with room.participant("wil") as wil, room.participant("ana") as ana:
        theirs, mine = await wil.open(f"{without_epoch}@{epoch}"), await ana.open(without_epoch)
        assert tokens_of(theirs.doc) == tokens_of(mine.doc) == there
        Writer("wil", wil, theirs).type("verder. ", random.Random(3))
        await wil.saved()
        await ana.until(lambda: "verder. " in tokens_of(mine.doc))
        assert sorted(tokens_of(mine.doc)) == sorted([*there, "verder. "])
        await ana.disconnect()  # who comes back in the new epoch is not taken for an old one
        await ana.connect()
        await ana.until(lambda: mine.synced)
        assert mine.refusal is None


def newest_epoch(folder: Path, document: str) -> int:
    engine = read_only(folder / DATABASE_FILE)
    with engine.connect() as connection:
        return epochs.latest(connection)[document]


def test_marks_are_carried_over_under_the_new_client_ids(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    restored = restore(tmp_path / "backup", folder, NIGHT)
    assert restored.kept is not None
    with read_only(folder / DATABASE_FILE).connect() as connection:
        old, new = (epochs.marks_in(connection, document, epoch) for epoch in (1, 2))
        stored = update_log.load(connection, document)
        former = epochs.clients_before(connection, document, 2)
    assert [(m.clock, m.author, m.at) for m in old] == [(m.clock, m.author, m.at) for m in new]
    assert former == {mark.client for mark in old}
    assert former.isdisjoint(mark.client for mark in new)
    assert (stored.head.epoch, stored.head.seq, stored.tail) == (2, 1, ())
    assert text_of(folder / DATABASE_FILE, document).get_state() != b"\x00"


def test_R27_who_wrote_after_the_backup_is_of_an_earlier_epoch_too(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    after = write_once_more(folder, document)
    for epoch in (2, 3):  # the second restore knows it from the first
        restore(tmp_path / "backup", folder, NIGHT + timedelta(seconds=epoch))
        with read_only(folder / DATABASE_FILE).connect() as connection:
            assert after in epochs.clients_before(connection, document, epoch)
    verify(read_only(folder / DATABASE_FILE))


def test_R27_a_database_of_the_first_version_says_who_wrote(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    after = write_once_more(folder, document)
    database = database_at(sqlite_url(folder))
    with database.writer.begin() as connection:
        migrations.downgrade(connection, "0001")
    database.dispose()
    assert restore(tmp_path / "backup", folder, NIGHT).kept is not None
    with read_only(folder / DATABASE_FILE).connect() as connection:
        assert after in epochs.clients_before(connection, document, 2)


def write_once_more(folder: Path, document: str) -> int:
    """A row by somebody who had not written before: their client id."""
    database = database_at(sqlite_url(folder))
    with database.writer.begin() as connection:
        room = Room(Loaded(update_log.load(connection, document).state), float, int)
        browser, who = Browser(4711), a_newcomer()
        room.join(who)
        [append] = appends(room.receive(who.member, Update(browser.type("Na de kopie. "))))
        row = update_log.NewRow(append.author, append.at, append.update, append.marks)
        update_log.append(connection, document, update_log.head_of(connection, document), [row])
    database.dispose()
    return 4711


def test_an_epoch_is_above_every_one_that_was_ever_given_out(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    for expected in (2, 3):  # the backup knows only of 1, the database that is replaced of more
        restore(tmp_path / "backup", folder, NIGHT + timedelta(seconds=expected))
        assert newest_epoch(folder, document) == expected
    nobody_knows = tmp_path / "another"
    restored = restore(tmp_path / "backup", nobody_knows, NIGHT)
    assert restored.kept is None
    assert newest_epoch(nobody_knows, document) == int(NIGHT.timestamp()) // 60


def test_a_document_that_only_the_old_database_knew_begins_empty_in_a_new_epoch(
    tmp_path: Path, folder: Path
):
    a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    later = a_written_database(folder, "later")
    restore(tmp_path / "backup", folder, NIGHT)
    with read_only(folder / DATABASE_FILE).connect() as connection:
        stored = update_log.load(connection, later)
    assert (stored.head.epoch, stored.head.seq, stored.state, stored.tail) == (2, 0, None, ())
    database = database_at(sqlite_url(folder))
    with database.writer.begin() as connection:
        row = update_log.NewRow(RESTORER, 1, b"\x00\x00")
        assert update_log.append(connection, later, stored.head, [row]).seq == 1
    database.dispose()


def test_the_old_database_is_kept_also_when_it_cannot_be_read(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    (folder / DATABASE_FILE).write_bytes(b"no database at all" * 100)
    (folder / f"{DATABASE_FILE}-wal").write_bytes(b"its log")
    restored = restore(tmp_path / "backup", folder, NIGHT)
    assert restored.kept is not None
    assert not restored.old_was_read
    assert restored.kept.read_bytes().startswith(b"no database")
    assert restored.kept.with_name(f"{restored.kept.name}-wal").read_bytes() == b"its log"
    assert newest_epoch(folder, document) > 1_000_000


def test_what_cannot_be_is_refused_and_nothing_changes(tmp_path: Path, folder: Path):
    a_written_database(folder)
    backup, old = tmp_path / "backup", folder / DATABASE_FILE
    back_up(folder, backup)
    content = old.read_bytes()
    with pytest.raises(CopyFailed, match="exists already"):
        back_up(folder, backup)
    with pytest.raises(CopyFailed, match="no folder"):
        back_up(folder, tmp_path / "nowhere" / "backup")
    with pytest.raises(CopyFailed, match="no database"):
        back_up(tmp_path, tmp_path / "other")
    with pytest.raises(NotRestored, match="no backup"):
        restore(tmp_path / "nothing", folder, NIGHT)
    with closing(sqlite3.connect(backup, isolation_level=None)) as connection:
        connection.execute("UPDATE updates SET person = 'somebody' WHERE seq = 2")
    with pytest.raises(Damaged, match="updates row 2"):
        restore(backup, folder, NIGHT)
    assert old.read_bytes() == content
    assert not [name for name in names_in(folder) if "partial" in name or "before" in name]


def test_a_backup_of_a_newer_version_is_refused_in_words(tmp_path: Path, folder: Path):
    a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NotRestored, match="another version"):
        restore(tmp_path / "backup", folder, NIGHT)
    assert list(verify(read_only(folder / DATABASE_FILE)))


async def test_the_command_line_says_what_it_does_not_do(tmp_path: Path, folder: Path):
    a_written_database(folder)
    with closing(sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)) as connection:
        connection.execute("UPDATE updates SET at = at + 1 WHERE seq = 3")
    with pytest.raises(Damaged, match="updates row 3"):
        list(verify(read_only(folder / DATABASE_FILE)))
    code, said = await samenbeeld("backup", "--to", str(tmp_path / "b"), "--data", str(folder))
    assert (code, "updates row 3" in said) == (1, True), said
    assert names_in(tmp_path) == ["data"]


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_who_was_shut_out_since_the_backup_stays_out(tmp_path: Path, folder: Path):
    a_written_database(folder)
    database = database_at(sqlite_url(folder))
    with database.writer.begin() as connection:
        ana, bo = (people.find_by_username(connection, name) for name in ("ana", "bo"))
        assert ana is not None
        assert bo is not None
        lost, held = (keys.create(connection, one, label="x", now=NIGHT) for one in (ana, bo))
    back_up(folder, tmp_path / "backup")
    with database.writer.begin() as connection:
        people.disable(connection, ana.id, NIGHT)
    database.dispose()
    restore(tmp_path / "backup", folder, NIGHT)
    with read_only(folder / DATABASE_FILE).connect() as connection:
        again = people.find_by_username(connection, "ana")
        assert again is not None
        assert again.disabled
        assert keys.find(connection, lost, now=NIGHT) is None
        assert keys.find(connection, held, now=NIGHT) is not None


def test_a_restore_is_no_writing(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    with read_only(folder / DATABASE_FILE).connect() as connection:
        written = update_log.last_written(connection, [document])
    back_up(folder, tmp_path / "backup")
    restore(tmp_path / "backup", folder, NIGHT + timedelta(days=1))
    with read_only(folder / DATABASE_FILE).connect() as connection:
        assert update_log.last_written(connection, [document]) == written


def test_a_backup_of_the_first_version_can_be_restored_and_verified(tmp_path: Path, folder: Path):
    document = a_written_database(folder)
    back_up(folder, tmp_path / "backup")
    database = database_at(f"sqlite:///{tmp_path / 'backup'}")
    with database.writer.begin() as connection:
        migrations.downgrade(connection, "0001")
    database.dispose()
    make_one_file(tmp_path / "backup")
    assert [held.document for held in verify(read_only(tmp_path / "backup"))] == [document]
    restore(tmp_path / "backup", folder, NIGHT)
    assert newest_epoch(folder, document) == 2
