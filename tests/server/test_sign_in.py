"""Signing in and out, in Dutch and in English, and what an attacker gets to see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from models import people, tables
from models.people import Person
from models.vocabulary import Role
from server.authenticate import COOKIE, utc_now
from server.passwords import Guessing
from tests.house import PASSWORD, House, Visitor, a_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("data"), sign_in_tries=3) as house:
        house.person("ana", "24", Role.COORDINATOR, hashed=True)
        yield house


def sign_in(visitor: Visitor, username: str = "ana", password: str = PASSWORD, **more: str):
    return visitor.post("/sign-in", {"username": username, "password": password, **more})


def cookie_of(answer) -> str:
    return answer.headers.get("set-cookie", "")


def test_the_right_password_gives_a_session_and_goes_on(house: House):
    answer = sign_in(house.stranger(), " Ana ", next="/incidents/limburg-2021")
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/limburg-2021")
    cookie = cookie_of(answer)
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert part in cookie
    assert "Domain" not in cookie
    token = cookie.partition(";")[0]
    session = Visitor(house.client, {"cookie": token}).get("/api/v1/session").json()
    assert session["person"]["organisation"] == "24"
    assert session["ownDevice"] is False
    assert session["mayCreate"] is True


def test_an_own_device_is_remembered_with_the_session(house: House):
    answer = sign_in(house.stranger(), own_device="on")
    visitor = Visitor(house.client, {"cookie": cookie_of(answer).partition(";")[0]})
    assert visitor.get("/api/v1/session").json()["ownDevice"] is True


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "Gebruikersnaam of wachtwoord is onjuist."),
        ("en-GB,en;q=0.9", "User name or password is wrong."),
        ("de", "Gebruikersnaam of wachtwoord is onjuist."),
    ],
)
@pytest.mark.parametrize("username", ["ana", "nobody", ""])
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    house: House, language: str, sentence: str, username: str
):
    house.services.guessing = Guessing(3)
    answer = sign_in(house.stranger(language), username, "not the password")
    assert answer.status_code == 401
    assert sentence in answer.text
    assert cookie_of(answer) == ""


def test_guessing_is_stopped_for_that_account_and_address_only(house: House):
    house.person("bo", "23", Role.EDITOR, hashed=True)
    stranger = house.stranger("nl")
    for _ in range(3):
        assert sign_in(stranger, "bo", "wrong").status_code == 401
    refused = sign_in(stranger, "bo")
    assert refused.status_code == 429
    assert "Te veel pogingen" in refused.text
    assert sign_in(stranger, "ana").status_code == 303


def test_who_knows_the_password_starts_again_from_none(house: House):
    house.person("cas", "23", Role.EDITOR, hashed=True)
    for _ in range(3):
        assert sign_in(house.stranger(), "cas", "wrong").status_code == 401
        assert sign_in(house.stranger(), "cas").status_code == 303


def test_somebody_disabled_or_without_a_password_does_not_get_in(house: House):
    dis = house.person("dis", "23", Role.EDITOR, hashed=True)
    house.person("nil", "23", Role.EDITOR)
    house.write(lambda connection: people.disable(connection, dis.id, utc_now()))
    assert sign_in(house.stranger(), "dis").status_code == 401
    assert sign_in(house.stranger(), "nil", "nobody has this password").status_code == 401


def test_another_site_cannot_sign_somebody_in(house: House):
    answer = house.stranger().post(
        "/sign-in",
        {"username": "ana", "password": PASSWORD},
        headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    assert cookie_of(answer) == ""


def test_signing_out_ends_the_session_on_the_server(house: House):
    person = with_name(house, "ana")
    visitor = house.signed_in(person)
    answer = visitor.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in cookie_of(answer) or "expires" in cookie_of(answer).lower()
    assert visitor.get("/api/v1/session").status_code == 401


def test_signing_in_again_ends_the_session_that_the_browser_had(house: House):
    before, elsewhere = (house.signed_in(with_name(house, "ana")) for _ in range(2))
    answer = sign_in(before)
    assert answer.status_code == 303
    assert before.get("/api/v1/session").status_code == 401
    assert elsewhere.get("/api/v1/session").status_code == 200


def test_signing_out_without_a_session_is_no_error(house: House):
    assert house.stranger().post("/sign-out").status_code == 303


@pytest.mark.parametrize(("minutes", "noted"), [(1, False), (6, True)])
def test_a_session_in_use_is_noted_but_not_at_every_request(
    house: House, minutes: int, noted: bool
):
    visitor = house.signed_in(with_name(house, "ana"))
    seen = utc_now() - timedelta(minutes=minutes)
    house.write(lambda c: c.execute(update(tables.sessions).values(last_seen_at=seen)))
    assert visitor.get("/incidents").status_code == 200
    with house.services.database.reader.connect() as connection:
        found = set(connection.execute(select(tables.sessions.c.last_seen_at)).scalars())
    assert (found != {seen}) is noted


def with_name(house: House, username: str) -> Person:
    with house.services.database.reader.connect() as connection:
        person = people.find_by_username(connection, username)
    assert person is not None
    return person


def test_plain_http_elsewhere_is_told_why_it_cannot_work(tmp_path: Path):
    with a_house(tmp_path) as house:
        house.person("ana", "24", Role.COORDINATOR, hashed=True)
        answer = house.stranger("nl").ask(
            "POST",
            "http://192.168.1.5:8000/sign-in",
            headers={"origin": "http://192.168.1.5:8000"},
            data={"username": "ana", "password": PASSWORD},
        )
        assert answer.status_code == 400
        assert "https" in answer.text
        assert cookie_of(answer) == ""
