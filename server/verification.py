"""Whether a database holds what was written: every chain, every checkpoint, every mark.

What can be worked out from the rows of the log is worked out anew and compared: hashes, heads,
checkpoints, marks, and the beginning of an epoch that was restored.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from pycrdt import Doc
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError, OperationalError

from models import epochs, migrations, tables, update_log
from models.journal import BEFORE_THE_FIRST, RESTORER, Author, Entry, Mark, chained
from models.postgresql import take_your_time
from models.update_log import Head
from sync import anatomy
from sync.epochs import renamed_marks
from sync.errors import Malformed
from sync.marks import Marks
from sync.room import Loaded, rebuilt

_APPLY_TOGETHER: Final = 200
_LOG: Final = (tables.heads, tables.updates, tables.checkpoints, tables.marks)


class Damaged(Exception):
    """The first thing found that is not as it was written: where, and what is wrong with it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where


@dataclass(frozen=True, slots=True)
class Held:
    """An epoch of a document in which everything is as it was written."""

    document: str
    head: Head
    checkpoints: int
    clients: int

    def __str__(self) -> str:
        return (
            f"{self.document}@{self.head.epoch}: {self.head.seq} rows, "
            f"{self.checkpoints} checkpoints, {self.clients} client ids, "
            f"head {self.head.hash.hex()[:16]}, holds"
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an epoch ended: its last state and its marks."""

    state: bytes
    marks: tuple[Mark, ...]


def verify(engine: Engine) -> Iterator[Held]:
    """Look at everything, document by document; raises Damaged at the first break.

    Each document is read as of one moment, so a server may be writing meanwhile.
    """
    try:
        with engine.connect() as connection, connection.begin():
            take_your_time(connection)
            _look_at_the_file(connection)
            _look_at_other_tables(connection)
            documents = list(epochs.latest(connection))
            if (stray := epochs.without_head(connection)) is not None:
                table, document, epoch = stray
                raise Damaged(f"{document}@{epoch}, {table}", "there is no head for these rows")
        for document in sorted(documents):
            with engine.connect() as connection, connection.begin():
                take_your_time(connection)
                yield from _document(connection, document)
    except OperationalError:
        raise  # it cannot be used: locked, not there, other tables
    except DatabaseError as error:
        raise Damaged("the database file", str(error.orig)) from error


def _look_at_the_file(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().first()
    if said != "ok":
        raise Damaged("the database file", str(said))
    wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if wrong is not None:
        raise Damaged(f"table {wrong[0]}", f"a row refers to nothing in {wrong[2]}")


def _look_at_other_tables(connection: Connection) -> None:
    """Every row must be one that this version can read."""
    if not migrations.is_at_head(connection):
        return
    for table in tables.metadata.sorted_tables:
        if table in _LOG:
            continue
        try:
            connection.execute(select(table)).all()
        except (ValueError, TypeError, LookupError) as error:
            raise Damaged(f"table {table.name}", f"a value cannot be read ({error})") from error


def _document(connection: Connection, document: str) -> Iterator[Held]:
    people = _names(connection)
    before: _Ended | None = None
    heads = epochs.heads_of(connection, document)
    if not heads:
        raise Damaged(f"{document}, heads", "its name cannot be read")
    for head in heads:
        walk = _Walk(connection, document, head, before, people)
        yield walk.to_the_end()
        before = walk.ended


def _names(connection: Connection) -> Mapping[str, str]:
    persons = tables.persons
    rows = connection.execute(select(persons.c.id, persons.c.name))
    return {id: name for id, name in rows}  # noqa: C416 (a row is not a pair to mypy)


class _Walk:
    """One chain from its first row to its head."""

    def __init__(
        self,
        connection: Connection,
        document: str,
        head: Head,
        before: _Ended | None,
        people: Mapping[str, str],
    ) -> None:
        self._rows = update_log.entries(connection, document, head.epoch)
        self._checkpoints = epochs.checkpoints_in(connection, document, head.epoch)
        self._marks = epochs.marks_in(connection, document, head.epoch)
        self._document, self._head, self._before, self._people = document, head, before, people
        self._doc: Doc[Any] = Doc()
        self._waiting: list[bytes] = []
        self._short: tuple[bytes | None, list[bytes]] = (None, [])
        self._clocks: dict[int, int] = {}
        self._due = Marks()
        self._state = b"\x00\x00"

    @property
    def ended(self) -> _Ended:
        """How it ended, once walked."""
        return _Ended(self._state, self._marks)

    def to_the_end(self) -> Held:
        """Walk it; raises Damaged."""
        seq, last = 0, BEFORE_THE_FIRST
        # closed also at the first break: an open cursor would keep its lock on the file
        with closing(self._rows):
            for seq, (entry, stored) in enumerate(self._rows, start=1):
                self._chain(seq, last, entry, stored)
                self._take(entry)
                self._compare_checkpoint(entry)
                last = stored
        if (seq, last) != (self._head.seq, self._head.hash):
            raise self._damaged(f"row {seq}", "it is the last, and the head says another", "heads")
        self._compare_short()
        self._compare_marks()
        return Held(self._document, self._head, len(self._checkpoints), len(self._clocks))

    def _damaged(self, where: str, what: str, table: str = "updates") -> Damaged:
        return Damaged(f"{self._document}@{self._head.epoch}, {table} {where}", what)

    def _chain(self, seq: int, last: bytes, entry: Entry, stored: bytes) -> None:
        if entry.seq != seq:
            raise self._damaged(f"row {seq}", f"it is missing, row {entry.seq} comes next")
        try:
            right = chained(last, entry) == stored
        except (TypeError, AttributeError, struct.error):
            right = False  # a value of another type than was ever written
        if not right:
            raise self._damaged(f"row {seq}", "its hash does not fit what it says")

    def _take(self, entry: Entry) -> None:
        place = f"row {entry.seq}"
        try:
            structure = anatomy.outline(entry.payload)
        except Malformed as error:
            raise self._damaged(place, f"its change cannot be read ({error})") from error
        after = structure.after(self._clocks)
        if after is None:
            raise self._damaged(place, "its change does not build on the rows before")
        if entry.person == RESTORER.person:
            self._due = Marks(map(_nameless, self._carried(entry)))
        else:
            author = Author(entry.person, "", entry.organisation)
            self._due.write(author, structure.writes(self._clocks), entry.at)
        self._clocks.update(after)
        self._waiting.append(entry.payload)
        self._short[1].append(entry.payload)
        if len(self._waiting) == _APPLY_TOGETHER:
            self._apply(place)

    def _carried(self, entry: Entry) -> tuple[Mark, ...]:
        """The marks that a restored epoch begins with, once it begins as the last one ended."""
        place, before = f"row {entry.seq}", self._before
        if before is None:
            raise self._damaged(place, "it restores an earlier epoch, and there is none")
        old = sorted(anatomy.dissect(before.state).clients())
        new = sorted(anatomy.dissect(entry.payload).clients())
        names = dict(zip(old, new, strict=False))
        same = len(old) == len(new) and _same(anatomy.renamed(before.state, names), entry.payload)
        if not same:
            raise self._damaged(place, "it is not what the earlier epoch ended with")
        return renamed_marks(before.marks, names)

    def _apply(self, place: str) -> None:
        try:
            with self._doc.transaction():
                for payload in self._waiting:
                    self._doc.apply_update(payload)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic inside pycrdt is no Exception
            raise self._damaged(f"up to {place}", "they cannot be applied") from error
        self._waiting = []

    def _compare_checkpoint(self, entry: Entry) -> None:
        found = self._checkpoints.get(entry.seq)
        if found is None:
            return
        self._apply(f"row {entry.seq}")
        state, at, hashed = found
        place = f"at row {entry.seq}"
        if not _same(state, self._doc.get_update()):
            raise self._damaged(place, "it is not what the rows make", "checkpoint")
        if hashed not in (None, sha256(state).digest()):
            raise self._damaged(place, "its hash does not fit it", "checkpoint")
        if at != entry.at:
            raise self._damaged(place, "its time is not that of the row", "checkpoint")
        self._short = state, []

    def _compare_short(self) -> None:
        """What a server loads must be what all rows make."""
        last = max(self._checkpoints, default=0)
        if last > self._head.seq or min(self._checkpoints, default=1) < 1:
            raise self._damaged(f"at row {last}", "there is no such row", "checkpoint")
        self._apply("the last")
        self._state = self._doc.get_update()
        state, tail = self._short
        if state is not None and not _same(
            rebuilt(Loaded(state, tuple(tail))).get_update(), self._state
        ):
            raise self._damaged(f"at row {last}", "with the rows after it makes another document")

    def _compare_marks(self) -> None:
        due = {_bare(mark): mark for mark in self._due.all()}
        found = {_bare(mark): mark for mark in self._marks}
        for bare, mark in found.items():
            if bare not in due:
                raise self._damaged(_place_of(mark), "no row makes it", "mark")
            if self._people.get(mark.author.person, mark.author.name) != mark.author.name:
                raise self._damaged(_place_of(mark), "its name is not that of the person", "mark")
        for bare, mark in due.items():
            if bare not in found:
                raise self._damaged(_place_of(mark), "it is missing", "mark")


def _place_of(mark: Mark) -> str:
    return f"of client {mark.client} from clock {mark.clock}"


def _nameless(mark: Mark) -> Mark:
    """As the rows of the log make it: they hold no name."""
    return replace(mark, author=replace(mark.author, name=""))


def _bare(mark: Mark) -> tuple[object, ...]:
    """All of a mark but the name, which the log does not repeat."""
    return mark.client, mark.clock, mark.author.person, mark.author.organisation, mark.at


def _same(one: bytes, other: bytes) -> bool:
    """Whether two updates hold the same; what cannot be read holds nothing."""
    if one == other:
        return True
    try:
        return anatomy.canonical(one) == anatomy.canonical(other)
    except (Malformed, TypeError):
        return False
