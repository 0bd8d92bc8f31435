"""Bad input over HTTP: who is at fault, what is kept, what to do, and never a trace."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from models import incidents
from models.people import Person
from models.vocabulary import Phase, Role
from server.log import set_up_logging
from tests.house import PASSWORD, House, a_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path) as house:
        yield house


@pytest.fixture
def ana(house: House) -> Person:
    return house.person("ana", "24", Role.COORDINATOR)


CROSS_SITE: list[dict[str, str]] = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://samenbeeld.example.evil.example", "sec-fetch-site": "same-origin"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "https://samenbeeld.example", "sec-fetch-site": "same-site"},
]


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_another_site_can_change_nothing_in_somebodys_name(
    house: House, ana: Person, headers: dict[str, str]
):
    id = house.incident(ana)
    answer = house.signed_in(ana).post(
        f"/incidents/{id}/phase", {"phase": "closed"}, headers=headers
    )
    assert answer.status_code == 403
    assert phase_of(house, id) is Phase.WARM
    rest = house.signed_in(ana).ask(
        "PATCH", f"/api/v1/incidents/{id}", json={"phase": "closed"}, headers=headers
    )
    assert (rest.status_code, rest.json()["type"]) == (403, "urn:samenbeeld:problem:cross-site")
    assert phase_of(house, id) is Phase.WARM


def phase_of(house: House, id: str) -> Phase:
    with house.services.database.reader.connect() as connection:
        standing = incidents.standing(connection, id)
    assert standing is not None
    return standing.phase


def test_nothing_is_changed_by_asking_with_get(house: House, ana: Person):
    id = house.incident(ana)
    visitor = house.signed_in(ana)
    for path in (f"/incidents/{id}/phase?phase=closed", "/sign-out", "/preferences?theme=dark"):
        assert visitor.get(path).status_code == 405
    assert phase_of(house, id) is Phase.WARM


def test_a_host_that_is_not_ours_is_told_so(house: House):
    answer = house.stranger().get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "does not answer to that name" in answer.text


@pytest.mark.parametrize(
    ("language", "title"),
    [("nl", "Dat is te veel in één keer"), ("en", "That is too much at once")],
)
def test_a_body_that_is_too_large_is_refused_in_words(house: House, language: str, title: str):
    def in_pieces() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 1000

    whole = house.stranger(language).post("/sign-in", {"username": "x" * 300_000})
    form = {"content-type": "application/x-www-form-urlencoded"}
    pieces = house.stranger(language).post("/sign-in", content=in_pieces(), headers=form)
    for answer in (whole, pieces):
        assert answer.status_code == 413
        assert title in answer.text
        assert answer.headers["content-security-policy"]


def test_a_method_that_does_not_fit_names_those_that_do(house: House, ana: Person):
    answer = house.machine(ana).ask("DELETE", "/api/v1/incidents")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_program_gets_a_problem_document_and_a_person_a_page(house: House):
    program = house.stranger("nl").get("/nowhere", headers={"accept": "application/json"})
    assert program.headers["content-type"] == "application/problem+json"
    problem = program.json()
    assert (problem["status"], problem["fault"], problem["retry"]) == (404, "theirs", False)
    assert problem["title"] == "Hier is niets voor u"
    assert problem["request"] == program.headers["x-request-id"]
    page = house.stranger("nl").get("/nowhere")
    assert page.headers["content-type"].startswith("text/html")
    for words in ("Hier is niets voor u", "Er is niets gewijzigd.", "Controleer het adres"):
        assert words in page.text


def test_a_stranger_is_sent_to_sign_in_and_comes_back(house: House):
    answer = house.stranger().get("/incidents/limburg-2021?x=1")
    assert answer.headers["location"] == "/sign-in?next=%2Fincidents%2Flimburg-2021%3Fx%3D1"


def test_a_key_that_does_not_hold_is_nobody_whatever_cookie_travels_along(
    house: House, ana: Person
):
    visitor = house.signed_in(ana)
    for key in ("sbk_wrong", "", "x" * 5000):
        answer = visitor.get("/api/v1/session", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_storage_that_fails_is_our_fault_and_worth_another_try(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
):
    async def fails(_: Any) -> None:
        raise OperationalError("insert", {}, Exception("database or disk is full"))

    visitor = house.signed_in(ana)
    monkeypatch.setattr(house.services.writer, "run", fails)
    answer = visitor.ask("POST", "/api/v1/incidents", json={"title": "Storm"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert (answer.json()["fault"], answer.json()["retry"]) == ("ours", True)
    assert "disk is full" not in answer.text


def test_a_mistake_of_ours_is_logged_with_its_place_and_shown_without_it(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
):
    def breaks(_: Connection, __: str) -> None:
        raise RuntimeError("the secret thing that was being written")

    lines = logged(monkeypatch)
    id, visitor = house.incident(ana), house.signed_in(ana)
    monkeypatch.setattr(incidents, "find", breaks)
    answer = visitor.get(f"/incidents/{id}")
    assert answer.status_code == 500
    assert "secret thing" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["content-security-policy"]
    line = next(each for each in lines() if each["event"] == "request-failed")
    assert line["error"] == "RuntimeError"
    assert line["request"] == answer.headers["x-request-id"]
    assert any("asking.py" in frame for frame in line["trace"])
    assert "secret thing" not in json.dumps(line)


def test_passwords_keys_cookies_and_forged_lines_are_never_logged(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
):
    lines = logged(monkeypatch)
    house.stranger().post(
        "/sign-in", {"username": 'ana\n{"event": "forged"}', "password": PASSWORD}
    )
    signed_in, machine = house.signed_in(ana), house.machine(ana)
    signed_in.get('/incidents/x%0a{"event":"forged"}')
    machine.ask("POST", "/api/v1/incidents", json={"title": "Geheime titel"})
    text = json.dumps(lines())
    secrets = (
        PASSWORD,
        signed_in.headers["cookie"].partition("=")[2],
        machine.headers["authorization"].removeprefix("Bearer "),
        "Geheime titel",
        "forged",
    )
    assert [secret for secret in secrets if secret in text] == []
    requests = [each for each in lines() if each["event"] == "request"]
    assert {each["status"] for each in requests} == {401, 404, 201}
    assert all(each["at"].endswith("Z") for each in requests)


def logged(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Collect the log lines of this test as they would be printed."""
    root, printed = logging.getLogger(), io.StringIO()
    monkeypatch.setattr(logging.getLogger("httpx2"), "disabled", True)  # the client's own lines
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    set_up_logging("info")
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(printed)
    return lambda: [json.loads(line) for line in printed.getvalue().splitlines()]


def test_metrics_answer_the_token_only_or_this_machine_only(tmp_path: Path, house: House):
    assert house.stranger().get("/metrics").status_code == 404
    with a_house(tmp_path / "other", metrics_token="s3cret") as guarded:
        shown = {"authorization": "Bearer s3cret"}
        answer = guarded.stranger().get("/metrics", headers=shown)
        assert answer.status_code == 200
        assert "samenbeeld_requests_total" in answer.text
        assert "samenbeeld_sockets" in answer.text
        wrong = {"authorization": "Bearer s3cre"}
        assert guarded.stranger().get("/metrics", headers=wrong).status_code == 404
        assert guarded.stranger().get("/metrics").status_code == 404


def test_ready_says_which_check_fails(house: House, monkeypatch: pytest.MonkeyPatch):
    assert house.stranger().get("/readyz").json()["status"] == "ready"
    monkeypatch.setattr(house.services.hub, "draining", True)
    answer = house.stranger().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["open"] is False
    assert house.stranger().get("/healthz").status_code == 200
