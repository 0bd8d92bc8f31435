"""Who may come in, for how long, and how that ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from models import keys, people, sessions
from models.people import PersonRefused
from models.sessions import Limits
from models.tables import api_keys
from models.tables import sessions as session_rows
from models.vocabulary import Role
from tests.rows import NIGHT, a_database, a_person


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        yield connection
    database.dispose()


def test_a_person_is_found_however_the_name_is_spelled(connection: Connection):
    person = a_person(connection, "hendrickx")
    assert people.find_by_username(connection, " HendrickX ") == person
    assert people.find(connection, person.id) == person
    assert people.find_by_username(connection, "nobody") is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "Hendrickx"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "a b"}, "username"),
        ({"name": "  "}, "name"),
        ({"name": "A\nB"}, "name"),
        ({"organisation": "26"}, "organisation"),
    ],
)
def test_a_person_that_cannot_be_is_refused_with_the_field(
    connection: Connection, change: dict[str, str], field: str
):
    a_person(connection, "hendrickx")
    values = {"username": "smeets", "name": "J. Smeets", "organisation": "24", **change}
    with pytest.raises(PersonRefused) as refused:
        people.create(connection, **values, role=Role.EDITOR, now=NIGHT)
    assert refused.value.field == field


def test_a_session_holds_for_one_shift(connection: Connection):
    person = a_person(connection)
    token = sessions.begin(connection, person, now=NIGHT, own_device=True)
    session = sessions.find(connection, token, now=NIGHT + timedelta(hours=11, minutes=59))
    assert session is not None
    assert session.person == person
    assert session.own_device
    assert session.expires_at == NIGHT + timedelta(hours=12)
    assert sessions.find(connection, token, now=NIGHT + timedelta(hours=12)) is None


def test_use_keeps_a_session_from_idling_out_but_never_beyond_its_limit(connection: Connection):
    limits = Limits(absolute=timedelta(hours=12), idle=timedelta(minutes=30))
    token = sessions.begin(
        connection, a_person(connection), now=NIGHT, own_device=False, limits=limits
    )
    late = NIGHT + timedelta(minutes=31)
    assert sessions.find(connection, token, now=late, limits=limits) is None
    sessions.touch(connection, sessions.hash_of(token), NIGHT + timedelta(minutes=20))
    assert sessions.find(connection, token, now=late, limits=limits) is not None
    end = NIGHT + timedelta(hours=12)
    sessions.touch(connection, sessions.hash_of(token), end)
    assert sessions.find(connection, token, now=end, limits=limits) is None


def test_the_token_itself_is_nowhere_in_the_database(connection: Connection):
    token = sessions.begin(connection, a_person(connection), now=NIGHT, own_device=False)
    row = connection.execute(select(session_rows)).one()
    assert token.encode() not in b"".join(str(value).encode() for value in row)
    assert row.token_hash == sessions.hash_of(token)
    assert len(token) >= 43


def test_signing_out_ends_one_session_only(connection: Connection):
    person = a_person(connection)
    one = sessions.begin(connection, person, now=NIGHT, own_device=False)
    other = sessions.begin(connection, person, now=NIGHT, own_device=False)
    sessions.end(connection, sessions.hash_of(one), NIGHT)
    assert sessions.find(connection, one, now=NIGHT) is None
    assert sessions.find(connection, other, now=NIGHT) is not None
    assert people.end_sessions(connection, person.id, NIGHT) == 1
    assert sessions.find(connection, other, now=NIGHT) is None


def test_disabling_ends_sessions_keys_and_the_password_and_enabling_brings_none_back(
    connection: Connection,
):
    person = a_person(connection, password_hash="$argon2$")
    token = sessions.begin(connection, person, now=NIGHT, own_device=False)
    key = keys.create(connection, person, label="bench", now=NIGHT)
    assert people.password_hash_of(connection, person.id) == "$argon2$"
    people.disable(connection, person.id, NIGHT)
    assert sessions.find(connection, token, now=NIGHT) is None
    assert keys.find(connection, key, now=NIGHT) is None
    assert people.password_hash_of(connection, person.id) is None
    people.enable(connection, person.id)
    assert sessions.find(connection, token, now=NIGHT) is None
    assert keys.find(connection, key, now=NIGHT) is None


def test_a_lowered_role_is_seen_by_the_session_that_is_open(connection: Connection):
    person = a_person(connection, role=Role.EDITOR)
    token = sessions.begin(connection, person, now=NIGHT, own_device=False)
    people.change_role(connection, person.id, Role.OBSERVER)
    session = sessions.find(connection, token, now=NIGHT)
    assert session is not None
    assert session.person.role is Role.OBSERVER


def test_a_key_holds_until_it_is_ended_or_expires(connection: Connection):
    person = a_person(connection)
    later = NIGHT + timedelta(days=1)
    key = keys.create(connection, person, label="replay", now=NIGHT, expires_at=later)
    assert key.startswith("sbk_")
    found = keys.find(connection, key, now=NIGHT)
    assert found is not None
    assert found.person == person
    assert keys.find(connection, key, now=later) is None
    keys.end(connection, found.key_hash, NIGHT)
    assert keys.find(connection, key, now=NIGHT) is None
    assert connection.execute(select(api_keys.c.label)).scalar() == "replay"


def test_a_session_token_is_no_key_and_a_key_is_no_session_token(connection: Connection):
    person = a_person(connection)
    token = sessions.begin(connection, person, now=NIGHT, own_device=False)
    key = keys.create(connection, person, label="replay", now=NIGHT)
    assert keys.find(connection, token, now=NIGHT) is None
    assert sessions.find(connection, key, now=NIGHT) is None


def test_only_long_expired_sessions_are_forgotten(connection: Connection):
    person = a_person(connection)
    sessions.begin(connection, person, now=NIGHT - timedelta(days=100), own_device=False)
    fresh = sessions.begin(connection, person, now=NIGHT, own_device=False)
    assert sessions.forget_old(connection, NIGHT - timedelta(days=90)) == 1
    assert sessions.find(connection, fresh, now=NIGHT) is not None
