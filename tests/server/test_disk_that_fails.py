"""A disk that fails under a running server: real faults in the real SQLite, and real clients.

At the end the power is cut at each moment somebody was told "saved": it has to be on the disk.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pycrdt import Text
from websockets.asyncio.client import connect

from models import update_log
from server import hub
from server.participant import OpenDocument, Participant
from sync import codec
from tests.disk.faults import THAT_FAIL, FailingDisk, Fault
from tests.disk.recording import Loss, Told
from tests.disk.shim import between
from tests.live import LiveServer, a_server, started_again, stored_text
from tests.power_loss import Moment, look, witnessed

pytestmark = pytest.mark.layer


@dataclass
class Night:
    """A server on a disk that can fail; ana and bo write, otto reads."""

    folder: Path
    server: LiveServer
    disk: FailingDisk
    ana: Participant
    bo: Participant
    otto: Participant
    picture: OpenDocument
    reading: OpenDocument


@pytest.fixture
async def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    monkeypatch.setattr(hub, "PROBE", 0.1)
    disk = FailingDisk()
    async with AsyncExitStack() as stack:
        stack.enter_context(between(disk, tmp_path))
        stack.enter_context(witnessed(disk))
        server = await stack.enter_async_context(a_server(tmp_path))
        ana, bo, otto = [
            await stack.enter_async_context(server.participant(name))
            for name in ("ana", "bo", "otto")
        ]
        picture = await ana.open(server.named("picture"))
        reading = await otto.open(server.named("picture"))
        await bo.open(server.named("picture"))
        text_in(picture).__iadd__("before ")
        await ana.saved()
        coming = [asyncio.create_task(keep_coming_back(one)) for one in (ana, bo, otto)]
        yield Night(tmp_path, server, disk, ana, bo, otto, picture, reading)
        for task in coming:
            task.cancel()


def text_in(document: OpenDocument) -> Text:
    return document.doc.get("t", type=Text)


async def keep_coming_back(participant: Participant) -> None:
    """What a page does: connect again whenever the line is lost."""
    while True:
        if not participant.connected:
            await participant.disconnect()
            await participant.connect()
        await asyncio.sleep(0.05)


async def until(holds: Callable[[], bool], patience: float = 15.0) -> None:
    ends = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < ends, "it did not come to hold"
        await asyncio.sleep(0.02)


def told_to_wait(document: OpenDocument) -> bool:
    return any(notice.get("reason") == "storage" for notice in document.notices)


def rows(server: LiveServer) -> int:
    with server.services.database.reader.connect() as connection:
        document = f"{server.incident}/picture"
        assert update_log.verify(connection, document, 1) is None
        return update_log.head_of(connection, document).seq


def cut_at_each_telling(night: Night, folder: Path) -> int:
    """Lose everything that was not synced at the moment after each "saved"; the number of these."""
    events = list(night.disk.events)
    moments = [
        Moment(count, Loss.ALL, seed=count)
        for count, one in enumerate(events, start=1)
        if isinstance(one, Told)
    ]
    look(events, moments, folder)
    return len(moments)


@pytest.mark.parametrize("fault", THAT_FAIL)
async def test_R25_a_failing_disk_stores_nothing_by_half_and_all_of_it_afterwards(
    night: Night, tmp_path_factory: pytest.TempPathFactory, fault: Fault
):
    server = night.server
    night.disk.fault = fault
    text_in(night.picture).__iadd__("during ")
    await until(lambda: server.services.hub.storage_failing)
    await until(lambda: told_to_wait(night.picture))
    assert night.disk.met > 0
    assert night.picture.unsaved > 0, "acknowledged without a commit"
    await until(lambda: night.otto.connected and night.reading.synced)
    assert str(text_in(night.reading)) == "before "
    night.disk.fault = None
    await until(lambda: night.ana.connected and not night.picture.unsaved)
    text_in(night.picture).__iadd__("after ")
    await night.ana.saved()
    await until(lambda: str(text_in(night.reading)) == "before during after ")
    assert stored_text(server) == "before during after "
    assert rows(server) == 3
    assert not server.services.hub.storage_failing
    assert cut_at_each_telling(night, tmp_path_factory.mktemp("cut")) >= 2


async def test_a_running_server_always_has_a_reader_open(night: Night):
    """As long as one is, SQLite does not read its log anew: after a sync that failed it would find
    what was refused, and a room made from that would call it saved."""
    night.disk.fault = Fault.SYNC_ERROR
    text_in(night.picture).__iadd__("during ")
    await until(lambda: night.server.services.hub.storage_failing)
    readers = night.server.services.database.reader.pool
    assert readers.checkedin() + readers.checkedout() > 0
    assert stored_text(night.server) == "before "
    night.disk.fault = None


async def test_a_sync_that_takes_seconds_keeps_nobody_else_waiting(night: Night):
    server = night.server
    night.disk.fault = Fault.SLOW_SYNC
    text_in(night.picture).__iadd__("slow ")
    await until(lambda: night.disk.met > 0)
    async with server.participant("wil") as wil:
        await wil.open(server.named("picture/WL"))
    async with connect(server.url, compression=None) as socket:
        await socket.send(codec.PING)
        assert await socket.recv() == codec.PONG
    assert night.picture.unsaved > 0, "all of this took longer than the sync"
    assert str(text_in(night.reading)) == "before ", "seen before it was on the disk"
    await night.ana.saved()
    night.disk.fault = None


async def test_R25_a_server_that_starts_on_a_full_disk_serves_readers_and_stores_later(
    night: Night, tmp_path_factory: pytest.TempPathFactory
):
    """Killed with much in its log, and started where that cannot be brought into the file."""
    text_in(night.picture).__iadd__("long " * 20_000)
    await night.ana.saved()
    text = str(text_in(night.picture))
    killed = tmp_path_factory.mktemp("killed") / "data"
    shutil.copytree(night.folder, killed)
    disk = FailingDisk()
    disk.fault = Fault.NO_SPACE
    keys = night.server.keys
    with between(disk, killed):
        async with started_again(killed, night.server.incident, keys) as server:
            assert disk.met > 0
            async with server.participant("otto") as otto, server.participant("bo") as bo:
                reading = await otto.open(server.named("picture"))
                assert str(text_in(reading)) == text
                writing = await bo.open(server.named("picture"))
                coming = asyncio.create_task(keep_coming_back(bo))
                text_in(writing).__iadd__("after ")
                await until(lambda: told_to_wait(writing))
                disk.fault = None
                await until(lambda: bo.connected and not writing.unsaved)
                coming.cancel()
            assert stored_text(server) == text + "after "
