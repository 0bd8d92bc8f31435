"""Seeding: complete, once, the same everywhere, and a log that holds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc
from sqlalchemy import Connection, select

from models import incidents, people, update_log
from models.database import Database
from models.documents import DocumentName
from models.tables import updates
from models.vocabulary import Phase, Role
from server.demo.material import FLOOD, cast, moment, stories, story_of
from server.demo.seed import Seeded, client_id, seed
from server.passwords import Passwords
from sync import guard
from sync.shapes import read_actions, read_decisions, read_picture
from tests.rows import a_database

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
DOCUMENTS = ("picture", "decisions", "actions")


def as_it_is(password: str) -> str:
    return f"hash of {password}"


def a_seeded_database(folder: Path, **options: Any) -> Database:
    database = a_database(folder)
    with database.writer.begin() as connection:
        seed(connection, now=NOW, hash_password=as_it_is, **options)
    return database


def document(connection: Connection, name: str, incident: str = FLOOD) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    for update in update_log.load(connection, f"{incident}/{name}").tail:
        doc.apply_update(update)
    return doc


def everything(connection: Connection) -> list[Any]:
    order = (updates.c.document, updates.c.seq)
    return [tuple(row) for row in connection.execute(select(updates).order_by(*order))]


def test_the_room_is_full(tmp_path: Path) -> None:
    with a_seeded_database(tmp_path).reader.begin() as connection:
        themes = [theme.value for theme, _ in story_of(FLOOD).themes]
        for theme in read_picture(document(connection, "picture"), themes):
            assert len(theme.content) >= 2, theme.theme
        assert len(read_decisions(document(connection, "decisions"))) == 9
        states = {row.state for row in read_actions(document(connection, "actions"))}
        assert states == {"open", "busy", "done"}


def test_the_incident_stands_as_on_the_evening_of_16_july(tmp_path: Path) -> None:
    with a_seeded_database(tmp_path).reader.begin() as connection:
        incident = incidents.find(connection, FLOOD)
    assert incident is not None
    assert (incident.phase, incident.exercise, incident.rhythm) == (Phase.WARM, True, 30)
    parties = {each.code: (each.role, each.grip) for each in incident.participations}
    assert parties["24"] == parties["23"] == (Role.COORDINATOR, 4)
    assert parties["JenV"] == (Role.OBSERVER, None)
    assert {"8", "21", "22", "LOCC", "NCC", "IenW", "DEF", "RWS", "WL", "KNMI"} <= set(parties)
    assert timedelta() < NOW - incident.updated_at < timedelta(hours=1)


def test_another_moment_shows_the_room_as_it_was_then(tmp_path: Path) -> None:
    early = a_seeded_database(tmp_path, moment=moment("2021-07-13T20:02"))
    with early.reader.begin() as connection:
        incident = incidents.find(connection, FLOOD)
        assert incident is not None
        assert incident.phase is Phase.TEPID
        assert {each.grip for each in incident.participations if each.code == "24"} == {2}
        assert read_decisions(document(connection, "decisions")) == []


def test_seeding_again_changes_nothing(tmp_path: Path) -> None:
    database = a_seeded_database(tmp_path)
    with database.reader.begin() as connection:
        before = everything(connection)
    with database.writer.begin() as connection:
        later = NOW + timedelta(days=1)
        assert seed(connection, now=later, hash_password=as_it_is) == Seeded()
    with database.reader.begin() as connection:
        assert everything(connection) == before


def test_what_people_changed_is_left_alone(tmp_path: Path) -> None:
    database = a_seeded_database(tmp_path)
    with database.writer.begin() as connection:
        incidents.change(connection, FLOOD, title="Onze eigen titel")
        found = people.find_by_username(connection, "im24")
        assert found is not None
        people.set_password_hash(connection, found.id, "changed")
        seed(connection, now=NOW, hash_password=as_it_is)
        incident = incidents.find(connection, FLOOD)
        assert incident is not None
        assert incident.title == "Onze eigen titel"
        assert people.password_hash_of(connection, found.id) == "changed"


def test_two_databases_seeded_for_one_moment_hold_the_same_rows(tmp_path: Path) -> None:
    logs = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        with a_seeded_database(tmp_path / folder).reader.begin() as connection:
            logs.append(everything(connection))
    assert logs[0] == logs[1]


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.id)
def test_the_log_holds_and_every_row_is_what_the_guard_lets_in(tmp_path: Path, story: Any) -> None:
    with a_seeded_database(tmp_path).reader.begin() as connection:
        for name in DOCUMENTS:
            stored = update_log.load(connection, f"{story.id}/{name}")
            if stored.head.seq == 0:
                continue
            assert update_log.verify(connection, f"{story.id}/{name}", 1) is None
            clocks: dict[int, int] = {}
            for update in stored.tail:
                after = guard.parse_update(update).after(clocks)
                assert after is not None
                clocks |= after
            assert {mark.client for mark in stored.marks} == set(clocks)


def test_marks_say_who_wrote_and_when(tmp_path: Path) -> None:
    with a_seeded_database(tmp_path).reader.begin() as connection:
        name = f"{FLOOD}/picture"
        marks = update_log.load(connection, name).marks
    by_client = {mark.client: mark.author for mark in marks}
    from_water_board = by_client[client_id(DocumentName(FLOOD, "picture"), "wl")]
    assert (from_water_board.name, from_water_board.organisation) == ("P. Gorissen", "WL")
    youngest = max(mark.at for mark in marks)
    shown, last = story_of(FLOOD).shown_at, moment("2021-07-16T19:45")
    assert youngest == int((NOW - (shown - last)).timestamp() * 1000)


def test_everybody_can_sign_in_with_the_one_password(tmp_path: Path) -> None:
    passwords = Passwords()
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        seed(connection, now=NOW, hash_password=passwords.hash)
        for person in cast().people:
            found = people.find_by_username(connection, person.username)
            assert found is not None
            stored = people.password_hash_of(connection, found.id)
            assert stored is not None
            assert passwords._matches(stored, cast().password)


def test_it_takes_less_than_two_seconds(tmp_path: Path) -> None:
    database, hashing = a_database(tmp_path), Passwords().hash
    began = time.process_time()
    with database.writer.begin() as connection:
        seed(connection, now=NOW, hash_password=hashing)
    assert time.process_time() - began < 2
