"""The replay: the people of the demo come in over real websockets and write the story live.

Each writes at a human pace times the speed, several at once, in the same documents and under the
same rights as everybody. It goes on where the room stands, and may be stopped at any moment: what
is half-written then is completed by the next replay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from server.demo.door import Door, DoorShut, base_of
from server.demo.entries import Deed, GripEntry, PhaseEntry
from server.demo.material import Story, cast, story_of
from server.demo.plan import Cue, cues, remaining, told, waits_for
from server.demo.player import Pace, Player

NEW: Final = "new"
MOST_AHEAD: Final = 8
"""Deeds that may wait for their writers before the story goes on."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for."""

    url: str
    incident: str = "limburg-2021"
    speed: float = 1.0
    start: datetime | None = None
    end: datetime | None = None
    into: str | None = None
    """An incident to write in: its id, `new` for one of its own; None: the story's own."""


@dataclass
class Outcome:
    """What became of it."""

    incident: str
    deeds: int = 0
    changes: int = 0
    stopped: bool = False
    unsaved: list[str] = field(default_factory=list)
    """Who could not be sure that all they wrote was stored."""


async def replay(wish: Wish, say: Callable[[str], None], stop: asyncio.Event) -> Outcome:
    """Write the story into a running server until it ends or `stop` is set.

    Raises DoorShut, in words for a person, when the server does not let us.
    """
    if not wish.speed > 0:
        raise DoorShut("The speed must be more than 0.")
    try:
        story = story_of(wish.incident)
    except KeyError:
        raise DoorShut(f"The demo has no story {wish.incident!r}.") from None
    base = base_of(wish.url)
    incident = await _incident_for(wish, story, base)
    company = [person for person in cast().people if _takes_part(person.organisation, story)]
    pace = Pace(wish.speed)
    players = {each.username: Player(each, story, incident, pace) for each in company}
    outcome = Outcome(incident)
    try:
        await _enter(players, base)
        todo = _todo(wish, story, players)
        say(f"{base}/incidents/{incident}: {len(players)} people, {len(todo)} things to do")
        await _Stage(players, say, outcome).play(cues(todo, wish.speed), stop)
    finally:
        saved = await asyncio.gather(*(player.leave() for player in players.values()))
        outcome.unsaved = [name for name, sure in zip(players, saved, strict=True) if not sure]
    return outcome


def _takes_part(organisation: str, story: Story) -> bool:
    return any(code == organisation for code, _ in story.participations)


async def _incident_for(wish: Wish, story: Story, base: str) -> str:
    """The id of the incident to write in; opens a new one when that was asked for."""
    if wish.into not in (None, NEW):
        return str(wish.into)
    if wish.into is None:
        return str(story.id)
    door, first = Door(base), story.timeline[0].who
    await door.sign_in(first, cast().password)
    return await door.open_incident(story)


async def _enter(players: Mapping[str, Player], base: str) -> None:
    """Everybody comes in; the first who is refused speaks for all."""
    entering = (player.enter(base, cast().password) for player in players.values())
    for problem in await asyncio.gather(*entering, return_exceptions=True):
        if problem is not None:
            raise problem


def _todo(wish: Wish, story: Story, players: Mapping[str, Player]) -> list[Deed]:
    writers = [player for player in players.values() if player.writes]
    return remaining(story, writers[0].sheet, wish.start, wish.end)


class _Stage:
    """Everybody at work: one deed at a time each, several people at once."""

    def __init__(
        self,
        players: Mapping[str, Player],
        say: Callable[[str], None],
        outcome: Outcome,
    ) -> None:
        self._players = players
        self._say = say
        self._outcome = outcome
        self._done: dict[str, asyncio.Event] = {}
        self._turns = {name: asyncio.Lock() for name in players}
        self._ahead = asyncio.Semaphore(MOST_AHEAD)

    async def play(self, script: Sequence[Cue], stop: asyncio.Event) -> None:
        """Play the script until its end or until `stop`."""
        self._done = {cue.deed.id: asyncio.Event() for cue in script}
        playing = asyncio.create_task(self._play(script))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._outcome.stopped = not playing.done()
            stopping.cancel()
            playing.cancel()
        with suppress(asyncio.CancelledError):
            await _whole(playing)

    async def _play(self, script: Sequence[Cue]) -> None:
        async with asyncio.TaskGroup() as group:
            for cue in script:
                await asyncio.sleep(cue.quiet)
                await self._ahead.acquire()
                group.create_task(self._perform(cue.deed))

    async def _perform(self, deed: Deed) -> None:
        try:
            for earlier in waits_for(deed):
                if earlier in self._done:
                    await self._done[earlier].wait()
            async with self._turns[deed.who]:
                await self._do(deed)
            self._done[deed.id].set()
        finally:
            self._ahead.release()

    async def _do(self, deed: Deed) -> None:
        player = self._players[deed.who]
        self._say(f"{deed.at:%d %b %H:%M}  {player.person.organisation:>4}  {told(deed)[:100]}")
        if isinstance(deed, GripEntry | PhaseEntry):
            await player.manage(deed)
        else:
            changes = await player.write(deed)
            self._outcome.changes += changes
        self._outcome.deeds += 1


async def _whole(playing: asyncio.Task[None]) -> None:
    """Wait for the play; one refusal out of several speaks for all."""
    try:
        await playing
    except BaseExceptionGroup as group:
        shut = group.subgroup(DoorShut)
        while shut is not None:
            first = shut.exceptions[0]
            if isinstance(first, DoorShut):
                raise first from group
            shut = first
        raise
