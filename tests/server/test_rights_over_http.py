"""Every route for every kind of visitor, in the order of the columns below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from models.vocabulary import IncidentId, Role
from server.app import routes
from tests.house import House, Visitor, a_house

COLUMNS: Final = ("stranger", "outsider", "observer", "liaison", "editor", "coordinator")

# To /sign-in (303 with `in`) is where a stranger's page goes; `303` alone is the way on after a
# change. What belongs to an incident one takes no part in is 404, as if it did not exist.
PAGES: Final = """
GET   /                                   303  303  303  303  303  303
GET   /sign-in                            200  303  303  303  303  303
GET   /incidents                          in   200  200  200  200  200
GET   /incidents/new                      in   200  403  403  403  200
POST  /incidents/new                      in   422  403  403  403  422
GET   /incidents/{id}                     in   404  200  200  200  200
GET   /incidents/{id}/shell               in   404  200  200  200  200
POST  /incidents/{id}/phase               in   404  403  403  403  303
POST  /incidents/{id}/participations      in   404  403  403  403  303
POST  /preferences                        303  303  303  303  303  303
GET   /incidents/nowhere                  in   404  404  404  404  404
GET   /incidents/NOT_AN_ID               in   404  404  404  404  404
GET   /toegankelijkheid                   200  200  200  200  200  200
GET   /nowhere                            404  404  404  404  404  404
"""
REST: Final = """
GET   /api/v1/session                     401  200  200  200  200  200
GET   /api/v1/incidents                   401  200  200  200  200  200
POST  /api/v1/incidents                   401  201  403  403  403  201
GET   /api/v1/incidents/{id}              401  404  200  200  200  200
PATCH /api/v1/incidents/{id}              401  404  403  403  403  200
GET   /api/v1/incidents/nowhere           401  404  404  404  404  404
GET   /api/v1/nowhere                     404  404  404  404  404  404
DELETE /api/v1/incidents/{id}             405  405  405  405  405  405
GET   /healthz                            200  200  200  200  200  200
GET   /readyz                             200  200  200  200  200  200
GET   /metrics                            404  404  404  404  404  404
"""
FORMS: Final[dict[str, dict[str, str]]] = {
    "/incidents/{id}/phase": {"phase": "warm"},
    "/incidents/{id}/participations": {"organisation": "22", "role": "observer", "grip": "1"},
}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /api/v1/incidents": {"title": "Storm"},
    "PATCH /api/v1/incidents/{id}": {"rhythm": 60},
}


def rows(table: str) -> list[tuple[str, str, str, str]]:
    """One case for each cell: method, path, column and what is expected there."""
    lines = [line.split() for line in table.strip().splitlines()]
    return [
        (method, path, column, expected)
        for method, path, *cells in lines
        for column, expected in zip(COLUMNS, cells, strict=True)
    ]


@dataclass
class Scene:
    """One incident, and a visitor for every column."""

    house: House
    incident: IncidentId
    visitors: dict[str, Visitor]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_house(tmp_path_factory.mktemp("data")) as house:
        yield a_scene(house, machines=False)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_house(tmp_path_factory.mktemp("data")) as house:
        yield a_scene(house, machines=True)


def a_scene(house: House, machines: bool) -> Scene:
    people = {
        "outsider": house.person("outsider", "1", Role.COORDINATOR),
        "observer": house.person("otto", "JenV", Role.OBSERVER),
        "liaison": house.person("def", "DEF", Role.LIAISON),
        "editor": house.person("bo", "23", Role.EDITOR),
        "coordinator": house.person("ana", "24", Role.COORDINATOR),
    }
    # Each organisation may more than its person here, so that the person's own role decides.
    others = dict.fromkeys(("JenV", "DEF", "23"), Role.COORDINATOR)
    incident = house.incident(people["coordinator"], others=others)
    enter = house.machine if machines else house.signed_in
    visitors = {name: enter(person) for name, person in people.items()}
    return Scene(house, incident, {"stranger": house.stranger(), **visitors})


@pytest.mark.parametrize(("method", "path", "column", "expected"), rows(PAGES))
def test_pages(scene: Scene, method: str, path: str, column: str, expected: str):
    check(scene, method, path, column, expected)


@pytest.mark.parametrize(("method", "path", "column", "expected"), rows(REST))
@pytest.mark.parametrize("kind", ["browser", "machine"])
def test_rest(
    request: pytest.FixtureRequest, kind: str, method: str, path: str, column: str, expected: str
):
    scene = request.getfixturevalue("scene" if kind == "browser" else "machines")
    check(scene, method, path, column, expected)


def check(scene: Scene, method: str, path: str, column: str, expected: str) -> None:
    visitor = scene.visitors[column]
    options: dict[str, Any] = {}
    if f"{method} {path}" in BODIES:
        options["json"] = BODIES[f"{method} {path}"]
    elif method == "POST":
        options["data"] = FORMS.get(path, {})
    answer = visitor.ask(method, path.replace("{id}", scene.incident), **options)
    to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
    found = "in" if answer.status_code == 303 and to_sign_in else str(answer.status_code)
    assert found == expected, answer.text


def test_the_organisations_role_binds_its_people_too(tmp_path: Path):
    with a_house(tmp_path) as house:
        ana = house.person("ana", "24", Role.COORDINATOR)
        bo = house.person("bo", "23", Role.COORDINATOR)
        incident = house.incident(ana, others={"23": Role.OBSERVER})
        answer = house.signed_in(bo).post(f"/incidents/{incident}/phase", {"phase": "cold"})
        assert answer.status_code == 403


def test_every_route_is_in_the_tables(scene: Scene):
    tested = {tuple(line.split()[:2]) for line in (PAGES + REST).strip().splitlines()}
    elsewhere = {
        ("POST", "/sign-in"),  # test_sign_in.py
        ("POST", "/sign-out"),
        ("GET", "/service-worker.js"),  # test_pages.py
    }
    for route in routes(scene.house.services):
        if isinstance(route, Mount | WebSocketRoute):
            continue
        assert isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}:
            assert (method, route.path) in tested | elsewhere
