"""A real server on a real port in this process, with people, keys and an incident."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from pycrdt import Doc, Text
from pydantic import SecretStr
from sqlalchemy import Connection, event

from models import incidents, keys, people, update_log
from models.incidents import NewIncident
from models.vocabulary import OrganisationCode, Phase, Role
from server.app import application
from server.opening import migrate
from server.participant import Participant
from server.rates import USUAL, Limits
from server.settings import Settings
from server.websocket import CollabProtocol
from server.wiring import Services, build
from tests.rows import NIGHT

PEOPLE: Final = {
    "ana": ("24", Role.COORDINATOR),
    "bo": ("23", Role.EDITOR),
    "wil": ("WL", Role.EDITOR),
    "def": ("DEF", Role.LIAISON),
    "otto": ("JenV", Role.OBSERVER),
    "stranger": ("1", Role.COORDINATOR),
}


def populate(
    connection: Connection, password_hash: str | None = None
) -> tuple[str, dict[str, str]]:
    """People of six organisations, five of them in one incident: its id, and a key for each."""
    found = {
        name: people.create(
            connection,
            username=name,
            name=name.title(),
            organisation=organisation,
            role=role,
            now=NIGHT,
            function="IM",
            password_hash=password_hash,
        )
        for name, (organisation, role) in PEOPLE.items()
    }
    new = NewIncident(title="Hoogwater", phase=Phase.WARM, exercise=True)
    others = [
        (OrganisationCode(organisation), role, 0)
        for organisation, role in list(PEOPLE.values())[1:5]
    ]
    incident = incidents.create(connection, new, found["ana"].actor(), now=NIGHT, others=others)
    tokens = {
        name: keys.create(connection, person, label="test", now=NIGHT)
        for name, person in found.items()
    }
    return incident, tokens


@dataclass
class LiveServer:
    """Where the server listens, who may come, and its parts."""

    port: int
    incident: str
    keys: dict[str, str]
    services: Services

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/collab"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def named(self, document: str, epoch: int | None = 1) -> str:
        """A document of the incident, as it is addressed."""
        at = "" if epoch is None else f"@{epoch}"
        return f"{self.incident}/{document}{at}"

    def participant(self, person: str) -> Participant:
        return Participant(self.url, token=self.keys[person])


@asynccontextmanager
async def a_server(
    folder: Path,
    password: str | None = None,
    database_url: str | None = None,
    limits: Limits = USUAL,
) -> AsyncIterator[LiveServer]:
    """A server over a fresh database, in `folder` or at an address, stopped at the end. With a
    password all its people can sign in; without one they have their keys."""
    address = None if database_url is None else SecretStr(database_url)
    services = build(Settings(data=folder, port=0, database_url=address), limits)
    migrate(services)
    password_hash = None if password is None else services.passwords.hash(password)
    with services.database.writer.begin() as connection:
        incident, tokens = populate(connection, password_hash)
    async with _serving(services, incident, tokens) as server:
        yield server


@asynccontextmanager
async def started_again(
    folder: Path, incident: str, tokens: dict[str, str]
) -> AsyncIterator[LiveServer]:
    """A server over a folder that another one left, in whatever way it ended."""
    services = build(Settings(data=folder, port=0))
    migrate(services)
    async with _serving(services, incident, tokens) as server:
        yield server


@asynccontextmanager
async def _serving(
    services: Services, incident: str, tokens: dict[str, str]
) -> AsyncIterator[LiveServer]:
    config = uvicorn.Config(
        application(services),
        port=0,
        ws=CollabProtocol,
        ws_max_size=1 << 20,
        ws_per_message_deflate=False,
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield LiveServer(port, incident, tokens, services)
    finally:
        server.should_exit = True
        await serving


def stored_text(server: LiveServer, document: str = "picture") -> str:
    """What the log on the disk holds."""
    with server.services.database.reader.connect() as connection:
        stored = update_log.load(connection, f"{server.incident}/{document}")
    doc: Doc[Any] = Doc()
    for payload in stored.tail:
        doc.apply_update(payload)
    return str(doc.get("t", type=Text))


def delay_commits(server: LiveServer, seconds: float) -> None:
    """Make each commit of the writer slow, on its own thread."""

    @event.listens_for(server.services.database.writer, "commit")
    def slow(_: Connection) -> None:
        time.sleep(seconds)
