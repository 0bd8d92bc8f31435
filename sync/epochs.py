"""From one epoch of a document to the next, and telling them apart.

A restored document begins its new epoch as the last state of the old one under client ids that
nobody ever had. So an id says which epoch it is of: a client that names one of an earlier epoch
holds a history that ended, and the two are never merged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from models.journal import Mark
from sync import anatomy, guard
from sync.errors import Malformed
from sync.messages import Received, SyncStep1, SyncStep2, Update, Updates


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new epoch begins with: the whole state, and who wrote what of it."""

    state: bytes
    marks: tuple[Mark, ...]


def begin_again(
    state: bytes, marks: Iterable[Mark], taken: Collection[int], draw: Callable[[], int]
) -> Beginning:
    """The document under new client ids: drawn ones that are neither its own nor `taken`."""
    known = tuple(marks)
    names = new_names(anatomy.dissect(state).clients() | {m.client for m in known}, taken, draw)
    return Beginning(anatomy.renamed(state, names), renamed_marks(known, names))


def new_names(
    old: Collection[int], taken: Collection[int], draw: Callable[[], int]
) -> dict[int, int]:
    """A new id for each old one, in the same order."""
    avoid = {*old, *taken}
    drawn: set[int] = set()
    while len(drawn) < len(old):
        one = draw()
        if one not in avoid:
            drawn.add(one)
    return dict(zip(sorted(old), sorted(drawn), strict=True))


def renamed_marks(marks: Iterable[Mark], names: Mapping[int, int]) -> tuple[Mark, ...]:
    """The marks under the new client ids."""
    return tuple(replace(mark, client=names[mark.client]) for mark in marks)


def names_any(message: Received, clients: frozenset[int]) -> bool:
    """Whether a message says that its sender holds something written under one of `clients`.

    What cannot be read names nothing: the room refuses it.
    """
    try:
        return not clients.isdisjoint(_named_by(message))
    except Malformed:
        return False


def _named_by(message: Received) -> Iterable[int]:
    match message:
        case SyncStep1(state_vector):
            return guard.parse_state_vector(state_vector)
        case SyncStep2(update) | Update(update):
            return _named_in(update)
        case Updates(updates):
            return {client for update in updates for client in _named_in(update)}
        case _:
            return ()


def _named_in(update: bytes) -> set[int]:
    found = guard.parse_update(update)
    named = {run.client for run in (*found.runs, *found.deletes)}
    return named | {link.on for link in found.links}
