"""A right that is withdrawn while its request is on its way is not used any more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Connection, update

from models import incidents, keys, tables
from models.incidents import Incident
from models.vocabulary import IncidentId, OrganisationCode, Role
from server.authenticate import utc_now
from tests.live import LiveServer, a_server

ANA, BO = OrganisationCode("24"), OrganisationCode("23")
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


@dataclass
class Sending:
    """A request of which the headers are out and its body is sent piece by piece."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, body: str) -> None:
        self.writer.write(body.encode())
        await self.writer.drain()

    async def status(self) -> int:
        line = await asyncio.wait_for(self.reader.readline(), 10)
        self.writer.close()
        return int(line.split()[1])


async def begin(
    server: LiveServer, person: str, method: str, path: str, kind: str, length: int
) -> Sending:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    sending = Sending(reader, writer)
    await sending.send(
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n"
        f"authorization: Bearer {server.keys[person]}\r\naccept: application/json\r\n"
        f"content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )
    return sending


async def part(server: LiveServer, by: str, organisation: str, role: str) -> int:
    """A whole request to change how an organisation takes part."""
    body = f"organisation={organisation}&role={role}&grip="
    path = f"/incidents/{server.incident}/participations"
    sending = await begin(server, by, "POST", path, FORM, len(body))
    await sending.send(body)
    return await sending.status()


def stored(server: LiveServer) -> Incident:
    with server.services.database.reader.connect() as connection:
        found = incidents.find(connection, server.incident)
    assert found is not None
    return found


def how_many(server: LiveServer) -> int:
    with server.services.database.reader.connect() as connection:
        return len(connection.execute(tables.incidents.select()).all())


def make(server: LiveServer, organisation: OrganisationCode, role: Role) -> Callable[..., None]:
    id = IncidentId(server.incident)
    return lambda connection: incidents.set_participation(connection, id, organisation, role, None)


def lower_ana(connection: Connection) -> None:
    """As a person: with no incident concerned as well."""
    hers = tables.persons.c.username == "ana"
    connection.execute(update(tables.persons).where(hers).values(role=Role.EDITOR))


def end_anas_key(server: LiveServer) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        key = keys.find(connection, server.keys["ana"], now=utc_now())
        assert key is not None
        keys.end(connection, key.key_hash, utc_now())

    return work


@contextlib.contextmanager
def a_busy_writer(
    server: LiveServer, last: Callable[[Connection], Any] | None = None
) -> Iterator[None]:
    """The writer's turn is taken until the end of the block; `last` is what is then written."""
    free = threading.Event()

    def work(connection: Connection) -> None:
        assert free.wait(10)
        if last is not None:
            last(connection)

    writing = asyncio.ensure_future(server.services.writer.run(work))
    try:
        yield
    finally:
        free.set()
        writing.add_done_callback(lambda done: done.result())


async def all_waiting(server: LiveServer, number: int) -> None:
    """So many requests were found to be allowed, and wait for the writer."""
    waiting = server.services.writer._thread._work_queue
    while waiting.qsize() < number:  # noqa: ASYNC110 the queue tells nobody
        await asyncio.sleep(0.01)


WISHES: Final = {
    "participations": (
        "POST",
        "/incidents/{id}/participations",
        FORM,
        "organisation=22&role=editor",
    ),
    "phase": ("POST", "/incidents/{id}/phase", FORM, "phase=closed"),
    "new": ("POST", "/incidents/new", FORM, "title=Storm&phase=warm&tlp=AMBER&rhythm=30"),
    "rest-new": ("POST", "/api/v1/incidents", JSON, '{"title": "Storm"}'),
    "rest-change": ("PATCH", "/api/v1/incidents/{id}", JSON, '{"phase": "closed"}'),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("ended", [False, True], ids=["lowered", "key-ended"])
async def test_while_the_body_is_on_its_way(server: LiveServer, wish: str, ended: bool):
    method, path, kind, body = WISHES[wish]
    before, at = (stored(server), how_many(server)), path.format(id=server.incident)
    sending = await begin(server, "ana", method, at, kind, len(body))
    await sending.send(body[:5])
    await asyncio.sleep(0.2)
    await server.services.writer.run(end_anas_key(server) if ended else lower_ana)
    await sending.send(body[5:])
    assert await sending.status() == (401 if ended else 403)
    assert (stored(server), how_many(server)) == before


async def test_a_removed_organisation_does_not_give_itself_its_role_back(server: LiveServer):
    body, id = f"organisation={ANA}&role=coordinator&grip=4", IncidentId(server.incident)
    path = f"/incidents/{id}/participations"
    sending = await begin(server, "ana", "POST", path, FORM, len(body))
    await sending.send(body[:5])
    await asyncio.sleep(0.2)
    await server.services.writer.run(lambda c: incidents.end_participation(c, id, ANA))
    await sending.send(body[5:])
    assert await sending.status() == 404
    assert ANA not in {each.code for each in stored(server).participations}


@pytest.mark.parametrize("wish", ["participations", "phase", "rest-new", "rest-change"])
async def test_while_the_writer_is_busy(server: LiveServer, wish: str):
    method, path, kind, body = WISHES[wish]
    before, at = (stored(server), how_many(server)), path.format(id=server.incident)
    with a_busy_writer(server, lower_ana):
        sending = await begin(server, "ana", method, at, kind, len(body))
        await sending.send(body)
        await asyncio.wait_for(all_waiting(server, 1), 5)
    assert await sending.status() == 403
    assert (stored(server), how_many(server)) == before


@pytest.mark.parametrize(
    ("hers", "his", "answers"),
    [
        (("23", "none"), ("24", "none"), [303, 404]),
        (("24", "editor"), ("23", "editor"), [303, 422]),
    ],
    ids=["each-other", "themselves"],
)
async def test_two_coordinators_at_once_leave_one(
    server: LiveServer, hers: tuple[str, str], his: tuple[str, str], answers: list[int]
):
    await server.services.writer.run(make(server, BO, Role.COORDINATOR))
    raised = tables.persons.c.username == "bo"
    await server.services.writer.run(
        lambda c: c.execute(update(tables.persons).where(raised).values(role=Role.COORDINATOR))
    )
    with a_busy_writer(server):
        both = asyncio.gather(part(server, "ana", *hers), part(server, "bo", *his))
        await asyncio.wait_for(all_waiting(server, 2), 5)
    assert sorted(await both) == answers
    coordinators = [each for each in stored(server).participations if each.role == "coordinator"]
    assert len(coordinators) == 1
