"""The demo's files: every line has a source, everybody exists, nothing private, in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from models import organisations
from models.vocabulary import OrganisationCode
from server.demo.entries import EXERCISE, DecisionEntry, Deed, GripEntry, Line, PhaseEntry
from server.demo.material import (
    FLOOD,
    FOLDER,
    MaterialWrong,
    cast,
    moment,
    read_story,
    sources,
    stories,
    story_of,
)

EVERY_DEED = [deed for story in stories() for deed in story.timeline]
EVERY_FILE = sorted(FOLDER.rglob("*.json"))


def texts(value: Any) -> Iterator[str]:
    """Every text in a file, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def test_every_line_names_its_source_or_says_that_it_is_exercise() -> None:
    for deed in EVERY_DEED:
        assert deed.sources or deed.exercise, deed.id
        assert deed.source.endswith(EXERCISE) == deed.exercise, deed.id
        assert not isinstance(deed, Line) or deed.full_text.endswith("]"), deed.id


def test_what_is_invented_states_no_figure() -> None:
    for deed in EVERY_DEED:
        if not deed.sources:
            said = " ".join(_of(deed, name) for name in ("text", "what", "title", "grounds"))
            assert not re.search(r"\d", said), deed.id


def _of(deed: Deed, name: str) -> str:
    return str(getattr(deed, name, ""))


def test_everything_that_changes_the_incident_or_is_decided_has_a_public_source() -> None:
    for deed in story_of(FLOOD).timeline:
        if isinstance(deed, GripEntry | PhaseEntry):
            assert deed.sources
        if isinstance(deed, DecisionEntry) and not deed.title.startswith("Dilemma"):
            assert deed.sources


def test_every_source_is_complete_and_used() -> None:
    used = {source.id for deed in EVERY_DEED for source in deed.sources}
    assert used == set(sources())
    for source in sources().values():
        address = urlsplit(source.url)
        assert address.scheme == "https"
        assert address.netloc
        assert source.publisher
        assert source.title
        assert source.label
        assert re.fullmatch(r"\d{4}(-\d{2}){0,2}", source.date)
        assert source.kind in ("official", "press")
        assert bool(source.says) or source.kind == "official"


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: path.name)
def test_no_file_holds_a_phone_number_or_a_mail_address(path: Any) -> None:
    for text in texts(json.loads(path.read_text(encoding="utf-8"))):
        if not text.startswith("https://"):
            assert not re.search(r"\+31|\b0\d{1,3}[ -]?\d{4,}|\b112\b|\S@\S", text), text


def test_everybody_is_of_an_organisation_that_exists() -> None:
    codes = {each.code for each in organisations.shipped()}
    for person in cast().people:
        assert person.organisation in codes
    for story in stories():
        assert {code for code, _ in story.participations} <= codes


def test_user_names_are_short_and_taken_once() -> None:
    names = [person.username for person in cast().people]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 6 for name in names)


def test_both_regions_scale_up_and_down_as_their_accounts_say() -> None:
    steps: dict[OrganisationCode, list[tuple[str, int]]] = {}
    for deed in story_of(FLOOD).timeline:
        if isinstance(deed, GripEntry):
            steps.setdefault(deed.org, []).append((f"{deed.at:%m-%d}", deed.level))
    assert steps == {
        "24": [("07-13", 2), ("07-14", 4), ("07-17", 2), ("07-19", 1)],
        "23": [("07-14", 4), ("07-20", 2)],
    }


def test_the_flood_spans_12_to_20_july_and_is_marked_as_an_exercise() -> None:
    story = story_of(FLOOD)
    assert f"{story.timeline[0].at:%Y-%m-%d}" == "2021-07-12"
    assert f"{story.timeline[-1].at:%Y-%m-%d}" == "2021-07-20"
    assert all(each.exercise for each in stories())


# --- files that are wrong ------------------------------------------------------------------------


def an_entry(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": "een",
        "at": "2021-07-14T10:00",
        "who": "im24",
        "do": "write",
        "theme": "summary",
        "under": "Stand",
        "text": "Het regent.",
        "source": ["oefening"],
    }
    return {**usual, **changes}


def a_story(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    usual = {
        "id": "proef",
        "title": "Proef",
        "phase": "warm",
        "exercise": True,
        "tlp": "GREEN",
        "rhythm": 30,
        "shown_at": "2021-07-14T12:00",
        "themes": [{"id": "summary", "title": "Samenvatting"}],
        "participations": [{"organisation": "24", "role": "coordinator"}],
    }
    return {**usual, **changes}


def test_a_story_in_order_is_read() -> None:
    story = read_story(a_story(), [an_entry()])
    assert [deed.id for deed in story.until(moment("2021-07-14T10:00"))] == ["een"]
    assert story.until(moment("2021-07-14T09:59")) == ()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([an_entry(), an_entry(id="twee", at="2021-07-14T09:00")], "entry twee: earlier"),
        ([an_entry(), an_entry()], "entry een: the id is used twice"),
        ([an_entry(source=[])], "no source"),
        ([an_entry(source=["hearsay"])], "hearsay"),
        ([an_entry(do="sing")], "sing"),
        ([an_entry(theme="source")], "no theme source"),
        ([an_entry(who="wl")], "wl takes no part"),
        ([an_entry(replaces=["later"])], "there is no earlier Line later"),
        ([an_entry(colour="red")], "colour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_entry_is_named(entries: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(MaterialWrong, match=says):
        read_story(a_story(), entries)


def test_a_story_that_is_not_marked_as_an_exercise_is_refused() -> None:
    with pytest.raises(MaterialWrong, match="marked as one"):
        read_story(a_story(exercise=False), [])


def test_the_page_about_the_demo_lists_every_source_and_every_account() -> None:
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    for source in sources().values():
        assert source.url in page, source.id
    for person in cast().people:
        assert f"`{person.username}`" in page
    assert cast().password in page
