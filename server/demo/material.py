"""Reading the demo's files: people, incidents, sources and the timeline, checked as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from models.documents import ACTIONS, DECISIONS, PICTURE, DocumentName
from models.vocabulary import (
    ActionState,
    IncidentId,
    OrganisationCode,
    Phase,
    Priority,
    Role,
    Theme,
    Tlp,
)
from server.demo.entries import (
    EXERCISE,
    ActionEntry,
    DecisionEntry,
    Deed,
    FactEntry,
    GripEntry,
    Line,
    PhaseEntry,
    Source,
    StateEntry,
    Written,
)

FOLDER: Final = Path(__file__).parent
FLOOD: Final = IncidentId("limburg-2021")
CLOCK: Final = ZoneInfo("Europe/Amsterdam")

_ENTRY_TYPES: Final[Mapping[str, tuple[type[Deed], Mapping[str, Any]]]] = {
    "write": (Line, {"theme": Theme, "replaces": tuple}),
    "fact": (FactEntry, {"theme": Theme, "org": OrganisationCode}),
    "decision": (DecisionEntry, {"org": OrganisationCode}),
    "action": (ActionEntry, {"org": OrganisationCode, "priority": Priority}),
    "state": (StateEntry, {"state": ActionState}),
    "grip": (GripEntry, {"org": OrganisationCode}),
    "phase": (PhaseEntry, {"phase": Phase}),
}
"""The word in a file, what it becomes, and which of its fields are more than text."""


class MaterialWrong(ValueError):
    """A file of the demo cannot be used; the text names the place."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody invented, with an account."""

    username: str
    name: str
    function: str
    organisation: OrganisationCode
    role: Role


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody in the demo, and the one password of all their accounts."""

    password: str
    people: tuple[DemoPerson, ...]

    def named(self, username: str) -> DemoPerson:
        """The person with this user name; raises KeyError."""
        return {person.username: person for person in self.people}[username]


@dataclass(frozen=True, slots=True)
class Story:
    """An incident of the demo, with all that happens in it."""

    id: IncidentId
    title: str
    phase: Phase
    """At the beginning; the timeline moves it on."""
    exercise: bool
    tlp: Tlp
    rhythm: int
    themes: tuple[tuple[Theme, str], ...]
    participations: tuple[tuple[OrganisationCode, Role], ...]
    shown_at: datetime
    """The moment that a freshly seeded room shows."""
    timeline: tuple[Deed, ...]
    orders: Mapping[str, int]
    """The place of every action and fact among its own: as they first come up."""

    def until(self, moment: datetime) -> tuple[Deed, ...]:
        """What has been done by a moment of the exercise's clock."""
        return tuple(deed for deed in self.timeline if deed.at <= moment)


def document_of(deed: Written) -> str:
    """The document a deed is written in, as the table of documents calls it."""
    match deed:
        case Line() | FactEntry():
            return PICTURE.name
        case DecisionEntry():
            return DECISIONS.name
        case ActionEntry() | StateEntry():
            return ACTIONS.name


def document_name(incident: IncidentId, deed: Written) -> DocumentName:
    """The full name of the document a deed is written in."""
    return DocumentName(incident, document_of(deed))


def moment(text: str) -> datetime:
    """A moment of the exercise's clock: local time without a zone, as in the files."""
    return datetime.fromisoformat(text).replace(tzinfo=CLOCK)


@lru_cache(maxsize=1)
def cast() -> Cast:
    """The people of the demo."""
    content = _read(FOLDER / "people.json")
    people = tuple(
        DemoPerson(
            username=each["username"],
            name=each["name"],
            function=each["function"],
            organisation=OrganisationCode(each["organisation"]),
            role=Role(each["role"]),
        )
        for each in content["people"]
    )
    return Cast(content["password"], people)


@lru_cache(maxsize=1)
def sources() -> Mapping[str, Source]:
    """The bibliography, by id."""
    content = _read(FOLDER / "limburg_2021" / "sources.json")
    return {id: Source(id=id, **fields) for id, fields in content.items()}


@lru_cache(maxsize=1)
def stories() -> tuple[Story, ...]:
    """The flood, and the two quiet incidents beside it; raises MaterialWrong."""
    flood = FOLDER / "limburg_2021"
    days = [each for path in sorted(flood.glob("2021-*.json")) for each in _read(path)]
    plans = _read(FOLDER / "plans.json")
    return (
        read_story(_read(flood / "incident.json"), days),
        *(read_story(plan, plan["timeline"]) for plan in plans),
    )


def story_of(incident: str) -> Story:
    """The story with this incident id; raises KeyError."""
    return {str(story.id): story for story in stories()}[incident]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MaterialWrong(f"{path.name}: {error}") from error


def read_story(content: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> Story:
    """A story out of its files; raises MaterialWrong that names the entry."""
    timeline = tuple(_deed(each) for each in entries)
    story = Story(
        id=IncidentId(content["id"]),
        title=content["title"],
        phase=Phase(content["phase"]),
        exercise=content["exercise"],
        tlp=Tlp(content["tlp"]),
        rhythm=content["rhythm"],
        themes=tuple((Theme(each["id"]), each["title"]) for each in content["themes"]),
        participations=tuple(
            (OrganisationCode(each["organisation"]), Role(each["role"]))
            for each in content["participations"]
        ),
        shown_at=moment(content["shown_at"]),
        timeline=timeline,
        orders=_orders(timeline),
    )
    _check(story)
    return story


def _orders(timeline: Iterable[Deed]) -> Mapping[str, int]:
    names = [deed.fact if isinstance(deed, FactEntry) else deed.id for deed in timeline]
    return {name: place for place, name in enumerate(dict.fromkeys(names), start=1)}


def _deed(content: Mapping[str, Any]) -> Deed:
    id = content.get("id", "?")
    try:
        kind, readers = _ENTRY_TYPES[content["do"]]
        fields = {key: value for key, value in content.items() if key not in ("do", "source")}
        read = {key: readers.get(key, _as_is)(value) for key, value in fields.items()}
        read["at"] = moment(content["at"])
        ids = content["source"]
        return kind(**read, sources=_sources(ids), exercise=EXERCISE in ids)
    except (KeyError, TypeError, ValueError) as error:
        raise MaterialWrong(f"entry {id}: {type(error).__name__}: {error}") from error


def _as_is(value: Any) -> Any:
    return value


def _sources(ids: list[str]) -> tuple[Source, ...]:
    if not ids:
        raise ValueError("no source")
    return tuple(sources()[id] for id in ids if id != EXERCISE)


def _check(story: Story) -> None:
    """Times in order, ids once, everybody known, and every reference to something earlier."""
    if not story.exercise:
        raise MaterialWrong(f"{story.id}: the demo is an exercise, and must be marked as one")
    taking_part = dict(story.participations)
    themes = {theme for theme, _ in story.themes}
    known: dict[str, Deed] = {}
    latest = moment("1970-01-01")
    for deed in story.timeline:
        if deed.at < latest:
            raise MaterialWrong(f"entry {deed.id}: earlier than the one before it")
        if deed.id in known:
            raise MaterialWrong(f"entry {deed.id}: the id is used twice")
        if cast().named(deed.who).organisation not in taking_part:
            raise MaterialWrong(f"entry {deed.id}: {deed.who} takes no part")
        _check_references(deed, known, themes)
        latest = deed.at
        known[deed.id] = deed


def _check_references(deed: Deed, known: Mapping[str, Deed], themes: set[Theme]) -> None:
    wanted: tuple[tuple[str, type[Deed]], ...] = ()
    match deed:
        case Line(replaces=replaces):
            wanted = tuple((id, Line) for id in replaces)
        case ActionEntry(decision=str(decision)):
            wanted = ((decision, DecisionEntry),)
        case StateEntry(action=action):
            wanted = ((action, ActionEntry),)
        case _:
            pass
    for id, kind in wanted:
        if not isinstance(known.get(id), kind):
            raise MaterialWrong(f"entry {deed.id}: there is no earlier {kind.__name__} {id}")
    if isinstance(deed, Line | FactEntry) and deed.theme not in themes:
        raise MaterialWrong(f"entry {deed.id}: the incident has no theme {deed.theme}")
