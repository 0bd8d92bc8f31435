"""Who wrote what, and when, to the minute.

A CRDT item knows its client id and clock, not its author or its time. A mark says: from this
clock on, this client id writes for this person, and it is now this late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from models.journal import Author, Mark
from models.vocabulary import OrganisationCode, PersonId

FRESH_FOR: Final = 60_000
"""Milliseconds that a mark stands for; a client id that writes on gets a new one after."""


Owner = tuple[PersonId, OrganisationCode]


class Marks:
    """The marks of one document, in the order in which they were made, and whose each client id
    is. An id belongs to the person and organisation that first brought it, for the epoch's whole
    life: nobody else may write, or be shown, under it."""

    def __init__(self, known: Iterable[Mark] = ()) -> None:
        self._all: list[Mark] = list(known)
        self._latest: dict[int, Mark] = {mark.client: mark for mark in self._all}
        self._owners = {mark.client: _owner(mark.author) for mark in self._all}

    def bind(self, author: Author, clients: Iterable[int]) -> bool:
        """Take `clients` for `author`'s; False when one is somebody else's, and then none is."""
        owner = _owner(author)
        new = list(clients)
        if any(self._owners.get(client, owner) != owner for client in new):
            return False
        self._owners.update(dict.fromkeys(new, owner))
        return True

    def all(self) -> tuple[Mark, ...]:
        """Every mark so far."""
        return tuple(self._all)

    def write(self, author: Author, writes: Mapping[int, int], at: int) -> tuple[Mark, ...]:
        """The marks that are due now that `author` writes from these clocks on (client id to
        clock), at `at` ms since 1970 UTC. A clock that stepped back makes a mark too."""
        due = tuple(
            Mark(client, clock, author, at)
            for client, clock in writes.items()
            if self._is_due(client, author, at)
        )
        self._all += due
        self._latest.update({mark.client: mark for mark in due})
        return due

    def _is_due(self, client: int, author: Author, at: int) -> bool:
        latest = self._latest.get(client)
        return latest is None or latest.author != author or abs(at - latest.at) >= FRESH_FOR


def _owner(author: Author) -> Owner:
    return author.person, author.organisation
