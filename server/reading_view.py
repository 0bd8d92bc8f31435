"""The documents of an incident as a page shows them to who reads without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.documents import ACTIONS, DECISIONS, PICTURE, DocumentName
from models.incidents import Incident
from models.policy import may
from models.vocabulary import Verb
from server.authenticate import Identity
from server.hub import Hub
from sync.shapes import Fact, Node, read_actions, read_decisions, read_picture


@dataclass(frozen=True, slots=True)
class ThemeReading:
    """One theme of the picture: its title, its text as a tree of known nodes, its facts."""

    theme: str
    title: str
    content: tuple[Node, ...]
    facts: tuple[Fact, ...]


async def read_documents(
    hub: Hub, identity: Identity, incident: Incident, titles: Mapping[str, str]
) -> dict[str, list[Any]]:
    """`picture`, `decisions` and `actions` for a template; empty where one may not read.

    `titles` holds the incident's themes in order.
    """
    contents: dict[str, list[Any]] = {kind.name: [] for kind in (PICTURE, DECISIONS, ACTIONS)}
    for document in contents:
        name = DocumentName(incident.id, document)
        if may(identity.actor, Verb.READ, incident.standing(), name):
            contents[document] = await _read(hub, name, titles)
    return contents


async def _read(hub: Hub, name: DocumentName, titles: Mapping[str, str]) -> list[Any]:
    doc = await hub.state_of(name)
    if name.kind is PICTURE:
        return [
            ThemeReading(each.theme, titles[each.theme], each.content, each.facts)
            for each in read_picture(doc, titles)
        ]
    if name.kind is DECISIONS:
        return [asdict(row) for row in read_decisions(doc)]
    return [asdict(row) for row in read_actions(doc)]
