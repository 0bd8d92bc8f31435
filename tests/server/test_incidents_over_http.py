"""Opening, changing and closing incidents, by form and by REST."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import incidents
from models.incidents import Incident
from models.people import Person
from models.vocabulary import Phase, Role, Theme, Tlp
from tests.house import House, a_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path) as house:
        yield house


@pytest.fixture
def ana(house: House) -> Person:
    return house.person("ana", "24", Role.COORDINATOR)


def stored(house: House, id: str) -> Incident:
    with house.services.database.reader.connect() as connection:
        found = incidents.find(connection, id)
    assert found is not None
    return found


def a_form(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Storm  Zuid",
        "phase": "tepid",
        "exercise": "yes",
        "tlp": "GREEN",
        "rhythm": "60",
        "themes": ["source", "impact"],
        "organisations": ["23", "JenV"],
        "role-JenV": "observer",
        "grip-23": "2",
        **changes,
    }


def test_a_form_opens_an_incident_with_the_own_organisation_in_charge(house: House, ana: Person):
    answer = house.signed_in(ana).post("/incidents/new", a_form())
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/storm-zuid")
    made = stored(house, "storm-zuid")
    assert (made.title, made.phase, made.exercise) == ("Storm Zuid", Phase.TEPID, True)
    assert (made.tlp, made.rhythm) == (Tlp.GREEN, 60)
    assert [each.id for each in made.themes] == [Theme.SOURCE, Theme.IMPACT]
    assert {(each.code, each.role, each.grip) for each in made.participations} == {
        ("24", Role.COORDINATOR, None),
        ("23", Role.EDITOR, 2),
        ("JenV", Role.OBSERVER, None),
    }


@pytest.mark.parametrize(
    ("change", "dutch"),
    [
        ({"title": " "}, "Geef het incident een naam van hoogstens 120 tekens."),
        ({"title": "x" * 121}, "Geef het incident een naam van hoogstens 120 tekens."),
        ({"phase": "hot"}, "Kies een van de waarden in de lijst."),
        ({"exercise": ""}, "Kies of het echt is of een oefening."),
        ({"exercise": "on"}, "Kies of het echt is of een oefening."),
        ({"tlp": "WHITE"}, "Kies een van de waarden in de lijst."),
        ({"rhythm": "4"}, "Geef een aantal minuten van 5 tot 10080."),
        ({"rhythm": "²"}, "Geef een aantal minuten van 5 tot 10080."),
        ({"rhythm": "9" * 16}, "Geef een aantal minuten van 5 tot 10080."),
        ({"themes": []}, "Kies ten minste één thema."),
        ({"themes": ["gossip"]}, "Kies ten minste één thema."),
        ({"organisations": ["26"]}, "Een van de organisaties is onbekend."),
        ({"role-JenV": "boss"}, "Een van de organisaties is onbekend."),
        ({"grip-23": "6"}, "Een van de organisaties is onbekend."),
    ],
)
def test_a_wrong_value_is_named_and_what_was_typed_is_kept(
    house: House, ana: Person, change: dict[str, Any], dutch: str
):
    headers = {"accept-language": "nl"}
    answer = house.signed_in(ana).post("/incidents/new", a_form(**change), headers=headers)
    assert answer.status_code == 422
    assert dutch in answer.text
    if "title" not in change:
        assert "Storm Zuid" in answer.text
    with house.services.database.reader.connect() as connection:
        assert incidents.find(connection, "storm-zuid") is None


def test_a_new_form_leaves_it_to_a_person_whether_it_is_real(house: House, ana: Person):
    page = house.signed_in(ana).get("/incidents/new", headers={"accept-language": "nl"}).text
    choices = re.findall(r'<input type="radio" name="exercise"[^>]*>', page)
    assert len(choices) == 2
    assert all("required" in each and "checked" not in each for each in choices)
    assert "Echt of oefening?" in page


def test_who_may_not_open_one_is_told_so_and_not_of_an_incident_that_is_not_there(house: House):
    otto = house.person("otto", "JenV", Role.OBSERVER)
    answer = house.signed_in(otto).get("/incidents/new", headers={"accept-language": "nl"})
    assert answer.status_code == 403
    assert "mag een incident openen" in answer.text
    assert "in dit incident" not in answer.text


def test_a_form_opens_a_real_incident_when_that_is_chosen(house: House, ana: Person):
    house.signed_in(ana).post("/incidents/new", a_form(exercise="no"))
    assert stored(house, "storm-zuid").exercise is False


def test_rest_opens_reads_changes_and_closes(house: House, ana: Person):
    machine = house.machine(ana)
    body = {
        "title": "Storm",
        "themes": [{"id": "source", "title": "Bron en waterstanden"}],
        "organisations": [{"code": "RWS", "role": "liaison"}],
    }
    made = machine.ask("POST", "/api/v1/incidents", json=body)
    assert made.status_code == 201
    where = made.headers["location"]
    assert where == "/api/v1/incidents/storm"
    assert made.json()["themes"] == [{"id": "source", "title": "Bron en waterstanden"}]
    assert made.json()["myRole"] == "coordinator"
    changed = machine.ask("PATCH", where, json={"phase": "closed", "tlp": "RED"})
    assert (changed.json()["phase"], changed.json()["tlp"]) == ("closed", "RED")
    listed = machine.get("/api/v1/incidents").json()["incidents"]
    assert [(each["id"], each["phase"]) for each in listed] == [("storm", "closed")]
    assert machine.get(where).json() == listed[0]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"title": ""}, 422, "title"),
        ({"title": "a\nb"}, 422, "title"),
        ({"title": "Storm", "rhythm": 0}, 422, "rhythm"),
        ({"title": "Storm", "themes": []}, 422, "themes"),
        ({"title": "Storm", "colour": "red"}, 422, "colour"),
        ({"title": "Storm", "organisations": [{"code": "26"}]}, 422, "organisations"),
        ([], 422, "body"),
    ],
)
def test_rest_names_what_is_wrong(house: House, ana: Person, body: Any, status: int, field: str):
    answer = house.machine(ana).ask("POST", "/api/v1/incidents", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert answer.json()["fault"] == "theirs"


def test_rest_says_that_it_cannot_read_what_is_no_json(house: House, ana: Person):
    answer = house.machine(ana).ask("POST", "/api/v1/incidents", content=b"\xff{")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:samenbeeld:problem:malformed")


def test_a_part_is_changed_and_ended(house: House, ana: Person):
    id = house.incident(ana, others={"23": Role.EDITOR})
    here, page = f"/incidents/{id}/participations", house.signed_in(ana)
    page.post(here, {"organisation": "23", "role": "observer", "grip": "3"})
    assert [(e.code, e.role, e.grip) for e in stored(house, id).participations][1:] == [
        ("23", Role.OBSERVER, 3)
    ]
    page.post(here, {"organisation": "23", "role": "none"})
    assert [each.code for each in stored(house, id).participations] == ["24"]


@pytest.mark.parametrize(
    "form",
    [
        {"organisation": "26", "role": "editor"},
        {"organisation": "23", "role": "boss"},
        {"organisation": "23", "role": "editor", "grip": "7"},
        {"organisation": "24", "role": "editor"},
        {"organisation": "24", "role": "none"},
    ],
)
def test_a_part_that_cannot_be_is_refused_and_so_is_leaving_nobody_in_charge(
    house: House, ana: Person, form: dict[str, str]
):
    id = house.incident(ana)
    before = stored(house, id)
    answer = house.signed_in(ana).post(f"/incidents/{id}/participations", form)
    assert answer.status_code == 422
    assert stored(house, id) == before


def test_a_phase_that_does_not_exist_is_refused(house: House, ana: Person):
    id = house.incident(ana)
    answer = house.signed_in(ana).post(f"/incidents/{id}/phase", {"phase": "hot"})
    assert answer.status_code == 422
    assert stored(house, id).phase is Phase.WARM
