"""Honest work is never refused: sessions that Yjs itself generates, through the guard and a room.

python -m tests.honest 20000
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc, Text

from sync import guard
from sync.effects import Effect, Expel, MemberId, Refused
from sync.messages import SyncStep1, SyncStep2, Update
from sync.room import Room
from tests.builders import Browser, a_newcomer, a_room_with, acks, finished, text_of
from tests.conftest import ROOT, find_node

_LONGEST_LINE: Final = 1 << 24
_PEOPLE: Final = (("ana", "24"), ("bo", "23"), ("wil", "WL"))


@dataclass
class Figures:
    """What went through."""

    sessions: int = 0
    frames: int = 0
    bytes: int = 0


class Dishonest(AssertionError):
    """Honest work was refused, or came out differently."""


def play(session: dict[str, Any], figures: Figures) -> None:
    """One session through a room; raises Dishonest with its seed."""
    people = [a_newcomer(person, organisation) for person, organisation in _PEOPLE]
    room = a_room_with(*people)
    for who, kind, encoded in session["frames"]:
        update = base64.b64decode(encoded)
        _send(room, people[who].member, kind, update, session["seed"])
        figures.frames += 1
        figures.bytes += len(update)
    figures.sessions += 1
    _compare(room, session)


def _send(room: Room, member: MemberId, kind: int, update: bytes, seed: int) -> None:
    if kind == 1:
        room.receive(member, SyncStep1(room.state_vector()))
    message = SyncStep2(update) if kind == 1 else Update(update)
    effects = finished(room, room.receive(member, message))
    if any(isinstance(one, Expel | Refused) for one in effects):
        raise Dishonest(f"seed {seed}: {effects} for {update.hex()}")
    if guard.parse_update(update).after(room._live.clocks) is None:
        raise Dishonest(f"seed {seed}: a gap after it was taken, {update.hex()}")


def _compare(room: Room, session: dict[str, Any]) -> None:
    told = guard.parse_state_vector(base64.b64decode(session["vector"]))
    ours = guard.parse_state_vector(room.state_vector())
    doc: Doc[Any] = Doc()
    doc.apply_update(room.snapshot())
    if told != ours or str(doc.get("t", type=Text)) != session["text"]:
        raise Dishonest(f"seed {session['seed']}: the room holds something else")
    guard.parse_update(base64.b64decode(session["state"]))


def offline_typing(hours: float = 2.0) -> str:
    """Hours of typing without a line, sent in one step 2 by a Yjs client: taken in turns, none of
    them long, while the room's cost limits count. Returns the figures."""
    frame = _of_node("typing.mjs", str(int(hours * 3600)))
    ana, room = a_newcomer(), a_room_with()
    room.join(ana)
    room.cpu = time.thread_time
    slices = Slices(room)
    effects = slices.receive(ana.member, SyncStep2(base64.b64decode(frame["update"])))
    if acks(effects, ana.member) != 1 or text_of(room) != frame["text"]:
        raise Dishonest("hours of typing without a line were not taken")
    structs = guard.parse_update(base64.b64decode(frame["update"])).structs
    return f"{hours:g} h offline: {structs} structs in {slices}"


def many_ids(count: int = 5000) -> str:
    """A document of thousands of client ids, written live, and sent again whole. Returns the
    figures."""
    ana, server = a_newcomer(), Browser()
    room = a_room_with(ana)
    room.cpu = time.thread_time
    slices = Slices(room)
    for _ in range(count):
        page = Browser()  # a page that is loaded, writes one letter and goes
        page.take(server.doc.get_update())
        change = page.type("x")
        server.take(change)
        if acks(slices.receive(ana.member, Update(change)), ana.member) != 1:
            raise Dishonest("a page among thousands was not heard")
    effects = slices.receive(ana.member, SyncStep2(server.doc.get_update()))
    if any(isinstance(one, Expel | Refused) for one in effects) or text_of(room) != "x" * count:
        raise Dishonest("a document of many client ids was not taken again")
    return f"{count} client ids, {slices}"


@dataclass
class Slices:
    """What a room does in turns, and how long the longest of them took."""

    room: Room
    count: int = 0
    longest: float = 0.0

    def receive(self, member: MemberId, message: SyncStep2 | Update) -> list[Effect]:
        """All that comes of a message."""
        effects = self._timed(lambda: self.room.receive(member, message))
        while self.room.busy:
            effects += self._timed(self.room.go_on)
        return effects

    def _timed(self, turn: Callable[[], list[Effect]]) -> list[Effect]:
        began = time.thread_time()
        effects = turn()
        self.longest = max(self.longest, time.thread_time() - began)
        self.count += 1
        return effects

    def __str__(self) -> str:
        return f"{self.count} slices, the longest {self.longest * 1000:.0f} ms of CPU"


def _of_node(script: str, *arguments: str) -> dict[str, Any]:
    """What a script in tests/node prints."""
    node = find_node()
    if node is None:
        raise RuntimeError("no Node on the path, or web/node_modules is not installed")
    command = [node, str(ROOT / "tests/node" / script), str(ROOT / "web"), *arguments]
    run = subprocess.run(command, capture_output=True, check=True)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


async def _generated(node: str, first: int, count: int) -> Figures:
    process = await asyncio.create_subprocess_exec(
        node,
        str(ROOT / "tests/node/sessions.mjs"),
        str(ROOT / "web"),
        str(first),
        str(count),
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert process.stdout is not None
    figures = Figures()
    async for line in process.stdout:
        play(json.loads(line), figures)
    if await process.wait() != 0:
        raise RuntimeError("the generator of sessions failed")
    return figures


def honest(count: int, first: int = 1) -> Figures:
    """Run `count` sessions from seed `first` on."""
    node = find_node()
    if node is None:
        raise RuntimeError("no Node on the path, or web/node_modules is not installed")
    return asyncio.run(_generated(node, first, count))


if __name__ == "__main__":
    began = time.monotonic()
    print(honest(int(sys.argv[1])), f"{time.monotonic() - began:.0f} s")
    print(offline_typing())
    print(many_ids())
