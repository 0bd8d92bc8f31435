"""Real Yjs and pycrdt write one document together, through a real room.

Four people in Node and one with pycrdt edit text, rich text, maps, arrays and elements at random;
lines break, and frames arrive in parts. Once everything has arrived, all hold the same, whether
Yjs reads it or pycrdt. One seed is one history: python -m tests.interop 200
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Array, Doc, Map, Text, XmlFragment

from sync import guard, lib0
from sync.codec import read_sync
from sync.effects import Append, Broadcast, Effect, Expel, Refused, Send
from sync.loaded import Loaded, rebuilt
from sync.messages import FromServer, SyncStep1, SyncStep2, SyncType, Update
from sync.room import Newcomer, Room
from tests.builders import Clock, a_newcomer
from tests.conftest import ROOT, find_node
from tests.scribe import Scribe

YJS: Final = 4
"""People in Node; one more writes with pycrdt."""
TURNS: Final = 40
ROUNDS: Final = 50
"""Of delivering everything, until nothing is on its way."""

Message = SyncStep1 | SyncStep2 | Update
_KINDS: Final = {SyncStep1: SyncType.STEP_1, SyncStep2: SyncType.STEP_2, Update: SyncType.UPDATE}


class Differs(AssertionError):
    """Two who should hold the same do not; the text names the seed."""


@dataclass
class Figures:
    """What went through."""

    seeds: int = 0
    frames: int = 0
    rows: int = 0
    cuts: int = 0


class Node:
    """The process with the people who write with Yjs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process with Yjs ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def a_node() -> Iterator[Node]:
    """A process with Yjs, ended at the end."""
    found = find_node()
    if found is None:
        raise RuntimeError("no Node on the path, or web/node_modules is not installed")
    command = [found, str(ROOT / "tests/node/crowd.mjs"), str(ROOT / "web")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield Node(process)


class Line:
    """The socket of one person: frames in order, both ways, as y-protocols writes them."""

    def __init__(self, who: Newcomer) -> None:
        self.who = who
        self.to_room: deque[bytes] = deque()
        self.to_client: deque[bytes] = deque()


class Meeting:
    """Five people and a room under one seed."""

    def __init__(self, seed: int, node: Node, figures: Figures) -> None:
        self._seed, self._node, self._figures = seed, node, figures
        self._rng = random.Random(seed)
        self._scribe = Scribe(self._rng)
        clock = Clock()
        self._room = Room(Loaded(), clock.now, clock.today)
        self._rows: list[bytes] = []
        self._lines: list[Line | None] = [None] * (YJS + 1)
        self._acts: list[list[Any]] = []
        node("begin", seed=seed, count=YJS)

    def run(self) -> None:
        """Everybody edits and breaks off at random, then all comes together."""
        for who in range(YJS + 1):
            self._connect(who)
        for _ in range(TURNS):
            self._turn()
        self._settle()
        self._compare()
        self._figures.seeds += 1

    # --- what happens --------------------------------------------------------------------------

    def _turn(self) -> None:
        for who in range(YJS + 1):
            self._come_and_go(who)
            if self._rng.random() < 0.4:
                self._do(who, "act", self._rng.randint(1, 3))
            self._hear(who, self._rng.choice((0, 0, 1, 2, 100)))
        self._post()
        for line in self._open():
            self._arrive(line, self._rng.choice((0, 0, 1, 2, 100)))

    def _come_and_go(self, who: int) -> None:
        if self._lines[who] is None:
            if self._rng.random() < 0.2:
                self._connect(who)
        elif self._rng.random() < 0.03:
            self._cut(who)
            if self._rng.random() < 0.3:
                self._do(who, "reload", None)

    def _connect(self, who: int) -> None:
        line = self._lines[who] = Line(a_newcomer(f"person{who}"))
        self._perform(self._room.join(line.who))
        self._do(who, "connect", None)

    def _cut(self, who: int) -> None:
        """The line breaks: what was on its way is lost."""
        line, self._lines[who] = self._lines[who], None
        assert line is not None
        self._perform(self._room.leave(line.who.member))
        self._do(who, "disconnect", None)
        self._figures.cuts += 1

    def _do(self, who: int, act: str, value: Any) -> None:
        if who < YJS:
            self._acts.append([who, act, value])
        else:
            getattr(self._scribe, act)(value)

    def _hear(self, who: int, most: int) -> None:
        """Some of what the room said to somebody arrives."""
        line = self._lines[who]
        if line is None or not line.to_client:
            return
        frames = [line.to_client.popleft() for _ in range(min(most, len(line.to_client)))]
        if who < YJS:
            self._do(who, "take", [base64.b64encode(frame).decode() for frame in frames])
        else:
            self._scribe.take([read_sync(lib0.Reader(frame)) for frame in frames])

    def _post(self) -> None:
        """What everybody sent is on its way; who is cut off meanwhile sent it in vain."""
        acts, self._acts = self._acts, []
        sent = self._node("turn", acts=acts)["sent"]
        frames = [[base64.b64decode(frame) for frame in frames] for frames in sent]
        frames.append([_frame(message) for message in self._scribe.posted()])
        for line, news in zip(self._lines, frames, strict=True):
            if line is not None:
                line.to_room.extend(news)

    def _arrive(self, line: Line, most: int) -> None:
        """Some of what somebody sent arrives at the room."""
        for _ in range(min(most, len(line.to_room))):
            message = read_sync(lib0.Reader(line.to_room.popleft()))
            self._perform(self._room.receive(line.who.member, message))
            self._figures.frames += 1

    # --- what the room says --------------------------------------------------------------------

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Append(update):
                    self._rows.append(update)
                    self._figures.rows += 1
                case Send(to, message):
                    self._tell(message, [one for one in self._open() if one.who.member == to])
                case Broadcast(message, but):
                    self._tell(message, [one for one in self._open() if one.who.member != but])
                case Refused() | Expel():
                    raise Differs(f"seed {self._seed}: honest work was refused: {effect}")

    def _tell(self, message: FromServer, lines: list[Line]) -> None:
        if isinstance(message, SyncStep1 | SyncStep2 | Update):
            for line in lines:
                line.to_client.append(_frame(message))

    def _open(self) -> list[Line]:
        return [line for line in self._lines if line is not None]

    # --- at the end ----------------------------------------------------------------------------

    def _settle(self) -> None:
        for who, line in enumerate(self._lines):
            if line is None:
                self._connect(who)
        for _ in range(ROUNDS):
            for who in range(YJS + 1):
                self._hear(who, 1 << 20)
            self._post()
            for line in self._open():
                self._arrive(line, 1 << 20)
            if not any(line.to_client for line in self._open()):
                return
        raise Differs(f"seed {self._seed}: it never settles")

    def _compare(self) -> None:
        """All hold the same: as Yjs reads it, as pycrdt reads it, and as the log has it."""
        state = self._room.snapshot()
        end = self._node("end", state=base64.b64encode(state).decode())
        ours = rebuilt(Loaded(state))
        vector = guard.parse_state_vector(ours.get_state())
        for number, user in enumerate(end["users"]):
            self._same(f"Yjs {number}", user["contents"], end["server"])
            told = guard.parse_state_vector(base64.b64decode(user["vector"]))
            self._same(f"the vector of Yjs {number}", told, vector)
            theirs = rebuilt(Loaded(base64.b64decode(user["state"])))
            self._same(f"Yjs {number} read by pycrdt", contents(theirs), contents(ours))
        for name, doc in (("pycrdt", self._scribe.doc), ("the log", self._replayed())):
            self._same(name, contents(doc), contents(ours))
            self._same(f"the vector of {name}", guard.parse_state_vector(doc.get_state()), vector)
        self._same("the languages", across(ours), end["server"] | {"x": None})

    def _replayed(self) -> Doc[Any]:
        return rebuilt(Loaded(tail=tuple(self._rows)))

    def _same(self, who: str, one: object, other: object) -> None:
        if one != other:
            raise Differs(f"seed {self._seed}: {who} differs:\n{one}\n{other}")


def _frame(message: Message) -> bytes:
    data = message.state_vector if isinstance(message, SyncStep1) else message.update
    return bytes((_KINDS[type(message)],)) + lib0.block(data)


def contents(doc: Doc[Any]) -> dict[str, object]:
    """All that a document says, as pycrdt reads it."""
    return across(doc) | {"x": str(doc.get("x", type=XmlFragment))}


def across(doc: Doc[Any]) -> dict[str, object]:
    """The same, as far as Yjs and pycrdt put it in the same words: not the spelling of elements."""
    return {
        "t": [_delta(*part) for part in doc.get("t", type=Text).diff()],
        "m": _plain(doc.get("m", type=Map).to_py()),
        "a": _plain(doc.get("a", type=Array).to_py()),
        "x": None,
    }


def _delta(insert: Any, attributes: dict[str, Any] | None) -> dict[str, object]:
    part = {"insert": _plain(insert)}
    return part if attributes is None else part | {"attributes": _plain(attributes)}


def _plain(value: Any) -> Any:
    match value:
        case bytes() | bytearray():
            return list(value)
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case _:
            return value


def interop(count: int, first: int = 1) -> Figures:
    """Run `count` seeds from `first` on; raises Differs with the seed."""
    figures = Figures()
    with a_node() as node:
        for seed in range(first, first + count):
            Meeting(seed, node, figures).run()
    return figures


if __name__ == "__main__":
    began = time.monotonic()
    print(interop(int(sys.argv[1])), f"{time.monotonic() - began:.0f} s")
