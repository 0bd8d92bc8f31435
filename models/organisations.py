"""Regions, national parties and partners: which there are is configuration with a year."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from models.tables import organisations
from models.vocabulary import OrganisationCode, OrganisationKind

SHIPPED: Final = Path(__file__).parent / "data" / "organisations.json"

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_DIGITS: Final = re.compile(r"(\d+)")
_KINDS: Final = {kind: rank for rank, kind in enumerate(OrganisationKind)}


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party that people act for; only regions have a seat, neighbours and a tile."""

    code: OrganisationCode
    name: str
    short: str
    kind: OrganisationKind
    year: int
    seat: str | None = None
    neighbours: tuple[OrganisationCode, ...] = ()
    abroad: tuple[str, ...] = ()
    tile: tuple[int, int] | None = None
    """Column and row in the cartogram, both from 0."""


def read_organisations(path: Path = SHIPPED) -> tuple[Organisation, ...]:
    """What a file holds; raises ValueError that names what is wrong with it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    found = tuple(_from_file(entry, content["year"]) for entry in content["organisations"])
    _check(found)
    return found


@lru_cache(maxsize=1)
def shipped() -> tuple[Organisation, ...]:
    """What comes with the product."""
    return read_organisations()


def store(connection: Connection, wanted: Iterable[Organisation]) -> int:
    """Bring the table up to a file; how many rows were new or different.

    Nothing is removed: an organisation that no longer exists still signed what it wrote.
    """
    present = {each.code: each for each in every(connection)}
    changed = [each for each in wanted if present.get(each.code) != each]
    for each in changed:
        if each.code in present:
            here = organisations.c.code == each.code
            connection.execute(organisations.update().where(here).values(_to_row(each)))
        else:
            connection.execute(organisations.insert().values(_to_row(each)))
    return len(changed)


def every(connection: Connection) -> tuple[Organisation, ...]:
    """All of them in reading order: regions by number, then the Rijk, then partners."""
    rows = connection.execute(select(organisations)).all()
    return tuple(sorted(map(_from_row, rows), key=_reading_order))


def find(connection: Connection, code: str) -> Organisation | None:
    """The organisation with this code."""
    row = connection.execute(select(organisations).where(organisations.c.code == code)).first()
    return None if row is None else _from_row(row)


def _reading_order(each: Organisation) -> tuple[int, list[tuple[int, str]]]:
    parts = _DIGITS.split(each.code)
    return _KINDS[each.kind], [(int(part or 0) if part.isdigit() else 0, part) for part in parts]


def _from_file(entry: dict[str, Any], year: int) -> Organisation:
    tile = entry.get("cartogram")
    return Organisation(
        code=OrganisationCode(entry["code"]),
        name=entry["name"],
        short=entry["short"],
        kind=OrganisationKind(entry["kind"]),
        year=year,
        seat=entry.get("seat"),
        neighbours=tuple(OrganisationCode(code) for code in entry.get("neighbours", ())),
        abroad=tuple(entry.get("abroad", ())),
        tile=None if tile is None else (tile[0], tile[1]),
    )


def _check(found: tuple[Organisation, ...]) -> None:
    codes = [each.code for each in found]
    for code in codes:
        if _CODE.fullmatch(code) is None or codes.count(code) > 1:
            raise ValueError(f"organisation code {code!r} is malformed or used twice")
    pairs = {(each.code, other) for each in found for other in each.neighbours}
    for one, other in pairs:
        if (other, one) not in pairs:
            raise ValueError(f"{one} names {other} as its neighbour, but not the other way round")
    tiles = [each.tile for each in found if each.tile is not None]
    if len(tiles) != len(set(tiles)):
        raise ValueError("two organisations share a tile of the cartogram")


def _from_row(row: Row[Any]) -> Organisation:
    column, line = row.cartogram_column, row.cartogram_row
    return Organisation(
        code=OrganisationCode(row.code),
        name=row.name,
        short=row.short,
        kind=row.kind,
        year=row.year,
        seat=row.seat,
        neighbours=tuple(OrganisationCode(code) for code in row.neighbours),
        abroad=tuple(row.abroad),
        tile=None if column is None or line is None else (column, line),
    )


def _to_row(each: Organisation) -> dict[str, object]:
    column, line = each.tile if each.tile is not None else (None, None)
    return {
        "code": each.code,
        "name": each.name,
        "short": each.short,
        "kind": each.kind,
        "seat": each.seat,
        "neighbours": list(each.neighbours),
        "abroad": list(each.abroad),
        "cartogram_column": column,
        "cartogram_row": line,
        "year": each.year,
    }
