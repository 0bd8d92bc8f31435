"""One flipped byte in a long log: is it found, and does the answer say where?

    python -m tests.flips 100000 100

Two ways. In a *stored value*: half of the time any byte of any cell of the log, each as likely as
another; as most of those are in payloads and checkpoints, half of the time a column by chance
first. In the *file*: any byte of a page that belongs to the log. Some of those carry nothing (space
that is free within a page): when what is looked at is the same row for row, it was one of these; it
is counted apart, and another byte is taken.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from models import tables
from models.safekeeping import read_only
from server.verification import Damaged, verify
from tests.long_log import a_long_log

LOG: Final = (tables.heads, tables.updates, tables.checkpoints, tables.marks)
NUMBER: Final = 6
"""Bytes in which SQLite stores a time, the longest number of the log."""


def damage_in(file: Path) -> Damaged | None:
    """What the verification finds."""
    engine = read_only(file)
    try:
        for _ in verify(engine):
            pass
    except Damaged as damage:
        return damage
    finally:
        engine.dispose()
    return None


# --- in a stored value -----------------------------------------------------------------------


class Cells:
    """All values of the log, and how many bytes each column has."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._sizes: dict[tuple[str, str], int] = {}
        with self._open() as connection:
            for table in LOG:
                for column in table.columns:
                    (size,) = connection.execute(
                        f"SELECT sum(CASE typeof({column.name}) WHEN 'integer' THEN {NUMBER} "
                        f"ELSE length(CAST({column.name} AS BLOB)) END) FROM {table.name}"
                    ).fetchone()
                    self._sizes[table.name, column.name] = size

    def _open(self) -> closing[sqlite3.Connection]:
        connection = sqlite3.connect(self.file, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF").close()
        return closing(connection)

    @contextmanager
    def flipped(self, rng: random.Random) -> Iterator[tuple[str, str, str]]:
        """While inside, one byte is another one: its table, column and document."""
        weights = list(self._sizes.values()) if rng.random() < 0.5 else None
        ((table, column),) = rng.choices(list(self._sizes), weights)
        names = [each.name for each in tables.metadata.tables[table].primary_key]
        with self._open() as connection:
            key, value = self._a_row(connection, rng, table, column, names)
            new = _flip(value, rng)
            while not _put(connection, table, column, key, new, value):
                new = _flip(value, rng)
        changed = key | {column: new} if column in key else key
        try:
            yield table, column, str(key["document"])
        finally:
            with self._open() as connection:
                assert _put(connection, table, column, changed, value, value)

    @staticmethod
    def _a_row(
        connection: sqlite3.Connection,
        rng: random.Random,
        table: str,
        column: str,
        names: list[str],
    ) -> tuple[dict[str, Any], Any]:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        *key, value = connection.execute(
            f"SELECT {', '.join(names)}, {column} FROM {table} LIMIT 1 OFFSET ?",
            [rng.randrange(count)],
        ).fetchone()
        return dict(zip(names, key, strict=True)), value


def _flip(value: Any, rng: random.Random) -> Any:
    if isinstance(value, int):
        return value ^ rng.randint(1, 255) << 8 * rng.randrange(NUMBER)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[rng.randrange(len(raw))] ^= rng.randint(1, 255)
    return bytes(raw)


def _put(
    connection: sqlite3.Connection,
    table: str,
    column: str,
    key: dict[str, Any],
    new: Any,
    like: Any,
) -> bool:
    """Set one value, with the type of `like`: text that is no UTF-8 any more is still text. False
    when another row has that key already, which SQL does not allow."""
    given = "CAST(? AS TEXT)" if isinstance(like, str) else "?"
    where = " AND ".join(
        f"{name} = CAST(? AS TEXT)" if name == "document" else f"{name} = ?" for name in key
    )
    statement = f"UPDATE {table} SET {column} = {given} WHERE {where}"
    try:
        done = connection.execute(statement, [new, *key.values()])
    except sqlite3.IntegrityError:
        return False
    assert done.rowcount == 1
    return True


def in_values(file: Path, flips: int, seed: int) -> Counter[str]:
    """So many flips, each undone; raises AssertionError for one that is not found and placed."""
    cells, rng, seen = Cells(file), random.Random(seed), Counter[str]()
    for _ in range(flips):
        with cells.flipped(rng) as (table, column, document):
            damage = damage_in(file)
            assert damage is not None, f"not found: {table}.{column} of {document}"
            if column != "document":
                assert damage.where.startswith(f"{document}@"), f"{damage} for {table}.{column}"
            seen[f"values of {table}"] += 1
    assert damage_in(file) is None, "it was not undone"
    return seen


# --- in the file -----------------------------------------------------------------------------


class Pages:
    """The file as bytes, and which of its pages belong to the log."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with closing(sqlite3.connect(file)) as connection:
            (self._size,) = connection.execute("PRAGMA page_size").fetchone()
            names = ", ".join(f"'{table.name}'" for table in LOG)
            self._pages = [
                number
                for (number,) in connection.execute(
                    f"SELECT pageno FROM dbstat WHERE name IN ({names})"
                )
            ]
        self._content = self._rows()

    def _rows(self) -> bytes | None:
        """A digest of every row of the log; None when they cannot be read."""
        digest = hashlib.sha256()
        with closing(sqlite3.connect(self.file)) as connection:
            connection.text_factory = bytes
            try:
                for table in LOG:
                    for row in connection.execute(f"SELECT * FROM {table.name}"):
                        digest.update(repr(row).encode())
            except sqlite3.DatabaseError:
                return None
        return digest.digest()

    @contextmanager
    def flipped(self, rng: random.Random) -> Iterator[int]:
        """While inside, one byte of the file is another one: its place."""
        at = (rng.choice(self._pages) - 1) * self._size + rng.randrange(self._size)
        with self.file.open("r+b", buffering=0) as opened:
            opened.seek(at)
            (old,) = opened.read(1)
            opened.seek(at)
            opened.write(bytes([old ^ rng.randint(1, 255)]))
            try:
                yield at
            finally:
                opened.seek(at)
                opened.write(bytes([old]))

    def say_the_same(self) -> bool:
        """Whether every row is what it was."""
        return self._rows() == self._content


def in_pages(file: Path, flips: int, seed: int) -> Counter[str]:
    """So many flips of bytes that carry something, each undone; raises AssertionError for one
    that is not found."""
    pages, rng, seen = Pages(file), random.Random(seed), Counter[str]()
    while seen["bytes of the file"] < flips:
        with pages.flipped(rng) as at:
            damage = damage_in(file)
            if damage is None:
                assert pages.say_the_same(), f"not found: byte {at} of the file"
                seen["bytes that carry nothing"] += 1
            else:
                seen["bytes of the file"] += 1
                seen["of these with document and place"] += "@" in damage.where
    assert damage_in(file) is None, "it was not undone"
    return seen


# --- all together ----------------------------------------------------------------------------


def _share(rows: int, flips: int, seed: int) -> tuple[Counter[str], float]:
    with tempfile.TemporaryDirectory() as folder:
        file = a_long_log(Path(folder), rows, documents=20, seed=seed)
        began = time.monotonic()
        assert damage_in(file) is None
        took = time.monotonic() - began
        return in_values(file, flips, seed) + in_pages(file, flips, seed), took


def many(rows: int, flips: int) -> str:
    """So many flips of each way, in logs of so many rows, in two processes; in words."""
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as processes:
        found = list(processes.map(_share, [rows] * 2, [flips // 2] * 2, [1, 2]))
    seen = sum((one for one, _ in found), Counter[str]())
    took = max(seconds for _, seconds in found)
    figures = ", ".join(f"{name} {count}" for name, count in sorted(seen.items()))
    return f"{rows} rows verified in {took:.1f} s; flipped and found: {figures}"


if __name__ == "__main__":
    began = time.monotonic()
    print(many(int(sys.argv[1]), int(sys.argv[2])), f"({time.monotonic() - began:.0f} s)")
