"""A document as the log has it, and making it live."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc

from models.journal import Mark

_APPLY_TOGETHER: Final = 200
"""Rows in one transaction while loading: many times faster than one each, and a part of it that
nobody notices."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document as the log has it: a checkpoint, the rows after it, and its marks."""

    state: bytes | None = None
    tail: tuple[bytes, ...] = ()
    marks: tuple[Mark, ...] = ()


def rebuilt(loaded: Loaded) -> Doc[Any]:
    """The document that the log holds; rows are applied in transactions, never merged."""
    parts = rebuilding(loaded)
    try:
        while True:
            next(parts)
    except StopIteration as made:
        doc: Doc[Any] = made.value
        return doc


def rebuilding(loaded: Loaded) -> Generator[None, None, Doc[Any]]:
    """The same, in parts between which others may have their turn. What a checkpoint holds is
    one part: the library cannot be interrupted."""
    doc: Doc[Any] = Doc()
    if loaded.state is not None:
        doc.apply_update(loaded.state)
        yield
    for start in range(0, len(loaded.tail), _APPLY_TOGETHER):
        with doc.transaction():
            for update in loaded.tail[start : start + _APPLY_TOGETHER]:
                doc.apply_update(update)
        yield
    return doc
