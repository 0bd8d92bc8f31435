"""The same tests with PostgreSQL underneath: live lines, rights, sign-in, incidents, the demo."""

# ruff: noqa: F401 (a test that is imported runs here too, with the fixtures of this file)

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DataError

from models import people
from models.database import Database
from models.people import Person
from models.vocabulary import Role
from server.errors import problem_of
from server.problems import Kind
from server.verification import verify
from tests.house import PASSWORD, House, a_house
from tests.live import LiveServer, a_server
from tests.rows import a_database
from tests.server.test_demo_seed import NOW, as_it_is, everything, seed
from tests.server.test_incidents_over_http import (
    test_a_form_opens_an_incident_with_the_own_organisation_in_charge,
    test_a_part_is_changed_and_ended,
    test_rest_opens_reads_changes_and_closes,
)
from tests.server.test_live import (
    test_a_room_that_everybody_left_is_there_again,
    test_a_session_that_ends_closes_its_open_socket,
    test_R3_nobody_sees_and_nobody_is_told_before_the_commit,
    test_R3_somebody_who_joins_during_a_commit_gets_only_what_was_committed,
    test_R4_a_commit_that_fails_is_never_acknowledged_and_everybody_sends_again,
    test_R15_a_readers_change_is_refused_whatever_its_browser_shows,
    test_R17_a_role_that_is_lowered_holds_on_the_open_socket,
    test_three_organisations_write_one_picture_and_it_is_on_the_disk,
    test_what_was_written_offline_travels_in_the_next_step_2,
)
from tests.server.test_rights_reach_sockets import (
    test_a_part_that_is_lowered_and_ended_holds_at_once,
    test_closing_an_incident_makes_its_documents_read_only_and_opening_gives_them_back,
)
from tests.server.test_sign_in import sign_in


@pytest.fixture
async def server(tmp_path: Path, postgres_url: str) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path, database_url=postgres_url) as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, postgres_url: str) -> Iterator[House]:
    with a_house(tmp_path, database_url=postgres_url) as house:
        yield house


@pytest.fixture
def ana(house: House) -> Person:
    return house.person("ana", "24", Role.COORDINATOR)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    database = a_database(postgres_url)
    yield database
    database.dispose()


def test_somebody_signs_in_and_out_and_a_wrong_password_does_not(house: House):
    house.person("ana", "24", Role.COORDINATOR, hashed=True)
    assert sign_in(house.stranger(), password="wrong").status_code == 401
    assert sign_in(house.stranger(), " Ana ").status_code == 303
    assert sign_in(house.stranger(), "ana\0").status_code == 401


def test_a_value_that_no_column_can_hold_is_no_fault_of_ours(database: Database):
    with database.reader.begin() as reader, pytest.raises(DataError) as refused:
        people.find(reader, "\0")
    assert problem_of(refused.value).kind is Kind.MALFORMED


def test_the_demo_is_seeded_once_and_everything_in_it_holds(database: Database):
    rows = []
    for _ in range(2):
        with database.writer.begin() as connection:
            seed(connection, now=NOW, hash_password=as_it_is)
            rows.append(everything(connection))
    assert rows[0] == rows[1]
    assert len(rows[0]) > 100
    assert len(list(verify(database.reader))) >= 3
