"""Applying a change in parts, to stop when it costs more than honest work does.

Where an item goes among those that were put beside the same neighbour is found by walking. An
honest change names neighbours that were next to each other, so the walk is short; a hostile one
can make each of 25,000 items walk past all the others, half a minute in one frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pycrdt import Doc

from sync import guard, lib0
from sync.errors import Malformed
from sync.guard import Run, Span, Structure
from sync.ordering import advances

SMALL: Final = 16
"""Structs and deletions of one update that are applied in one go."""
ALLOWED: Final = 0.1
"""Seconds of CPU that a change may take, and more by what is in it:"""
ALLOWED_EACH: Final = 8e-6
"""Seconds for a struct, and for four deletions; one to three microseconds are usual."""
_SHORT, _LONG = 0.002, 0.010
"""Seconds: parts grow while they take less, and shrink when they take more."""


def apply_in_parts(
    doc: Doc[Any],
    update: bytes,
    structure: Structure,
    known: Mapping[int, int],
    cpu: Callable[[], float],
) -> None:
    """Apply a change without a gap, in one transaction. Raises Malformed when it takes longer
    than any honest one; the document is half changed then."""
    if structure.size <= SMALL:
        doc.apply_update(update)
        return
    parts = _Parts(update, structure, known)
    allowed, began, most = _allowed(structure), cpu(), SMALL
    with doc.transaction():
        while (part := parts.take(most)) is not None:
            before = cpu()
            doc.apply_update(part)
            now = cpu()
            if now - began > allowed:
                raise Malformed("a change that takes too long to apply")
            if now - before < _SHORT:
                most *= 2
            elif now - before > _LONG:
                most = max(1, most // 4)


def apply_together(
    doc: Doc[Any], updates: Sequence[bytes], structure: Structure, cpu: Callable[[], float]
) -> None:
    """Apply changes that fit on each other in turn, in one transaction: the document emits them
    as one, and tidies up once. Raises Malformed as `apply_in_parts` does."""
    allowed, began = _allowed(structure), cpu()
    with doc.transaction():
        for update in updates:
            doc.apply_update(update)
            if cpu() - began > allowed:
                raise Malformed("changes that take too long to apply")


def _allowed(structure: Structure) -> float:
    return ALLOWED + ALLOWED_EACH * (structure.structs + len(structure.deletes) / 4)


class _Parts:
    """A change cut into updates, each of which fits on what the ones before made."""

    def __init__(self, update: bytes, structure: Structure, known: Mapping[int, int]) -> None:
        spans = guard.spans_of(update) if structure.spans is None else structure.spans
        self._spans = list(_in_order(spans, structure, known))
        self._deletes = structure.deletes
        self._spans_taken = self._deletes_taken = 0

    def take(self, most: int) -> bytes | None:
        """The next part, of at most so many structs or deletions; None after the last."""
        spans = self._spans[self._spans_taken : self._spans_taken + most]
        if spans:
            self._spans_taken += len(spans)
            return _structs(spans) + b"\x00"
        deletes = self._deletes[self._deletes_taken : self._deletes_taken + most]
        self._deletes_taken += len(deletes)
        return b"\x00" + _deletions(deletes) if deletes else None


def _in_order(spans: list[Span], structure: Structure, known: Mapping[int, int]) -> Iterator[Span]:
    """The structs that are new, none before what it builds on."""
    own: dict[int, list[Span]] = {}
    for span in spans:
        if span.end > known.get(span.client, 0):
            own.setdefault(span.client, []).append(span)
    links = [
        link
        for link in structure.links
        if link.below > known.get(link.on, 0)
        and link.client in own
        and link.clock >= own[link.client][0].clock
    ]
    waiting = {link.client for link in links}
    for client, all_of_it in own.items():
        if client not in waiting:
            yield from all_of_it
    taken = dict.fromkeys(waiting, 0)
    for client, reached in advances(links, known, {one: own[one][-1].end for one in own}):
        at = taken[client]
        while at < len(own[client]) and own[client][at].clock < reached:
            yield own[client][at]
            at += 1
        taken[client] = at


def _structs(spans: list[Span]) -> bytes:
    own: dict[int, list[Span]] = {}
    for span in spans:
        run = own.setdefault(span.client, [])
        if run and run[-1].end != span.clock:
            raise Malformed("structs of one client that overlap")
        run.append(span)
    blocks = (
        lib0.number(len(run))
        + lib0.number(client)
        + lib0.number(run[0].clock)
        + b"".join(span.data for span in run)
        for client, run in own.items()
    )
    return lib0.number(len(own)) + b"".join(blocks)


def _deletions(runs: list[Run]) -> bytes:
    own: dict[int, list[Run]] = {}
    for run in runs:
        own.setdefault(run.client, []).append(run)
    blocks = (
        lib0.number(client)
        + lib0.number(len(found))
        + b"".join(lib0.number(run.start) + lib0.number(run.end - run.start) for run in found)
        for client, found in own.items()
    )
    return lib0.number(len(own)) + b"".join(blocks)
