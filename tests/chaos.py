"""kill -9 at random moments, with four writers, a reader and somebody who joins.

    python dev.py chaos --rounds 200 --seed 1 [--database postgresql]

With PostgreSQL underneath, its server is killed too, in every other round or so.
After every kill somebody who holds nothing looks first: each edit that a writer was told is
saved, and each edit that anybody else had received, must be there, once. At the end everybody
comes back, all converge, and the chain of hashes is verified.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pycrdt import Doc, Text
from websockets.exceptions import WebSocketException

from models import update_log
from models.database import database_at, sqlite_url
from server.participant import OpenDocument, Participant
from tests.forked import Forked
from tests.live import populate
from tests.postgresql import PostgresServer, a_postgres_server
from tests.rows import a_database

ROOT: Final = Path(__file__).parent.parent
WRITERS: Final = ("ana", "bo", "wil", "ana")
TOKEN: Final = 8
"""Every edit inserts a token of this many characters at the end of a token."""


@dataclass
class ServerProcess:
    """The real server in a process of its own; `before` is called there first."""

    folder: Path
    port: int
    database_url: str | None = None
    process: Forked | None = None
    before: Callable[[], None] | None = None

    def spawn(self) -> Forked:
        """A server over the folder, not yet listening."""
        options = ["--port", str(self.port), "--data", str(self.folder)]
        return Forked(["run", *options], self.before, self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """What it is told beside the command."""
        quiet = {"SAMENBEELD_LOG_LEVEL": "error"}
        where = self.database_url
        return quiet if where is None else quiet | {"SAMENBEELD_DATABASE_URL": where}

    async def start(self) -> None:
        """Start it and wait until it listens; raises RuntimeError when it does not."""
        self.process = self.spawn()
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.005)
            else:
                writer.close()
                return
        raise RuntimeError("the server does not listen")

    @property
    def pid(self) -> int | None:
        """Which process it is."""
        return None if self.process is None else self.process.pid

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()


@dataclass
class Writer:
    """Somebody who types tokens, and remembers which of them were acknowledged."""

    name: str
    participant: Participant
    document: OpenDocument
    needs: dict[str, int] = field(default_factory=dict)
    saved: set[str] = field(default_factory=set)
    wrote: set[str] = field(default_factory=set)

    def type(self, token: str, rng: random.Random) -> None:
        """Insert a token somewhere between others."""
        text: Text = self.document.doc.get("t", type=Text)
        self.wrote.add(token)
        text.insert(rng.randint(0, len(str(text)) // TOKEN) * TOKEN, token)
        self.needs[token] = self.document.sent

    def note_acks(self) -> None:
        """Move what was acknowledged by now to `saved`."""
        for token, needed in list(self.needs.items()):
            if self.document.acked >= needed:
                self.saved.add(token)
                del self.needs[token]

    async def come_back(self) -> None:
        """Connect again: all that was not acknowledged travels in the first step 2."""
        await self.participant.disconnect()
        self.needs = dict.fromkeys(self.needs, 1)
        await self.participant.connect()


def tokens_of(doc: Doc[Any]) -> list[str]:
    """The tokens in a document, in order."""
    text = str(doc.get("t", type=Text))
    return [text[at : at + TOKEN] for at in range(0, len(text), TOKEN)]


class Chaos:
    """One run: a server that is killed again and again, and everybody around it."""

    def __init__(self, folder: Path, seed: int, postgres: PostgresServer | None = None) -> None:
        self.folder = folder
        self.rng = random.Random(seed)
        self.postgres = postgres
        url = None if postgres is None else postgres.fresh_database()
        self.server = ServerProcess(folder, _free_port(), url)
        database = a_database(url or folder)
        with database.writer.begin() as connection:
            self.incident, self.keys = populate(connection)
        database.dispose()
        self.address = f"{self.incident}/picture@1"
        self.writers: list[Writer] = []
        self.typed = 0
        self.seen: set[str] = set()
        self.under_way = 0

    def participant(self, name: str) -> Participant:
        """A line of one person."""
        return Participant(f"ws://127.0.0.1:{self.server.port}/collab", token=self.keys[name])

    async def run(self, rounds: int) -> dict[str, int]:
        """The figures; raises AssertionError when anything is lost or doubled."""
        await self.server.start()
        await self._greet_writers()
        for _ in range(rounds):
            await self._round()
            await self._strike()
        figures = await self._end()
        self.server.kill()
        return {"rounds": rounds, **figures}

    async def _strike(self) -> None:
        """kill -9, a new server, somebody who looks, and the writers come back."""
        self._crash()
        self._note()
        await self.server.start()
        await self._inspect()
        for writer in self.writers:
            await writer.come_back()

    async def _greet_writers(self) -> None:
        for number, name in enumerate(WRITERS):
            participant = self.participant(name)
            await participant.connect()
            document = await participant.open(self.address)
            self.writers.append(Writer(f"{name}{number}", participant, document))

    def _crash(self) -> None:
        """The server dies; where there is PostgreSQL, that too at times, before or after it."""
        first = self.rng.random() if self.postgres is not None else 1.0
        if self.postgres is not None and first < 0.25:
            self.postgres.kill()
        self.server.kill()
        if self.postgres is not None and first < 0.5:
            self.postgres.kill()
            self.postgres.start()

    async def _round(self) -> None:
        """Everybody types; somebody joins in the middle; it ends at a random moment."""
        ends = time.monotonic() + self.rng.uniform(0.05, 0.6)
        joiner = asyncio.create_task(self._join())
        while time.monotonic() < ends:
            self._type()
            await asyncio.sleep(self.rng.choice((0, 0, 0.002, 0.01)))
        self.joining = joiner

    def _type(self) -> None:
        """One more token, by somebody."""
        self.typed += 1
        self.rng.choice(self.writers).type(f"{self.typed:07d} ", self.rng)

    async def _join(self) -> None:
        """Come with nothing, look, and remember what was there."""
        name = self.rng.choice(("otto", "bo"))
        await asyncio.sleep(self.rng.uniform(0, 0.3))
        joiner = self.participant(name)
        doc: Doc[Any] = Doc()
        try:
            await joiner.connect()
            await joiner.open(self.address, doc)
            await asyncio.sleep(0.2)
        except (OSError, TimeoutError, WebSocketException):
            pass  # the server died while we came: what we got until then counts all the same
        finally:
            self.seen |= set(tokens_of(doc))
            await joiner.disconnect()

    def _note(self) -> None:
        for writer in self.writers:
            writer.note_acks()
            self.under_way += len(writer.needs)
            self.seen |= set(tokens_of(writer.document.doc)) - writer.wrote

    async def _inspect(self) -> None:
        """Somebody who holds nothing looks, before any writer is back."""
        await self.joining
        async with self.participant("otto") as inspector:
            document = await inspector.open(self.address)
            there = tokens_of(document.doc)
        assert len(there) == len(set(there)), "something is doubled"
        saved = set().union(*(writer.saved for writer in self.writers))
        assert saved <= set(there), f"acknowledged and lost: {len(saved - set(there))}"
        assert self.seen <= set(there), f"received and lost: {len(self.seen - set(there))}"

    async def _end(self) -> dict[str, int]:
        for writer in self.writers:
            await writer.participant.saved()
            writer.note_acks()
        async with self.participant("otto") as reader:
            document = await reader.open(self.address)
            there = tokens_of(document.doc)
        for writer in self.writers:
            await writer.participant.until(
                lambda one=writer: tokens_of(one.document.doc) == there, patience=20
            )
            assert not writer.needs
            await writer.participant.disconnect()
        assert len(there) == len(set(there)) == self.typed
        return {
            "typed": self.typed,
            "acknowledged": sum(len(writer.saved) for writer in self.writers),
            "received by others": len(self.seen),
            "under way when killed": self.under_way,
            "acknowledged and lost": 0,
            "received and lost": 0,
            "doubled": 0,
            "rows": self._verified_rows(),
        }

    def _verified_rows(self) -> int:
        database = database_at(self.server.database_url or sqlite_url(self.folder))
        with database.reader.connect() as connection:
            document = f"{self.incident}/picture"
            assert update_log.verify(connection, document, 1) is None
            rows = update_log.head_of(connection, document).seq
        database.dispose()
        return rows


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def chaos(rounds: int, seed: int, database: str = "sqlite") -> dict[str, int]:
    """Run in a folder of its own, or on a server of its own, and clean up."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        postgres = None
        if database == "postgresql":  # on a disk, so that a kill meets commits under way
            postgres = servers.enter_context(a_postgres_server(in_memory=False))
        run = Chaos(Path(folder), seed, postgres)
        try:
            return await run.run(rounds)
        finally:
            run.server.kill()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    began = time.monotonic()
    figures = asyncio.run(chaos(options.rounds, options.seed, options.database))
    print(json.dumps(figures | {"seconds": round(time.monotonic() - began)}, indent=2))


if __name__ == "__main__":
    main()
