"""One simulated person: signed in, on a real line, writing at a human pace in the open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pycrdt import Doc
from websockets.exceptions import InvalidHandshake

from models.documents import ACTIONS, DECISIONS, PICTURE
from models.vocabulary import Role
from server.demo import pen
from server.demo.door import Door, DoorShut, ServerGone
from server.demo.entries import Managed, Written
from server.demo.material import DemoPerson, Story, document_of
from server.demo.sheet import Caret, Sheet
from server.participant import OpenDocument, Participant, Refused
from sync import guard

LETTERS_A_SECOND: Final = 9.0
"""A practised typist, who thinks while typing."""
CHANGES_A_SECOND: Final = 12.0
"""At most; faster typing comes in larger portions, so that no server has to slow us down."""
SHOW_EVERY: Final = 10.0
"""Seconds; who says nothing for thirty is taken for gone."""
MOVE_EVERY: Final = 0.25
"""Seconds between two moves of a caret that others see."""
LONGEST_PAUSE: Final = 10.0
GIVE_UP_AFTER: Final = 120.0
"""Seconds without a server."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast people type: 1 is human."""

    speed: float

    @property
    def portion(self) -> int:
        """Letters in one change."""
        return max(1, round(LETTERS_A_SECOND * self.speed / CHANGES_A_SECOND))

    @property
    def pause(self) -> float:
        """Seconds after one change."""
        return self.portion / (LETTERS_A_SECOND * self.speed)

    def cut(self, text: str) -> Iterable[str]:
        """A text in portions."""
        return (text[at : at + self.portion] for at in range(0, len(text), self.portion))


class Player:
    """A person of the cast in one incident. `enter` first, `leave` at last.

    A line that breaks is made again; what was written meanwhile travels then. A refusal ends it:
    `DoorShut` says why.
    """

    def __init__(self, person: DemoPerson, story: Story, incident: str, pace: Pace) -> None:
        self.person = person
        self._story = story
        self._incident = incident
        self._pace = pace
        self._door: Door | None = None
        self._line: Participant | None = None
        self._documents: dict[str, OpenDocument] = {}
        self._shown: Mapping[str, Any] = {}
        self._said_at = 0.0
        self._showing: asyncio.Task[None] | None = None

    @property
    def door(self) -> Door:
        """The way to ask the server something as this person."""
        assert self._door is not None, "enter first"
        return self._door

    @property
    def writes(self) -> bool:
        """Whether this person may write in the shared documents."""
        return self.person.role in (Role.EDITOR, Role.COORDINATOR)

    async def enter(self, base: str, password: str) -> None:
        """Sign in, open the documents, and be seen; raises DoorShut."""
        self._door = Door(base)
        await self._door.sign_in(self.person.username, password)
        line = Participant(self._door.collab, self._door.headers)
        try:
            await self._open(line)
        except Refused as error:
            await line.disconnect()
            raise DoorShut(f"{self.person.username} is not let in: {error}.") from error
        except (InvalidHandshake, OSError) as error:
            await line.disconnect()
            raise ServerGone(f"The line does not open: {type(error).__name__}.") from error
        self._line = line
        self._show({"document": PICTURE.name, "theme": self._story.themes[0][0].value})
        self._showing = asyncio.create_task(self._keep_showing())

    async def _open(self, line: Participant) -> None:
        await line.connect()
        kinds = (PICTURE, DECISIONS, ACTIONS) if self.writes else (PICTURE,)
        for kind in kinds:
            self._documents[kind.name] = await line.open(f"{self._incident}/{kind.name}")

    async def leave(self) -> bool:
        """Wait until all is saved, and go; whether all was."""
        if self._showing is not None:
            self._showing.cancel()
        line, self._line = self._line, None
        if line is None:
            return True
        try:
            if any(document.refusal is not None for document in self._documents.values()):
                return False
            await line.saved(patience=LONGEST_PAUSE)
        except (TimeoutError, ConnectionError):
            return False
        finally:
            await line.disconnect()
        return True

    async def write(self, deed: Written) -> int:
        """Write a deed at the pace; returns in how many changes. Raises DoorShut."""
        document = self._documents[document_of(deed)]
        changes = 0
        for step in pen.write(self.sheet(deed), deed):
            changes += 1
            self._show(step.place, _cursor(document.doc, step.caret))
            await asyncio.sleep(self._pace.pause)
            await self._on_line(document)
        return changes

    async def manage(self, deed: Managed) -> None:
        """Ask the server for a change of the incident itself; waits for one that went away."""
        pauses = _growing_pauses()
        while True:
            try:
                return await self.door.manage(self._incident, deed)
            except ServerGone:
                if (pause := next(pauses, None)) is None:
                    raise
                await asyncio.sleep(pause)

    def sheet(self, deed: Written) -> Sheet:
        """The document that a deed belongs in, as it is here now."""
        doc = self._documents[document_of(deed)].doc
        return Sheet(doc, self._story, datetime.now(UTC), self._pace.cut)

    # --- inside --------------------------------------------------------------------------------

    def _show(self, place: Mapping[str, str], cursor: Mapping[str, Any] | None = None) -> None:
        """Say where we are, a few times a second at most."""
        same = place == self._shown.get("place")
        before = self._shown.get("cursor") if same else None
        if before is not None and _is_in_text(before) and not _is_in_text(cursor):
            # the caret stays at the end of its text by itself; counting shows that it moves
            cursor = {**before, "moves": before["moves"] + 1}
        self._shown = {"place": dict(place), "cursor": cursor or before}
        now = time.monotonic()
        if not same or now - self._said_at > MOVE_EVERY:
            self._said_at = now
            self._say()

    def _say(self) -> None:
        if self._line is not None and PICTURE.name in self._documents:
            self._line.say_where(self._documents[PICTURE.name], self._shown)

    async def _keep_showing(self) -> None:
        while True:
            await asyncio.sleep(SHOW_EVERY)
            self._say()

    async def _on_line(self, document: OpenDocument) -> None:
        """Make sure that what we write arrives; waits for a server that went away."""
        assert self._line is not None, "enter first"
        if document.refusal is not None or document.may_write is False:
            why = document.refusal or "read-only"
            raise DoorShut(f"{self.person.username} may not write {document.address}: {why}.")
        if not self._line.connected:
            await self._come_back(self._line)

    async def _come_back(self, line: Participant) -> None:
        for pause in _growing_pauses():
            await asyncio.sleep(pause)
            try:
                await line.connect()
            except (InvalidHandshake, OSError):
                continue
            self._say()
            return
        raise ServerGone("The server went away and did not come back.")


def _cursor(doc: Doc[Any], caret: Caret) -> Mapping[str, Any] | None:
    """The caret as y-prosemirror has it: relative to what it stands in or behind."""
    if caret is Caret.ELSEWHERE:
        return None
    newest = {
        "client": doc.client_id,
        "clock": guard.parse_state_vector(doc.get_state())[doc.client_id] - 1,
    }
    in_text = caret is Caret.IN_NEW_TEXT
    position = {
        "type": newest if in_text else None,
        "tname": None,
        "item": None if in_text else newest,
        "assoc": 0 if in_text else -1,
    }
    return {"anchor": position, "head": position, "moves": 0}


def _is_in_text(cursor: Mapping[str, Any] | None) -> bool:
    return cursor is not None and cursor["anchor"]["type"] is not None


def _growing_pauses() -> Iterator[float]:
    """How long to wait between tries, until it is time to give up."""
    pause, waited = 0.2, 0.0
    while waited < GIVE_UP_AFTER:
        yield pause
        waited += pause
        pause = min(LONGEST_PAUSE, pause * 1.7)
