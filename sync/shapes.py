"""Reading the documents of an incident as plain values, for pages, exports and tests.

Shapes, by root: a picture holds one XmlFragment `text:<theme>` per theme and the map `facts`;
decisions and actions hold the map `rows`. What a hand-made update put there is not trusted:
a value of another type reads as absent, and only known nodes and marks come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc, Map, Text, XmlElement, XmlFragment, XmlText

NODES: Final = frozenset({"paragraph", "heading", "bullet_list", "ordered_list", "list_item"})
MARKS: Final = frozenset({"strong", "em", "link"})
DEEPEST: Final = 16
"""Lists in lists; what lies deeper is not shown."""
_LARGEST_NUMBER: Final = 1e15
_LINKS: Final = ("https://", "http://", "mailto:")


@dataclass(frozen=True, slots=True)
class Node:
    """A block of rich text, or with type `text` a run of it with its marks."""

    type: str
    content: tuple[Node, ...] = ()
    text: str = ""
    level: int = 2
    strong: bool = False
    em: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A key fact of a theme: what, how much, from whom, when, and where that was read."""

    id: str
    theme: str
    label: str
    value: str
    unit: str
    org: str
    at: str
    source: str
    order: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision being written: always a draft; what was taken lives elsewhere."""

    id: str
    title: str
    text: str
    grounds: str
    team: str
    org: str
    at: str
    source: str
    created_at: str
    number: int | None
    order: float


@dataclass(frozen=True, slots=True)
class Action:
    """An action being written, with who, when and how urgent as proposals."""

    id: str
    what: str
    org: str
    team: str
    due: str
    priority: str
    state: str
    decision: str
    source: str
    created_at: str
    order: float


@dataclass(frozen=True, slots=True)
class ThemeText:
    """One theme of a picture: its text and its facts in order."""

    theme: str
    content: tuple[Node, ...]
    facts: tuple[Fact, ...]


def theme_root(theme: str) -> str:
    """The name of the root that holds a theme's text."""
    return f"text:{theme}"


def read_picture(doc: Doc[Any], themes: Iterable[str]) -> list[ThemeText]:
    """The themes of a picture, in the order asked for."""
    facts = _facts(doc)
    return [
        ThemeText(
            theme,
            tuple(_children(doc.get(theme_root(theme), type=XmlFragment), 0)),
            tuple(fact for fact in facts if fact.theme == theme),
        )
        for theme in themes
    ]


def _facts(doc: Doc[Any]) -> list[Fact]:
    return sorted(
        (
            Fact(
                id,
                theme=_word(row, "theme"),
                label=_word(row, "label"),
                value=_word(row, "value"),
                unit=_word(row, "unit"),
                org=_word(row, "org"),
                at=_word(row, "at"),
                source=_word(row, "source"),
                order=_number(row, "order"),
            )
            for id, row in _rows(doc, "facts")
        ),
        key=lambda fact: (fact.order, fact.id),
    )


def read_decisions(doc: Doc[Any]) -> list[Decision]:
    """The drafts of decisions, in their order."""
    return sorted(
        (
            Decision(
                id,
                title=_word(row, "title"),
                text=_word(row, "text"),
                grounds=_word(row, "grounds"),
                team=_word(row, "team"),
                org=_word(row, "org"),
                at=_word(row, "at"),
                source=_word(row, "source"),
                created_at=_word(row, "createdAt"),
                number=int(_number(row, "number")) or None,
                order=_number(row, "order"),
            )
            for id, row in _rows(doc, "rows")
        ),
        key=lambda decision: (decision.order, decision.id),
    )


def read_actions(doc: Doc[Any]) -> list[Action]:
    """The action list, in its order."""
    return sorted(
        (
            Action(
                id,
                what=_word(row, "what"),
                org=_word(row, "org"),
                team=_word(row, "team"),
                due=_word(row, "due"),
                priority=_word(row, "priority"),
                state=_word(row, "state"),
                decision=_word(row, "decision"),
                source=_word(row, "source"),
                created_at=_word(row, "createdAt"),
                order=_number(row, "order"),
            )
            for id, row in _rows(doc, "rows")
        ),
        key=lambda action: (action.order, action.id),
    )


def _rows(doc: Doc[Any], root: str) -> Iterator[tuple[str, Map[Any]]]:
    rows = doc.get(root, type=Map)
    for id in list(rows.keys()):
        # a key may be told of that has no value: a hostile client can put formatting there
        row = rows.get(id)
        if isinstance(row, Map):
            yield id, row


def _word(row: Map[Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, Text):
        return str(value)
    return value if isinstance(value, str) else ""


def _number(row: Map[Any], key: str) -> float:
    value = row.get(key)
    if not isinstance(value, int | float) or not abs(value) < _LARGEST_NUMBER:
        return 0.0
    return float(value)


def _children(parent: XmlFragment | XmlElement, depth: int) -> Iterator[Node]:
    if depth > DEEPEST:
        return
    for child in parent.children:
        if isinstance(child, XmlText):
            yield from _runs(child)
        elif isinstance(child, XmlElement) and child.tag in NODES:
            yield _block(child, depth)


def _block(element: XmlElement, depth: int) -> Node:
    level = element.attributes.get("level")
    return Node(
        str(element.tag),
        content=tuple(_children(element, depth + 1)),
        level=3 if level in (3, 3.0, "3") else 2,
    )


def _runs(text: XmlText) -> Iterator[Node]:
    for run, attributes in text.diff():
        if isinstance(run, str) and run:
            yield _run(run, _known_marks(attributes or {}))


def _known_marks(attributes: Mapping[str, Any]) -> dict[str, Any]:
    # y-prosemirror writes a mark that may overlap itself as `name--hash`
    named = {name.partition("--")[0]: value for name, value in attributes.items()}
    return {name: value for name, value in named.items() if name in MARKS and value is not None}


def _run(text: str, marks: Mapping[str, Any]) -> Node:
    return Node(
        "text",
        text=text,
        strong="strong" in marks,
        em="em" in marks,
        href=_safe_link(marks.get("link")),
    )


def _safe_link(mark: object) -> str | None:
    href = mark.get("href") if isinstance(mark, Mapping) else None
    if not isinstance(href, str) or not href.lower().startswith(_LINKS):
        return None
    return href
