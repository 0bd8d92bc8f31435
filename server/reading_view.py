"""The documents of an incident as a page shows them to who reads without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.documents import ACTIONS, DECISIONS, PICTURE, DocumentName
from models.incidents import Incident
from models.policy import may
from models.vocabulary import Verb
from server.authenticate import Identity
from server.readings import Readings
from sync.shapes import Action, Decision, Fact, Node, ThemeText


@dataclass(frozen=True, slots=True)
class ThemeReading:
    """One theme of the picture: its title, its text as a tree of known nodes, its facts."""

    theme: str
    title: str
    content: tuple[Node, ...]
    facts: tuple[Fact, ...]


async def read_documents(
    readings: Readings, identity: Identity, incident: Incident, titles: Mapping[str, str]
) -> dict[str, list[Any]]:
    """`picture`, `decisions` and `actions` for a template; empty where one may not read.

    `titles` holds the incident's themes in order.
    """
    contents: dict[str, list[Any]] = {kind.name: [] for kind in (PICTURE, DECISIONS, ACTIONS)}
    for document in contents:
        name = DocumentName(incident.id, document)
        if may(identity.actor, Verb.READ, incident.standing(), name):
            found = await readings.of(name)
            contents[document] = _themes(found, titles) if name.kind is PICTURE else _rows(found)
    return contents


def _themes(found: Mapping[str, ThemeText], titles: Mapping[str, str]) -> list[Any]:
    return [
        ThemeReading(theme, title, found[theme].content, found[theme].facts)
        for theme, title in titles.items()
    ]


def _rows(found: Iterable[Decision | Action]) -> list[Any]:
    return [asdict(row) for row in found]
