"""Putting the demo into a database: people, incidents, and documents as if they had been written
there, up to the moment that each story shows.

Seeding twice changes nothing the second time. Seeding two databases for the same moment gives
the same rows: client ids, row ids and person ids are derived from names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from pycrdt import Doc, TransactionEvent
from sqlalchemy import Connection, Engine

from models import incidents, organisations, people, update_log
from models.documents import DocumentName
from models.incidents import IncidentTheme, NewIncident
from models.journal import Author
from models.people import Person
from models.update_log import NewRow
from models.vocabulary import OrganisationCode, PersonId
from server.demo import pen
from server.demo.entries import Deed, GripEntry, PhaseEntry, Written
from server.demo.material import Story, cast, document_name, stories
from server.demo.sheet import Sheet
from sync import guard
from sync.marks import Marks

_CLIENT_IDS: Final = 1 << 31
"""Client ids below this fit whatever any Yjs client makes of them."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a seeding added; nothing at all when the demo was there."""

    people: int = 0
    incidents: int = 0
    rows: int = 0


def seed(
    connection: Connection,
    *,
    now: datetime,
    hash_password: Callable[[str], str],
    moment: datetime | None = None,
) -> Seeded:
    """Add what is missing of the demo, in the caller's transaction.

    `now` is the present moment: what the story shows last was written then, and the rest as long
    before it as in the story. `moment` shows the flood at another moment of its own clock.
    """
    organisations.store(connection, organisations.shipped())
    added, everybody = _seed_people(connection, now, hash_password)
    told, rows = 0, 0
    for story in stories():
        if incidents.find(connection, story.id) is None:
            rows += _tell(connection, story, everybody, now, moment or story.shown_at)
            told += 1
    return Seeded(added, told, rows)


def plant(writer: Engine, hash_password: Callable[[str], str]) -> Seeded:
    """Seed a database for this moment, in a transaction of its own."""
    with writer.begin() as connection:
        return seed(connection, now=datetime.now(UTC), hash_password=hash_password)


def person_id(username: str) -> PersonId:
    """The id of a demo person in every database."""
    return PersonId(uuid5(NAMESPACE_URL, f"urn:samenbeeld:demo:person:{username}").hex)


def client_id(document: DocumentName, username: str) -> int:
    """The client id that a person's seeded writing has in a document."""
    digest = sha256(f"samenbeeld demo {document} {username}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % _CLIENT_IDS


def _seed_people(
    connection: Connection, now: datetime, hash_password: Callable[[str], str]
) -> tuple[int, dict[str, Person]]:
    found = {
        one.username: people.find_by_username(connection, one.username) for one in cast().people
    }
    everybody = {username: person for username, person in found.items() if person is not None}
    missing = [one for one in cast().people if one.username not in everybody]
    password_hash = hash_password(cast().password) if missing else None
    for one in missing:
        everybody[one.username] = people.create(
            connection,
            username=one.username,
            name=one.name,
            function=one.function,
            organisation=one.organisation,
            role=one.role,
            now=now,
            password_hash=password_hash,
            id=person_id(one.username),
        )
    return len(missing), everybody


def _tell(
    connection: Connection,
    story: Story,
    everybody: dict[str, Person],
    now: datetime,
    moment: datetime,
) -> int:
    """Make the incident as it is at `moment` of its clock; returns how many log rows it has."""
    done = story.until(moment)
    begun = now - (moment - story.timeline[0].at)
    _create(connection, story, everybody[story.timeline[0].who], done, begun)
    desks: dict[DocumentName, _Desk] = {}
    for deed in done:
        if isinstance(deed, GripEntry | PhaseEntry):
            continue
        name = document_name(story.id, deed)
        desk = desks.setdefault(name, _Desk(name, story))
        desk.write(deed, everybody[deed.who], now - (moment - deed.at))
    for name, desk in desks.items():
        head = update_log.head_of(connection, str(name))
        update_log.append(connection, str(name), head, desk.rows)
    return sum(len(desk.rows) for desk in desks.values())


def _create(
    connection: Connection, story: Story, creator: Person, done: Iterable[Deed], begun: datetime
) -> None:
    grip: dict[OrganisationCode, int] = {}
    phase = story.phase
    for deed in done:
        match deed:
            case GripEntry():
                grip[deed.org] = deed.level
            case PhaseEntry():
                phase = deed.phase
            case _:
                pass
    new = NewIncident(
        title=story.title,
        phase=phase,
        exercise=story.exercise,
        tlp=story.tlp,
        themes=tuple(IncidentTheme(theme, title) for theme, title in story.themes),
        rhythm=story.rhythm,
    )
    others = [(code, role, grip.get(code)) for code, role in story.participations]
    incidents.create(connection, new, creator.actor(), now=begun, others=others, id=story.id)


class _Desk:
    """One document being written by several people in turn, as rows for its log."""

    def __init__(self, name: DocumentName, story: Story) -> None:
        self.rows: list[NewRow] = []
        self._name = name
        self._story = story
        self._docs: dict[str, tuple[Doc[Any], int]] = {}
        self._marks = Marks()
        self._clocks: dict[int, int] = {}

    def write(self, deed: Written, person: Person, at: datetime) -> None:
        """Let a person write a deed at a moment; one deed is one row."""
        doc = self._up_to_date(person.username)
        update = _changed(doc, deed, self._story, at)
        structure = guard.parse_update(update)
        author = Author(person.id, person.name, person.organisation)
        milliseconds = int(at.timestamp() * 1000)
        marks = self._marks.write(author, structure.writes(self._clocks), milliseconds)
        after = structure.after(self._clocks)
        assert after is not None, "a change builds on what is there"
        self._clocks.update(after)
        self.rows.append(NewRow(author, milliseconds, update, marks))
        self._docs[person.username] = doc, len(self.rows)

    def _up_to_date(self, username: str) -> Doc[Any]:
        fresh: tuple[Doc[Any], int] = Doc(client_id=client_id(self._name, username)), 0
        doc, seen = self._docs.get(username, fresh)
        for row in self.rows[seen:]:
            doc.apply_update(row.payload)
        return doc


def _changed(doc: Doc[Any], deed: Written, story: Story, at: datetime) -> bytes:
    """Write a deed as one change and return it."""
    changes: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        changes.append(event.update)

    subscription = doc.observe(keep)
    with doc.transaction():
        for _ in pen.write(Sheet(doc, story, at), deed):
            pass
    doc.unobserve(subscription)
    (change,) = changes
    return change
