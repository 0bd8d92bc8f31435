"""Writing a deed of the timeline into a document, at once or letter by letter.

`write` is a generator: between two steps the document is in order, so that a seed can take all
steps at once and a replay can let time pass between them. Text is only ever appended: offsets in
pycrdt are bytes, and appending needs none.
"""

from __future__ import annotations

from collections.abc import Iterator

from server.demo.entries import (
    ActionEntry,
    DecisionEntry,
    FactEntry,
    Line,
    StateEntry,
    Written,
)
from server.demo.paragraphs import begins_line, shows_line, write_line
from server.demo.rows import row_of, write_action, write_decision, write_fact, write_state
from server.demo.sheet import Sheet, Step


def write(sheet: Sheet, deed: Written) -> Iterator[Step]:
    """Write a deed; what a run before this one left half-written is completed."""
    match deed:
        case Line():
            return write_line(sheet, deed)
        case FactEntry():
            return write_fact(sheet, deed)
        case DecisionEntry():
            return write_decision(sheet, deed)
        case ActionEntry():
            return write_action(sheet, deed)
        case StateEntry():
            return write_state(sheet, deed)


def is_written(sheet: Sheet, deed: Written) -> bool:
    """Whether the document shows this deed as it left it."""
    match deed:
        case Line():
            return shows_line(sheet, deed)
        case FactEntry():
            row = row_of(sheet, "facts", deed.fact)
            return row is not None and row.get("value") == deed.value
        case DecisionEntry():
            row = row_of(sheet, "rows", deed.id)
            return row is not None and str(row.get("text")) == deed.text
        case ActionEntry():
            row = row_of(sheet, "rows", deed.id)
            return row is not None and str(row.get("what")) == deed.what
        case StateEntry():
            row = row_of(sheet, "rows", deed.action)
            return row is not None and row.get("state") == deed.state.value


def is_begun(sheet: Sheet, deed: Written) -> bool:
    """Whether somebody stopped half-way while writing this."""
    match deed:
        case Line():
            return begins_line(sheet, deed)
        case DecisionEntry():
            row = row_of(sheet, "rows", deed.id)
            return row is not None and _is_beginning(str(row.get("text")), deed.text)
        case ActionEntry():
            row = row_of(sheet, "rows", deed.id)
            return row is not None and _is_beginning(str(row.get("what")), deed.what)
        case FactEntry() | StateEntry():
            return False


def _is_beginning(text: str, whole: str) -> bool:
    return text != whole and whole.startswith(text)
