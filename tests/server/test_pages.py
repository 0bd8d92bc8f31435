"""What pages hold: the picture for who reads, the boot block for scripts, headers for browsers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, Text, XmlElement, XmlFragment, XmlText

from models import update_log
from models.journal import BEFORE_THE_FIRST, Author
from models.people import Person
from models.update_log import FIRST_EPOCH, Head, NewRow
from models.vocabulary import OrganisationCode, PersonId, Role
from server.security import HEADERS
from tests.house import House, a_house

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("data")) as house:
        yield house


@pytest.fixture(scope="module")
def ana(house: House) -> Person:
    return house.person("ana", "24", Role.COORDINATOR)


@pytest.fixture(scope="module")
def flood(house: House, ana: Person) -> str:
    """An incident in which something stands, also what no honest client wrote."""
    id = house.incident(ana, others={"23": Role.EDITOR, "JenV": Role.OBSERVER})
    store(house, f"{id}/picture", a_picture())
    store(house, f"{id}/decisions", rows({"title": Text(f"Evacueren {EVIL}"), "number": 7.0}))
    store(house, f"{id}/actions", rows({"what": Text("Zandzakken"), "state": "busy", "org": "23"}))
    return id


def a_picture() -> Doc[Any]:
    doc: Doc[Any] = Doc()
    text = doc.get("text:source", type=XmlFragment)
    paragraph = text.children.append(XmlElement("paragraph"))
    run = paragraph.children.append(XmlText())
    run += f"De Maas stijgt {EVIL}"
    run.format(3, 7, {"link": {"href": "javascript:alert(1)"}})
    text.children.append(XmlElement("script")).children.append(XmlText("alert(2)"))
    facts = doc.get("facts", type=Map)
    facts["one"] = Map(
        {"theme": "source", "label": EVIL, "value": "3.190", "unit": "m³/s", "org": "WL", "at": "x"}
    )
    return doc


def rows(row: dict[str, Any]) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.get("rows", type=Map)["one"] = Map(row)
    return doc


def store(house: House, document: str, doc: Doc[Any]) -> None:
    author = Author(PersonId("p"), "S. Hendrickx", OrganisationCode("24"))
    at = int(datetime(2021, 7, 15, tzinfo=UTC).timestamp() * 1000)
    head = Head(FIRST_EPOCH, 0, BEFORE_THE_FIRST)
    row = NewRow(author, at, doc.get_update(), ())
    house.write(lambda connection: update_log.append(connection, document, head, [row]))


def boot_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    block: dict[str, Any] = json.loads(found[1])
    return block


def test_the_whole_picture_can_be_read_without_scripts(house: House, ana: Person, flood: str):
    page = house.signed_in(ana).get(f"/incidents/{flood}").text
    for words in ("De Maas stijgt", "3.190", "m³/s", "Evacueren", "Zandzakken"):
        assert words in page


def test_what_a_hand_made_update_held_is_text_and_nothing_else(
    house: House, ana: Person, flood: str
):
    page = house.signed_in(ana).get(f"/incidents/{flood}").text
    assert EVIL not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 3
    assert "javascript:" not in page
    assert "alert(2)" not in page


def test_the_first_word_of_the_status_is_true_with_and_without_scripts(
    house: House, ana: Person, flood: str
):
    page = house.signed_in(ana).get(f"/incidents/{flood}").text
    status = page.split('data-mount="status"')[1].split("</div>")[0]
    scripted, plain = status.split("<noscript>")
    assert 'data-status="connecting"' in scripted
    assert 'data-status="read-only"' in plain


def test_a_region_at_GRIP_0_has_a_level(house: House, ana: Person, flood: str):
    page = house.signed_in(ana).get(f"/incidents/{flood}", headers={"accept-language": "nl"}).text
    strip = page.split('class="strip-start"')[1].split("</section>")[0]
    assert 'data-grip="0"' in strip
    assert "23 zonder GRIP" in strip


def test_a_title_cannot_close_the_boot_block(house: House, ana: Person):
    title = "</script><script>alert(3)</script>"
    page = house.signed_in(ana)
    where = page.ask("POST", "/api/v1/incidents", json={"title": title}).headers["location"]
    text = page.get(where.removeprefix("/api/v1")).text
    assert "<script>alert" not in text
    assert boot_of(text)["incident"]["title"] == title


def test_the_shell_holds_the_page_and_no_contents(house: House, ana: Person, flood: str):
    answer = house.signed_in(ana).get(f"/incidents/{flood}/shell")
    assert "Hoogwater Limburg" in answer.text
    for words in ("De Maas stijgt", "3.190", "Evacueren", "Zandzakken"):
        assert words not in answer.text
    assert boot_of(answer.text)["incident"]["id"] == flood


def test_scripts_are_told_who_this_is_and_what_may_be_done(house: House, ana: Person, flood: str):
    visitor = house.signed_in(ana, own_device=True)
    boot = boot_of(visitor.get(f"/incidents/{flood}", headers={"accept-language": "en"}).text)
    assert (boot["page"], boot["locale"], boot["collab"]) == ("workspace", "en", "/collab")
    assert boot["person"] == {
        "id": ana.id,
        "name": "S. Ana",
        "function": "IM",
        "organisation": "24",
    }
    assert (boot["ownDevice"], boot["role"]) == (True, "coordinator")
    assert boot["incident"]["exercise"] is True
    assert boot["incident"]["themes"][1] == {"id": "source", "title": "Source"}
    assert boot["documents"] == [
        {"name": f"{flood}/{name}@1", "document": name, "mayWrite": True}
        for name in ("picture", "picture/24", "decisions", "actions")
    ]
    takes_part = {each["code"]: each for each in boot["organisations"]}
    assert takes_part["23"]["role"] == "editor"
    assert takes_part["23"]["grip"] == 0
    assert (takes_part["22"]["takesPart"], takes_part["22"]["role"]) == (False, None)
    assert boot["version"] == "0.1.0"


def test_an_observer_is_told_that_nothing_may_be_written(house: House, flood: str):
    otto = house.person("otto", "JenV", Role.COORDINATOR)
    boot = boot_of(house.signed_in(otto).get(f"/incidents/{flood}").text)
    assert boot["role"] == "observer"
    assert [each["mayWrite"] for each in boot["documents"]] == [False] * 4


def test_a_coordinator_gets_the_settings_and_an_editor_does_not(
    house: House, ana: Person, flood: str
):
    bo = house.person("bo", "23", Role.COORDINATOR)
    action = f'action="/incidents/{flood}/phase"'
    assert action in house.signed_in(ana).get(f"/incidents/{flood}").text
    assert action not in house.signed_in(bo).get(f"/incidents/{flood}").text


def test_the_list_shows_ones_incidents_by_phase(house: House, ana: Person, flood: str):
    page = house.signed_in(ana).get("/incidents").text
    assert "Hoogwater Limburg" in page
    assert f'href="/incidents/{flood}"' in page
    nia = house.person("nia", "1", Role.EDITOR)
    assert "Hoogwater Limburg" not in house.signed_in(nia).get("/incidents").text


def test_pages_are_dutch_unless_somebody_wants_english(house: House, ana: Person):
    visitor = house.signed_in(ana)
    assert '<html lang="nl"' in visitor.get("/incidents").text
    english = visitor.get("/incidents", headers={"accept-language": "en"})
    assert '<html lang="en"' in english.text
    assert english.headers["content-language"] == "en"


def test_preferences_are_kept_in_the_browser_and_nothing_else_is(house: House):
    answer = house.stranger().post(
        "/preferences", {"language": "en", "theme": "dark", "next": "/sign-in"}
    )
    assert answer.headers["location"] == "/sign-in"
    cookies = answer.headers.get_list("set-cookie")
    assert {each.partition(";")[0] for each in cookies} == {
        "samenbeeld-language=en",
        "samenbeeld-theme=dark",
    }
    headers = {"cookie": "samenbeeld-language=en; samenbeeld-theme=dark"}
    page = house.stranger("nl").get("/sign-in", headers=headers).text
    assert '<html lang="en" data-theme="dark">' in page
    wrong = house.stranger().post("/preferences", {"language": "xx", "theme": "<b>"})
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/sign-in"),
        ("GET", "/incidents"),
        ("GET", "/nowhere"),
        ("GET", "/static/nothing.js"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("POST", "/sign-in"),
        ("POST", "/sign-out"),
        ("DELETE", "/incidents"),
        ("BREW", "/incidents"),
        ("GET", "/api/v1/session"),
        ("GET", "/collab"),
    ],
)
def test_every_answer_carries_the_headers(house: House, method: str, path: str):
    answer = house.stranger().ask(method, path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"] or path.startswith("/static")
    assert "server" not in answer.headers


def test_no_page_holds_a_script_or_a_style_of_its_own(house: House, ana: Person, flood: str):
    visitor = house.signed_in(ana)
    for path in ("/incidents", "/incidents/new", f"/incidents/{flood}", "/nowhere"):
        page = visitor.get(path).text
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page.replace("onerror=alert(1)", ""))
        scripts = re.findall(r"<script[^>]*>", page)
        assert all("src=" in each or "application/json" in each for each in scripts)


def test_built_files_are_kept_for_ever_and_the_service_worker_is_asked_for(
    tmp_path: Path, house: House
):
    dist = tmp_path / "web" / "dist"
    dist.mkdir(parents=True)
    for folder in ("templates", "locale"):
        (tmp_path / "web" / folder).symlink_to(house.services.settings.web / folder)
    (dist / "app.ABCD1234.js").write_text("1")
    (dist / "service-worker.js").write_text("2")
    (dist / "manifest.json").write_text('{"app.js": "app.ABCD1234.js"}')
    with a_house(tmp_path / "data", web=tmp_path / "web") as other:
        page = other.stranger().get("/sign-in").text
        assert "/static/app.ABCD1234.js" in page
        script = other.stranger().get("/static/app.ABCD1234.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert other.stranger().get("/static/manifest.json").headers["cache-control"] == "no-cache"
        worker = other.stranger().get("/service-worker.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert worker.headers["cache-control"] == "no-cache"
        assert other.stranger().get("/static/../templates/base.html").status_code == 404
        (dist / "app.NEWNEW12.js").write_text("3")
        (dist / "manifest.json").write_text('{"app.js": "app.NEWNEW12.js"}')
        assert "/static/app.NEWNEW12.js" in other.stranger().get("/sign-in").text
