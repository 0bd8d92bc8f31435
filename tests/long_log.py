"""A long log, made as rooms make it: rows, marks and checkpoints of several documents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pycrdt import Text

from models import update_log
from models.database import DATABASE_FILE
from models.journal import Author
from models.safekeeping import make_one_file
from models.update_log import Addition, Head, NewRow
from models.vocabulary import Role
from sync.effects import Append, Checkpoint
from sync.messages import SyncStep1, SyncStep2, Update
from sync.room import Loaded, Newcomer, Room
from tests.builders import Browser, Clock, a_newcomer
from tests.rows import a_database, a_person

PEOPLE: Final = ("ana", "bo", "wil")
TOGETHER: Final = 50
"""Rows of one document in one transaction."""


def a_long_log(folder: Path, rows: int, documents: int, seed: int = 1) -> Path:
    """A database with so many rows over so many documents; one file, opened by nobody."""
    database = a_database(folder)
    with database.writer.begin() as connection:
        authors = [a_person(connection, each).actor().author for each in PEOPLE]
    rng = random.Random(seed)
    writing = [_Writing(f"limburg-2021/picture/{count}", authors) for count in range(documents)]
    for start in range(0, rows, TOGETHER * documents):
        with database.writer.begin() as connection:
            for one in writing:
                count = min(TOGETHER, max(0, rows - start) // documents)
                for effects in one.write(rng, count):
                    one.store(connection, effects)
    database.dispose()
    make_one_file(folder / DATABASE_FILE)
    return folder / DATABASE_FILE


class _Writing:
    """One document: the room, and the browsers of those who write in it."""

    def __init__(self, document: str, authors: list[Author]) -> None:
        self._document = document
        self._clock = Clock()
        self._room = Room(Loaded(), self._clock.now, self._clock.today)
        self._writers = [self._entered(author) for author in authors]
        self._head = update_log.head_before_the_first()

    def _entered(self, author: Author) -> tuple[Newcomer, Browser]:
        who = Newcomer(a_newcomer().member, author, Role.EDITOR, may_write=True)
        self._room.join(who)
        self._room.receive(who.member, SyncStep1(b"\x00"))
        self._room.receive(who.member, SyncStep2(b"\x00\x00"))
        return who, Browser()

    def write(self, rng: random.Random, count: int) -> Iterator[list[Append | Checkpoint]]:
        """What the room wants stored for so many edits, in runs that end at a checkpoint."""
        waiting: list[Append | Checkpoint] = []
        for _ in range(count):
            who, browser = rng.choice(self._writers)
            self._clock.pass_by(rng.uniform(0, 8))
            change = self._edit(rng, browser)
            for effect in self._room.receive(who.member, Update(change)):
                if isinstance(effect, Append | Checkpoint):
                    waiting.append(effect)
            if waiting and isinstance(waiting[-1], Checkpoint):
                yield waiting
                waiting = []
        yield waiting

    @staticmethod
    def _edit(rng: random.Random, browser: Browser) -> bytes:
        text: Text = browser.doc.get("t", type=Text)
        length = len(text)
        if length > 40 and rng.random() < 0.2:
            at = rng.randrange(length - 8)
            return browser.erase(at, at + rng.randint(1, 8))
        text.insert(rng.randint(0, length), f"{rng.getrandbits(24):06x} ")
        change = browser.changes[-1]
        browser.changes.clear()
        return change

    def store(self, connection: update_log.Connection, effects: list[Append | Checkpoint]) -> None:
        """Append rows, and the checkpoint if they end at one."""
        rows = [
            NewRow(one.author, one.at, one.update, one.marks)
            for one in effects
            if isinstance(one, Append)
        ]
        if rows:
            self._head = self._append(connection, rows)
        if effects and isinstance(effects[-1], Checkpoint):
            state, at = effects[-1].state, rows[-1].at
            update_log.checkpoint(connection, self._document, self._head, state, at)

    def _append(self, connection: update_log.Connection, rows: list[NewRow]) -> Head:
        addition = Addition(self._document, self._head, tuple(rows))
        return update_log.append_all(connection, [addition])[0]
