"""The real server, `samenbeeld run`, in a process of its own over a data folder that was filled
before: incidents whose documents have a history."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pycrdt import Doc, Text
from sqlalchemy import Connection

from models import keys, sessions, update_log
from models.documents import DocumentName
from models.journal import Author, Mark
from models.people import Person
from models.update_log import NewRow
from models.vocabulary import IncidentId, Role
from server.authenticate import COOKIE, utc_now
from tests.chaos import ServerProcess, _free_port
from tests.rows import NIGHT, a_database, a_person, an_incident

ORGANISATION: Final = "24"
DOCUMENTS: Final = (
    "picture@1",
    f"picture/{ORGANISATION}@1",
    "signals@1",
    "map@1",
    "decisions@1",
    "actions@1",
    "ledger@1",
    "actions",
)
"""All that an editor has of an incident; one of them twice, also under its bare address."""
BEGAN: Final = 1_626_300_000_000


@dataclass(frozen=True)
class History:
    """A document that many people wrote: what the log holds, and what a page that was in step
    says about it."""

    updates: tuple[bytes, ...]
    state: bytes
    state_vector: bytes
    nothing_new: bytes
    """The step 2 of a page that has it all: no items, all deletions."""
    clients: tuple[int, ...]


@cache
def a_history(seed: int, clients: int = 120, edits: int = 3000) -> History:
    """Some thousands of items under many client ids, a fifth of them deleted again."""
    rng = random.Random(seed)
    doc: Doc[Any] = Doc()
    text = doc.get("t", type=Text)
    updates: list[bytes] = []
    watching = doc.observe(lambda event: updates.append(event.update))
    ids = tuple(rng.sample(range(1 << 20, 1 << 31), clients))
    for client in ids:
        with doc.transaction():
            _visit(doc, client, edits // clients, rng)
    doc.unobserve(watching)
    vector = doc.get_state()
    assert len(str(text)) > edits
    return History(tuple(updates), doc.get_update(), vector, doc.get_update(vector), ids)


def _visit(doc: Doc[Any], client: int, edits: int, rng: random.Random) -> None:
    """What one page adds: words here and there."""
    page: Doc[Any] = Doc(client_id=client)
    page.apply_update(doc.get_update())
    before = page.get_state()
    text = page.get("t", type=Text)
    length = len(str(text))
    for _ in range(edits):
        at = rng.randint(0, length)
        text.insert(at, "water ")
        length += 6
        if rng.random() < 0.2:
            del text[at : at + 3]
            length -= 3
    doc.apply_update(page.get_update(before))


def store_history(connection: Connection, name: DocumentName, author: Author, of: History) -> None:
    """Put a history into the log, with its checkpoint and a mark per client id."""
    made = [Mark(client, 0, author, BEGAN) for client in of.clients]
    rows = [NewRow(author, BEGAN, update) for update in of.updates]
    rows[-1] = NewRow(author, BEGAN, of.updates[-1], tuple(made))
    head = update_log.append(connection, str(name), update_log.head_before_the_first(), rows)
    update_log.checkpoint(connection, str(name), head, of.state, BEGAN)


@dataclass
class LoadedHouse:
    """A server, its incidents, and an editor with a session and a key."""

    server: ServerProcess
    incidents: list[IncidentId]
    cookies: list[str]
    key: str

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    @property
    def rss(self) -> int:
        """Bytes of the server's process that are in memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    @property
    def cpu(self) -> float:
        """Seconds of work of the server's process."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def page(self, number: int) -> dict[str, str]:
        """The headers of a page of ours: its cookie and where it is from."""
        return {
            "Cookie": self.cookies[number % len(self.cookies)],
            "Origin": f"http://127.0.0.1:{self.port}",
            "Host": f"127.0.0.1:{self.port}",
        }


@contextmanager
def a_loaded_house(
    folder: Path, incidents: int, people: int = 1, history: bool = True
) -> Iterator[LoadedHouse]:
    """A filled data folder and its server, not yet started; killed at the end."""
    database = a_database(folder)
    with database.writer.begin() as connection:
        editors = [
            a_person(connection, f"editor{number}", ORGANISATION, Role.COORDINATOR)
            for number in range(people)
        ]
        found = [an_incident(connection, editors[0], title=f"Inc {n}") for n in range(incidents)]
        if history:
            for incident in found:
                _fill(connection, incident, editors[0])
        cookies = [f"{COOKIE}={_session(connection, one)}" for one in editors]
        key = keys.create(connection, editors[0], label="load", now=NIGHT)
    database.dispose()
    house = LoadedHouse(ServerProcess(folder, _free_port()), found, cookies, key)
    try:
        yield house
    finally:
        house.server.kill()


def _session(connection: Connection, person: Person) -> str:
    return sessions.begin(connection, person, now=utc_now(), own_device=False)


def _fill(connection: Connection, incident: IncidentId, editor: Person) -> None:
    author = editor.actor().author
    for number, spelling in enumerate(DOCUMENTS[:-1]):
        name = DocumentName(incident, spelling.partition("@")[0])
        store_history(connection, name, author, a_history(number))


def raise_open_files(count: int) -> None:
    """Hundreds of sockets need hundreds of file descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
