"""A small database with rows, marks and checkpoints, as the room makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pycrdt import Doc

from models import people, update_log
from models.journal import Author
from models.safekeeping import read_only
from models.update_log import NewRow
from models.vocabulary import Role
from sync.messages import SyncStep1, SyncStep2, Update
from sync.room import Loaded, Newcomer, Room, rebuilt
from tests.builders import Browser, Clock, a_newcomer, appends
from tests.rows import a_database, a_person

ROWS = 12
CHECKPOINT_AT = 6


def a_written_database(where: Path | str, name: str = "limburg-2021") -> str:
    """Two people write a picture, with a checkpoint half-way: the document's name."""
    document = f"{name}/picture"
    database = a_database(where)
    with database.writer.begin() as connection:
        persons = [
            people.find_by_username(connection, each) or a_person(connection, each)
            for each in ("ana", "bo")
        ]
        clock = Clock()
        room = Room(Loaded(), clock.now, clock.today)
        writers = [_entered(room, each.actor().author) for each in persons]
        for number in range(1, ROWS + 1):
            who, browser = writers[number % 2]
            clock.pass_by(31)
            change = browser.type(f"waterstand {number} ")
            (row,) = appends(room.receive(who.member, Update(change)))
            head = update_log.head_of(connection, document)
            new = NewRow(row.author, row.at, row.update, row.marks)
            head = update_log.append(connection, document, head, [new])
            if number == CHECKPOINT_AT:
                update_log.checkpoint(connection, document, head, room.snapshot(), row.at)
    database.dispose()
    return document


def _entered(room: Room, author: Author) -> tuple[Newcomer, Browser]:
    who = Newcomer(a_newcomer().member, author, Role.EDITOR, may_write=True)
    room.join(who)
    room.receive(who.member, SyncStep1(b"\x00"))
    room.receive(who.member, SyncStep2(b"\x00\x00"))
    return who, Browser()


def text_of(file: Path, document: str) -> Doc[Any]:
    """The document as a database file holds it."""
    engine = read_only(file)
    with engine.connect() as connection:
        stored = update_log.load(connection, document)
    return rebuilt(Loaded(stored.state, stored.tail))
