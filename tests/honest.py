"""Honest work is never refused: sessions that Yjs itself generates, through the guard and a room.

python -m tests.honest 20000
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc, Text

from sync import guard
from sync.effects import Expel, MemberId, Refused
from sync.messages import SyncStep1, SyncStep2, Update
from sync.room import Room
from tests.builders import a_newcomer, a_room_with
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
    effects = room.receive(member, SyncStep2(update) if kind == 1 else Update(update))
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
