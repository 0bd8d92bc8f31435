"""What a deed is written on: a document, the story it belongs to, the moment, and the pace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, unique
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pycrdt import Doc

from models.vocabulary import IncidentId
from server.demo.material import Story

Cut = Callable[[str], Iterable[str]]
"""How a text is portioned: `whole` or `by_letter`."""


def whole(text: str) -> Iterable[str]:
    """The text in one piece."""
    return (text,) if text else ()


def by_letter(text: str) -> Iterable[str]:
    """The text as people type it."""
    return text


@unique
class Caret(Enum):
    """Where the writer's caret stands after a step."""

    ELSEWHERE = "elsewhere"
    IN_NEW_TEXT = "in new text"
    """In the empty text that is the newest thing of the document's client id."""
    BEHIND_LETTER = "behind letter"
    """Behind the letter that is the newest thing of the document's client id."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change was made: where, for who wants to see somebody work there."""

    place: Mapping[str, str]
    caret: Caret = Caret.ELSEWHERE


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document to write in, the story it belongs to, and what moment it is (with a zone)."""

    doc: Doc[Any]
    story: Story
    now: datetime
    cut: Cut = whole


def row_id(incident: IncidentId, name: str) -> str:
    """The id of a row: the same at every seeding and every replay."""
    return str(uuid5(NAMESPACE_URL, f"urn:samenbeeld:demo:{incident}:{name}"))


def instant(moment: datetime) -> str:
    """As scripts write it: UTC, milliseconds, Z."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
