"""One flipped bit in the log is found, whatever column it is in, and its place is named."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from models import tables
from models.database import DATABASE_FILE
from models.safekeeping import read_only
from server.safekeeping import back_up, restore
from server.verification import Damaged, verify
from tests.rows import NIGHT
from tests.written import CHECKPOINT_AT, ROWS, a_written_database

LOG = (tables.heads, tables.updates, tables.checkpoints, tables.marks)
COLUMNS = [(table.name, column.name) for table in LOG for column in table.columns]


def flipped(value: Any, rng: random.Random) -> Any:
    """The value with one bit the other way."""
    if isinstance(value, int):
        return value ^ 1 << rng.randrange(40)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


class Rows:
    """A database file, changed behind the program's back."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.connection = sqlite3.connect(file, isolation_level=None)

    def flip(self, table: str, column: str, rng: random.Random) -> None:
        """One bit, in a row by chance."""
        keys = [each.name for each in tables.metadata.tables[table].primary_key]
        names = ", ".join(keys)
        *key, value = rng.choice(
            self.connection.execute(f"SELECT {names}, {column} FROM {table}").fetchall()
        )
        where = " AND ".join(f"{each} = ?" for each in keys)
        new = flipped(value, rng)
        given = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
        self.connection.execute(f"UPDATE {table} SET {column} = {given} WHERE {where}", [new, *key])

    def look(self) -> list[str]:
        engine = read_only(self.file)
        return [f"{each}" for each in verify(engine)]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture in two epochs: as written, and as restored."""
    folder = tmp_path_factory.mktemp("original")
    a_written_database(folder)
    back_up(folder, folder / "backup")
    restore(folder / "backup", folder, NIGHT + timedelta(days=1))
    back_up(folder, folder / "both")
    return folder / "both"


@pytest.fixture
def rows(original: Path, tmp_path: Path) -> Iterator[Rows]:
    (tmp_path / "copy").write_bytes(original.read_bytes())
    found = Rows(tmp_path / "copy")
    with closing(found.connection):
        yield found


def test_what_is_as_it_was_written_holds(rows: Rows):
    first, second = rows.look()
    assert first.startswith(f"limburg-2021/picture@1: {ROWS} rows, 1 checkpoints, 2 client ids")
    assert second.startswith("limburg-2021/picture@2: 1 rows, 1 checkpoints, 2 client ids")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_flipped_bit_in_any_column_of_the_log_is_found(rows: Rows, table: str, column: str):
    whole = rows.file.read_bytes()
    for seed in range(4):
        rows.flip(table, column, random.Random(seed))
        with pytest.raises(Damaged):
            rows.look()
        rows.file.write_bytes(whole)


def test_a_flipped_byte_of_the_file_is_found_in_each_payload(rows: Rows):
    found = rows.connection.execute("SELECT seq, payload FROM updates WHERE epoch = 1").fetchall()
    rng = random.Random(1)
    for seq, payload in found:
        whole = rows.file.read_bytes()
        at = whole.index(payload) + rng.randrange(len(payload))
        rows.file.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        with pytest.raises(Damaged, match=f"limburg-2021/picture@1, updates row {seq}:"):
            rows.look()
        rows.file.write_bytes(whole)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE updates SET payload = x'00' WHERE seq = 3", "picture@1, updates row 3:"),
        ("UPDATE updates SET at = 'late' WHERE seq = 3", "picture@1, updates row 3:"),
        ("DELETE FROM updates WHERE seq = 4", "picture@1, updates row 4: it is missing"),
        (f"DELETE FROM updates WHERE seq = {ROWS}", f"picture@1, heads row {ROWS - 1}"),
        ("DELETE FROM heads WHERE epoch = 1", "picture@1, updates: there is no head"),
        ("UPDATE heads SET seq = seq + 1 WHERE epoch = 1", f"picture@1, heads row {ROWS}"),
        ("UPDATE checkpoints SET at = at + 1 WHERE epoch = 1", f"at row {CHECKPOINT_AT}: its time"),
        ("UPDATE checkpoints SET seq = 5 WHERE epoch = 1", "checkpoint at row 5: it is not what"),
        ("UPDATE checkpoints SET seq = 99 WHERE epoch = 1", "checkpoint at row 99: there is no"),
        ("UPDATE checkpoints SET state = x'0000' WHERE epoch = 1", "checkpoint at row 6: it is"),
        ("UPDATE checkpoints SET hash = x'00' WHERE epoch = 1", "at row 6: its hash does not fit"),
        ("UPDATE marks SET name = 'Otto'", "picture@1, mark of client"),
        ("DELETE FROM marks WHERE epoch = 2", "picture@2, mark of client"),
        ("UPDATE persons SET role = 'king'", "table persons: a value cannot be read"),
        ("UPDATE persons SET organisation = 'x'", "table persons: a row refers"),
    ],
)
def test_the_place_is_named(rows: Rows, change: str, place: str):
    rows.connection.execute("PRAGMA foreign_keys=OFF")
    rows.connection.execute(change)
    with pytest.raises(Damaged) as found:
        rows.look()
    assert place in str(found.value)


def test_a_page_that_is_torn_is_found(rows: Rows):
    whole = bytearray(rows.file.read_bytes())
    whole[8192:8210] = bytes(18)
    rows.file.write_bytes(whole)
    with pytest.raises(Damaged, match="database file"):
        rows.look()


def test_a_file_that_is_something_else_is_not_called_damaged(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    with pytest.raises(OperationalError, match="no such table"):
        list(verify(read_only(tmp_path / "other")))
    assert not (tmp_path / DATABASE_FILE).exists()


def test_the_file_is_let_go_at_the_first_break(rows: Rows):
    rows.connection.execute("UPDATE updates SET at = at + 1 WHERE seq = 2")
    with pytest.raises(Damaged) as found:
        rows.look()
    rows.connection.execute("PRAGMA busy_timeout=0")
    rows.connection.execute("DELETE FROM updates")  # while the error is still being looked at
    assert "row 2" in str(found.value)
