"""Writing rows: facts, drafts of decisions, actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pycrdt import Map, Text

from models.vocabulary import ActionState
from server.demo.entries import ActionEntry, DecisionEntry, FactEntry, StateEntry
from server.demo.material import document_of
from server.demo.sheet import Sheet, Step, instant, row_id


def row_of(sheet: Sheet, root: str, name: str) -> Map[Any] | None:
    """A row of the demo, by the name of its fact or entry; None when it is not there."""
    row = sheet.doc.get(root, type=Map).get(row_id(sheet.story.id, name))
    return row if isinstance(row, Map) else None


def write_fact(sheet: Sheet, deed: FactEntry) -> Iterator[Step]:
    """Add a key fact, or give it another value."""
    id = row_id(sheet.story.id, deed.fact)
    values: dict[str, Any] = {
        "theme": deed.theme.value,
        "label": deed.label,
        "value": deed.value,
        "unit": deed.unit,
        "org": deed.org,
        "at": deed.at.isoformat(timespec="minutes"),
        "source": deed.source,
    }
    with sheet.doc.transaction():
        row = row_of(sheet, "facts", deed.fact)
        if row is None:
            order = sheet.story.orders[deed.fact]
            sheet.doc.get("facts", type=Map)[id] = Map({**values, "order": order})
        else:
            row.update(values)
    yield Step({"document": "picture", "theme": deed.theme.value, "row": id, "field": "value"})


def write_decision(sheet: Sheet, deed: DecisionEntry) -> Iterator[Step]:
    """Add a draft and write its texts."""
    plain_fields = {
        "team": deed.team,
        "org": deed.org,
        "at": deed.at.isoformat(timespec="minutes"),
        "source": deed.source,
        "createdAt": instant(sheet.now),
        "number": deed.number,
        "order": deed.number,
    }
    texts = {"title": deed.title, "text": deed.text, "grounds": deed.grounds}
    yield from _write_row(sheet, deed, plain_fields, texts)


def write_action(sheet: Sheet, deed: ActionEntry) -> Iterator[Step]:
    """Add an action; it is due so many minutes from now."""
    due = None if deed.due_in is None else sheet.now + timedelta(minutes=deed.due_in)
    plain_fields = {
        "org": deed.org,
        "team": deed.team,
        "due": "" if due is None else instant(due),
        "priority": deed.priority.value,
        "state": ActionState.OPEN.value,
        "decision": "" if deed.decision is None else row_id(sheet.story.id, deed.decision),
        "source": deed.source,
        "createdAt": instant(sheet.now),
        "order": sheet.story.orders[deed.id],
    }
    yield from _write_row(sheet, deed, plain_fields, {"what": deed.what})


def _write_row(
    sheet: Sheet,
    deed: DecisionEntry | ActionEntry,
    plain_fields: Mapping[str, Any],
    texts: Mapping[str, str],
) -> Iterator[Step]:
    id, document = row_id(sheet.story.id, deed.id), document_of(deed)
    if row_of(sheet, "rows", deed.id) is None:
        empty = {name: Text("") for name in texts}
        sheet.doc.get("rows", type=Map)[id] = Map({**plain_fields, **empty})
    yield Step({"document": document, "row": id})
    for name, wanted in texts.items():
        row = row_of(sheet, "rows", deed.id)
        text = None if row is None else row.get(name)
        if not isinstance(text, Text) or not wanted.startswith(str(text)):
            continue  # somebody removed the row or wrote in it; what they did stands
        for piece in sheet.cut(wanted.removeprefix(str(text))):
            if row_of(sheet, "rows", deed.id) is None:
                return
            text += piece
            yield Step({"document": document, "row": id, "field": name})


def write_state(sheet: Sheet, deed: StateEntry) -> Iterator[Step]:
    """Move an action on, if it is still there."""
    row = row_of(sheet, "rows", deed.action)
    if row is not None:
        row["state"] = deed.state.value
    id = row_id(sheet.story.id, deed.action)
    yield Step({"document": document_of(deed), "row": id, "field": "state"})
