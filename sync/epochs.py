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
from sync.turns import Work


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


def naming_any(structure: guard.Structure, clients: frozenset[int]) -> Work[bool]:
    """Whether a change says, in its structs, links or deletions, that its sender holds something
    written under one of `clients`; in turns, for it may be long."""
    if not clients:
        return False
    if any(run.client in clients for run in structure.runs):
        return True
    yield
    if any(link.on in clients for link in structure.links):
        return True
    yield
    return any(run.client in clients for run in structure.deletes)
