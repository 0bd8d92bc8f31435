"""What rights questions need to know, kept from one question to the next while nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from models import incidents
from models.policy import Standing
from models.sessions import hash_of
from models.vocabulary import IncidentId
from server.authenticate import Identity
from server.reading import Reader

MOST_STANDINGS: Final = 1000
"""Incidents whose participants are known at a time."""
KEPT_FOR: Final = 1.0
"""Seconds that who somebody is stays known to the next socket that shows the same."""


class Standings:
    """The standing of each incident, and who came a moment ago. `changed` ends what is known; an
    answer that was being looked up meanwhile is looked up again."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._known: dict[IncidentId, Standing] = {}
        self._people: dict[bytes, tuple[float, asyncio.Task[Identity | None]]] = {}
        self.generation = 0

    def changed(self, incident: IncidentId | None) -> None:
        """Something that decides rights was changed and committed."""
        self.generation += 1
        self._people.clear()
        if incident is not None:
            self._known.pop(incident, None)

    def known(self, incident: IncidentId) -> Standing | None:
        """The standing of an incident, if nobody has to be asked for it."""
        return self._known.get(incident)

    def forget(self, incident: IncidentId) -> None:
        """No room of the incident is open any more."""
        self._known.pop(incident, None)

    async def of(self, incident: IncidentId) -> Standing | None:
        """The standing of an incident; None when there is none. Raises SQLAlchemyError."""
        while (known := self._known.get(incident)) is None:
            generation = self.generation
            found: Standing | None = await self._read(lambda c: incidents.standing(c, incident))
            if generation != self.generation:
                continue  # rights changed while we read: what we hold may be the old ones
            if found is None:
                return None
            if len(self._known) >= MOST_STANDINGS:
                self._known.clear()  # of who was refused no room remains to end it
            self._known[incident] = found
        return known

    async def person(
        self, shown: str, look_up: Callable[[], Awaitable[Identity | None]]
    ) -> Identity | None:
        """Who somebody is by what they showed: one question for all who show the same at about
        the same time, asked again when rights changed meanwhile. Raises SQLAlchemyError."""
        while True:
            generation = self.generation
            found = await asyncio.shield(self._asked(hash_of(shown), look_up))
            if generation == self.generation:
                return found

    def _asked(
        self, shown: bytes, look_up: Callable[[], Awaitable[Identity | None]]
    ) -> asyncio.Task[Identity | None]:
        now = monotonic()
        at, task = self._people.get(shown, (0.0, None))
        if task is not None and now - at < KEPT_FOR and not _failed(task):
            return task
        if len(self._people) >= 1000:
            self._people = {one: it for one, it in self._people.items() if now - it[0] < KEPT_FOR}
        task = asyncio.ensure_future(_only(look_up))
        self._people[shown] = now, task
        return task


async def _only(look_up: Callable[[], Awaitable[Identity | None]]) -> Identity | None:
    return await look_up()


def _failed(task: asyncio.Task[Identity | None]) -> bool:
    """Whether a look-up came to nothing, or to nobody: the next one asks for itself."""
    return task.done() and (
        task.cancelled() or task.exception() is not None or task.result() is None
    )
