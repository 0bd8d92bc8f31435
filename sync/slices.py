"""Applying a change in parts, to stop when it costs more than honest work does.

Where an item goes among those that were put beside the same neighbour is found by walking. An
honest change names neighbours that were next to each other, so the walk is short; a hostile one
can make each of 25,000 items walk past all the others, half a minute in one frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pycrdt import Doc

from sync import guard, lib0
from sync.errors import Malformed
from sync.guard import Run, Span, Structure
from sync.ordering import advances
from sync.turns import Work, in_one_go

SMALL: Final = 16
"""Structs and deletions of one update that are applied in one go."""
ALLOWED: Final = 0.1
"""Seconds of CPU that a change may take, and more by what is in it:"""
ALLOWED_EACH: Final = 8e-6
"""Seconds for a struct, and for four deletions; one to three microseconds are usual."""
TOO_COSTLY: Final = "a change that takes too long to apply"
LONGEST_DELETION: Final = 4096
"""Clock units; a million letters of one person are one range of deletions."""
_SPANS_A_TURN: Final = (1 << 10) - 1
_SHORT, _LONG = 0.001, 0.004
"""Seconds: parts grow while they take less, and shrink when they take more."""


def apply_in_parts(
    doc: Doc[Any],
    update: bytes,
    structure: Structure,
    known: Mapping[int, int],
    cpu: Callable[[], float],
) -> None:
    """All of it now, whether it is small or not."""
    if is_small(structure):
        doc.apply_update(update)
        return
    in_one_go(applying(doc, update, structure, known, cpu))


def applying(
    doc: Doc[Any],
    update: bytes,
    structure: Structure,
    known: Mapping[int, int],
    cpu: Callable[[], float],
) -> Work[None]:
    """Apply a change without a gap, in one transaction that stays open over the turns. Raises
    Malformed when it takes longer than any honest one; the document is half changed then."""
    allowed = _allowed(structure)
    parts = yield from _cut(update, structure, known)
    with doc.transaction():
        yield from _apply(doc, parts, allowed, cpu)


def apply_together(
    doc: Doc[Any], updates: Sequence[bytes], structure: Structure, cpu: Callable[[], float]
) -> None:
    """Apply changes that fit on each other in turn, in one transaction: the document emits them
    as one, and tidies up once. Raises Malformed as `applying` does."""
    allowed, began = _allowed(structure), cpu()
    with doc.transaction():
        for update in updates:
            doc.apply_update(update)
            if cpu() - began > allowed:
                raise Malformed("changes that take too long to apply")


def _allowed(structure: Structure) -> float:
    return ALLOWED + ALLOWED_EACH * (structure.structs + len(structure.deletes) / 4)


def are_short(deletes: Iterable[Run]) -> bool:
    """Whether none of them takes more than a moment."""
    return all(run.end - run.start <= LONGEST_DELETION for run in deletes)


def is_small(structure: Structure) -> bool:
    """Whether a change is applied in one go."""
    return structure.size <= SMALL and (not structure.deletes or are_short(structure.deletes))


def _apply(doc: Doc[Any], parts: _Parts, allowed: float, cpu: Callable[[], float]) -> Work[None]:
    spent, most = 0.0, SMALL
    while (part := parts.take(most)) is not None:
        before = cpu()
        doc.apply_update(part)
        took = cpu() - before
        spent += took
        if spent > allowed:
            raise Malformed(TOO_COSTLY)
        if took < _SHORT:
            most *= 2
        elif took > _LONG:
            most = max(1, most // 4)
        yield


def _cut(update: bytes, structure: Structure, known: Mapping[int, int]) -> Work[_Parts]:
    spans = structure.spans
    if spans is None:
        spans = guard.spans_of(update)
    ordered: list[Span] = []
    for span in _in_order(spans, structure, known):
        ordered.append(span)
        if len(ordered) & _SPANS_A_TURN == 0:
            yield
    return _Parts(ordered, structure.deletes)


class _Parts:
    """A change cut into updates, each of which fits on what the ones before made."""

    def __init__(self, spans: list[Span], deletes: Iterable[Run]) -> None:
        self._spans = spans
        self._deletes = list(_shortened(deletes))
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


def _shortened(deletes: Iterable[Run]) -> Iterator[Run]:
    """The same deletions, none of them longer than what takes a moment: one range may hold all
    there is."""
    for run in deletes:
        if run.end - run.start <= LONGEST_DELETION:
            yield run
        else:
            for start in range(run.start, run.end, LONGEST_DELETION):
                yield Run(run.client, start, min(run.end, start + LONGEST_DELETION))


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
