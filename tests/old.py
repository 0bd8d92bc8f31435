"""Documents that people wrote in for days, made in seconds.

The updates are what Yjs would have sent, written down directly: letters between the letters that
stood there, paragraphs, formats, deletions and rows of maps, each under the client id of the page
that was open then. Deleted letters stay where they were, so neighbours are true neighbours.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from models import update_log
from models.documents import DocumentName
from models.journal import Author
from models.update_log import Head, NewRow
from models.vocabulary import OrganisationCode, PersonId, Theme
from sync import lib0
from sync.anatomy import Anatomy, Id, Part, assemble
from sync.loaded import Loaded, rebuilt
from sync.marks import Marks

BEGAN: Final = 1_626_134_400_000
"""13 July 2021, in ms since 1970 UTC."""
_LETTERS: Final = "eenatirodslgvhkmpubwjzc     "
_TEXT, _FORMAT, _TYPE, _VALUES = 4, 6, 7, 8
_MAP, _ELEMENT, _XML_TEXT = 1, 3, 6


@dataclass(frozen=True, slots=True)
class Size:
    """How much was written: rows over how many hours, under how many client ids."""

    rows: int
    pages: int
    hours: float = 72
    plain: bool = False
    """Only text in one root, as the benchmarks of editors have it."""


A_LONG_NIGHT: Final = Size(rows=4_000, pages=200)
THREE_DAYS: Final = Size(rows=100_000, pages=5_000)
ONE_AUTHOR: Final = Size(rows=12_989, pages=1, plain=True)
"""259,780 single edits in one text, twenty an update: the size of the trace that editors are
measured by."""


@dataclass(slots=True)
class _Text:
    """One run of text in the document: every unit that it ever had, and which are gone."""

    parent: Id | str
    units: list[Id] = field(default_factory=list)
    gone: set[Id] = field(default_factory=set)
    at: int = 0


class Hand:
    """What is written, one update at a time, under whichever client id is in use."""

    def __init__(self, seed: int, plain: bool = False) -> None:
        self._rng = random.Random(seed)
        self._clocks: dict[int, int] = {}
        self._parts: list[Part] = []
        self._deletes: list[Id] = []
        self._plain = plain
        self._client = 0
        self._texts = [_Text("t")] if plain else []
        self._paragraphs: dict[str, list[Id]] = {}
        self._rows: list[Id] = []
        self._values: dict[tuple[Id, str], Id] = {}

    def sit_down_at(self, client: int) -> None:
        """From here on another page is written in."""
        self._client = client

    @property
    def clock(self) -> int:
        """The next clock of the page that is written in."""
        return self._clocks.get(self._client, 0)

    def update(self) -> bytes:
        """One update: something small, as people do it."""
        if self._plain:
            for _ in range(20):
                self._edit(self._texts[0], 0.3, 0.02)
        else:
            self._deed()
        parts, self._parts = self._parts, []
        deletes, self._deletes = self._deletes, []
        gone: dict[int, list[tuple[int, int]]] = {}
        for client, clock in deletes:
            gone.setdefault(client, []).append((clock, 1))
        blocks = [(self._client, parts)] if parts else []
        return assemble(Anatomy(blocks, list(gone.items())))

    def _deed(self) -> None:
        chance = self._rng.random()
        if not self._texts or chance < 0.02:
            self._paragraph()
        elif chance < 0.08:
            self._fill_in()
        elif chance < 0.10:
            self._format(self._rng.choice(self._texts))
        else:
            text = self._texts[-1] if self._rng.random() < 0.8 else self._rng.choice(self._texts)
            self._edit(text, 0.25, 0.01)

    def _add(
        self,
        kind: int,
        content: bytes,
        parent: Id | str,
        left: Id | None = None,
        right: Id | None = None,
        key: str | None = None,
    ) -> Id:
        clock = self.clock
        info = kind | (0x80 if left else 0) | (0x40 if right else 0) | (0x20 if key else 0)
        # what stands beside something does not say in what
        inside, named = (None, None) if left or right else (parent, key)
        self._parts.append(Part(clock, 1, info, left, right, inside, named, content))
        self._clocks[self._client] = clock + 1
        return self._client, clock

    def _put(self, text: _Text, kind: int, content: bytes) -> None:
        left = text.units[text.at - 1] if text.at else None
        right = text.units[text.at] if text.at < len(text.units) else None
        made = self._add(kind, content, text.parent, left, right)
        text.units.insert(text.at, made)
        text.at += 1

    def _edit(self, text: _Text, erases: float, jumps: float) -> None:
        """A letter more, or one less."""
        if self._rng.random() < jumps:
            text.at = self._rng.randint(0, len(text.units))
        if text.at and self._rng.random() < erases:
            text.at -= 1
            unit = text.units[text.at]
            if unit not in text.gone:
                text.gone.add(unit)
                self._deletes.append(unit)
        else:
            self._put(text, _TEXT, lib0.text(self._rng.choice(_LETTERS)))

    def _format(self, text: _Text) -> None:
        for value in ("{}", "null"):
            text.at = self._rng.randint(text.at, len(text.units))
            self._put(text, _FORMAT, lib0.text("strong") + lib0.text(value))

    def _paragraph(self) -> None:
        root = f"text:{self._rng.choice(list(Theme))}"
        known = self._paragraphs.setdefault(root, [])
        at = self._rng.randint(0, len(known))
        element = self._add(
            _TYPE,
            bytes((_ELEMENT,)) + lib0.text("paragraph"),
            root,
            known[at - 1] if at else None,
            known[at] if at < len(known) else None,
        )
        known.insert(at, element)
        self._texts.append(_Text(self._add(_TYPE, bytes((_XML_TEXT,)), element)))

    def _fill_in(self) -> None:
        """A field of a row of the facts."""
        if not self._rows or self._rng.random() < 0.1:
            key = f"f{len(self._rows)}"
            self._rows.append(self._add(_TYPE, bytes((_MAP,)), "facts", key=key))
        row, key = self._rng.choice(self._rows[-20:]), self._rng.choice(("label", "value", "unit"))
        before = self._values.get((row, key))
        value = bytes((1, 119)) + lib0.text(f"{self._rng.randrange(10_000)} m3/s")
        self._values[row, key] = self._add(_VALUES, value, row, before, key=key)
        if before is not None:
            self._deletes.append(before)


def rows_of(size: Size, seed: int = 1) -> Iterator[NewRow]:
    """The rows of a document's log, with the marks that they make."""
    rng = random.Random(seed)
    hand, marks = Hand(seed, size.plain), Marks()
    authors = [
        Author(PersonId(f"p{n}"), f"P. {n}", OrganisationCode(str(n % 25 + 1))) for n in range(60)
    ]
    ids = rng.sample(range(1 << 31), size.pages)
    pause, stay = size.hours * 3_600_000 / size.rows, size.rows / size.pages
    for number in range(size.rows):
        page = int(number / stay)
        client, author = ids[page], authors[page % len(authors)]
        hand.sit_down_at(client)
        clock = hand.clock
        payload, at = hand.update(), BEGAN + int(number * pause)
        writes = {client: clock} if hand.clock > clock else {}
        yield NewRow(author, at, payload, marks.write(author, writes, at))


def store(
    connection: Connection,
    document: DocumentName | str,
    rows: Iterable[NewRow],
    checkpoint_after: int | None = None,
) -> Head:
    """Put rows in the log, with a checkpoint after so many of them."""
    head = update_log.head_of(connection, str(document))
    all_rows = list(rows)
    cut = checkpoint_after or 0
    before, after = all_rows[:cut], all_rows[cut:]
    if before:
        head = update_log.append(connection, str(document), head, before)
        state = rebuilt(Loaded(tail=tuple(row.payload for row in before))).get_update()
        update_log.checkpoint(connection, str(document), head, state, before[-1].at)
    return update_log.append(connection, str(document), head, after)


def loaded_of(size: Size, seed: int = 1, tail: int = 100) -> Loaded:
    """A document as the log would load it: the state, and its last rows."""
    rows = list(rows_of(size, seed))
    payloads = [row.payload for row in rows]
    state = rebuilt(Loaded(tail=tuple(payloads[: len(rows) - tail]))).get_update()
    marks = tuple(mark for row in rows for mark in row.marks)
    return Loaded(state, tuple(payloads[len(rows) - tail :]), marks)
