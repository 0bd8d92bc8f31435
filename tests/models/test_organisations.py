"""The regions and parties that come with the product."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models import organisations
from models.documents import parse_document_name
from models.organisations import read_organisations, shipped
from models.vocabulary import OrganisationKind
from tests.rows import a_database

CARTOGRAM = """
. . . 2 1
. 10 . 4 3
12 11 25 6 5
16 13 14 7 .
15 17 9 8 .
. 18 21 23 .
19 20 22 24 .
"""


def test_there_are_25_regions_each_with_a_seat_a_neighbour_and_a_tile():
    regions = [each for each in shipped() if each.kind is OrganisationKind.REGION]
    assert sorted(int(each.code) for each in regions) == list(range(1, 26))
    assert all(each.seat and each.neighbours and each.tile for each in regions)


def test_the_tiles_make_the_cartogram():
    tiles = {each.tile: each.code for each in shipped() if each.tile}
    drawn = "\n".join(" ".join(tiles.get((x, y), ".") for x in range(5)) for y in range(7))
    assert drawn == CARTOGRAM.strip()


def test_every_code_can_name_an_own_picture():
    assert all(parse_document_name(f"flood/picture/{each.code}") for each in shipped())


def test_storing_twice_changes_nothing_and_a_new_name_is_brought_in(tmp_path: Path):
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        assert organisations.store(connection, shipped()) == 0
        renamed = tmp_path / "organisations.json"
        content = json.loads(organisations.SHIPPED.read_text())
        content["organisations"][23]["name"] = "Limburg-Zuid"
        renamed.write_text(json.dumps(content))
        assert organisations.store(connection, read_organisations(renamed)) == 1
        found = organisations.find(connection, "24")
    assert found is not None
    assert found.name == "Limburg-Zuid"
    assert found.neighbours == ("23",)
    database.dispose()


def test_they_are_read_in_order_of_number(tmp_path: Path):
    database = a_database(tmp_path)
    with database.reader.connect() as connection:
        codes = [each.code for each in organisations.every(connection)]
    assert codes[:25] == [str(number) for number in range(1, 26)]
    assert codes.index("NCC") < codes.index("RWS")
    database.dispose()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "a/b"}, "malformed"),
        ({"code": "2"}, "used twice"),
        ({"neighbours": ["2"]}, "other way round"),
        ({"cartogram": [3, 0]}, "share a tile"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    tmp_path: Path, change: dict[str, object], reason: str
):
    one = {"code": "1", "name": "One", "short": "One", "kind": "region", "cartogram": [4, 0]}
    two = {"code": "2", "name": "Two", "short": "Two", "kind": "region", "cartogram": [3, 0]}
    path = tmp_path / "organisations.json"
    path.write_text(json.dumps({"year": 2030, "organisations": [{**one, **change}, two]}))
    with pytest.raises(ValueError, match=reason):
        read_organisations(path)
