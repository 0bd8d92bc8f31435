"""Hostile frames by the million, with pycrdt as the oracle. One seed is one history.

    python -m tests.fuzz 1000000

Honest changes are mutated and sent as an editor, as an observer and as a stranger. Whatever the
guard lets through must not end the process, must not wait inside pycrdt, must not be a reader's,
must read back from the log; and somebody else must be able to write on.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, fields
from multiprocessing import get_context
from typing import Any, Final

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from models.vocabulary import Theme
from sync import guard, shapes
from sync.codec import Hocuspocus, encode
from sync.effects import Append, Effect, Expel, MemberId
from sync.errors import Malformed
from sync.messages import Addressed, Awareness, FromClient, SyncStep1, SyncStep2, Update
from sync.plain import Plain
from sync.presence import Sighting, encode_sightings
from sync.room import Room
from sync.sessions import Deliver, Sessions
from sync.turns import SLICE
from tests import grammar
from tests.attacks import recipes
from tests.builders import Browser, a_newcomer, a_room_with, acks, an_observer, finished

ROUND: Final = 250
"""Frames on one room, before it is read back and a new one begins."""
STALL: Final = 0.1
"""Seconds of CPU that one frame may take."""
_HOCUSPOCUS: Final = Hocuspocus()
_PLAIN: Final = Plain("i/picture@1")
_EDGES: Final = (0, 1, 0x7F, 0x80, 0xFF)


@dataclass
class Figures:
    """What came of it."""

    frames: int = 0
    taken: int = 0
    expelled: int = 0
    strangers: int = 0
    readers: int = 0
    turns: int = 0
    slowest: float = 0.0


class Impatient:
    """A clock on which every look costs more than a slice, and no part costs much."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += SLICE * 0.51
        return self._now if self._now < 0.05 else self._again()

    def _again(self) -> float:
        self._now = 0.0
        return 0.05


def edit(doc: Doc[Any], rng: random.Random) -> None:
    """One honest change to a document with every type in it."""
    text, numbers = doc.get("t", type=Text), doc.get("a", type=Array)
    rows, page = doc.get("rows", type=Map), doc.get("text:source", type=XmlFragment)
    key = rng.choice("abc")
    first = len(str(text)[:1].encode())  # pycrdt counts text in bytes
    actions: list[Callable[[], object]] = [
        lambda: text.insert(0, rng.choice(["De Maas", "stijgt 🚒", "é"])),
        lambda: text.format(0, first, {"bold": True}) if first else None,
        lambda: text.insert_embed(len(text), {"image": "kaart.png"}),
        lambda: text.__delitem__(slice(0, first)) if first else None,
        lambda: numbers.append(rng.choice([1, 2.5, None, "x", b"\1", [1, [2]], {"a": {"b": 1}}])),
        lambda: numbers.pop(0) if len(numbers) else None,
        lambda: rows.__setitem__(key, Map({"title": Text("besluit"), "order": 1.0})),
        lambda: rows[key]["title"].insert(0, "x") if key in rows else None,
        lambda: rows.pop(key) if key in rows else None,
        lambda: page.children.append(XmlElement("paragraph", {"level": 2}, [XmlText("water")])),
        lambda: (
            page.children[0].children[0].insert(0, "vet", {"strong": {}})
            if len(page.children)
            else None
        ),
        lambda: page.children.__delitem__(0) if len(page.children) > 2 else None,
    ]
    rng.choice(actions)()


def _edit_if_possible(doc: Doc[Any], rng: random.Random) -> None:
    """One change, unless something of another type stands where its name says: this client's own
    library may even panic over that, which is not the server's concern."""
    try:
        edit(doc, rng)
    except (TypeError, AttributeError, KeyError, ValueError, IndexError):
        pass
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """`data` with something wrong with it, or the same."""
    out = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 4))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(7):
            case 0 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(out):
                out[at] = rng.choice(_EDGES)
            case 2 if at < len(out):
                out[at] = rng.randrange(256)
            case 3:
                out[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 4)))
            case 4:
                del out[at : at + rng.randrange(1, 5)]
            case 5:
                start = rng.randrange(len(other) + 1)
                out[at : at + rng.randrange(8)] = other[start : start + rng.randrange(16)]
            case _:
                out[at:at] = out[at : at + rng.randrange(1, 24)]
    return bytes(out)


class Round:
    """One room, an honest writer, an observer, and a hostile editor who keeps coming back."""

    def __init__(self, rng: random.Random, figures: Figures) -> None:
        self.rng, self.figures = rng, figures
        self.ana, self.otto, self.eve = a_newcomer(), an_observer(), a_newcomer("eve", "POL")
        self.room: Room = a_room_with(self.ana, self.otto, self.eve)
        self.clock = time.thread_time
        # in some rounds everything that can take turns does, and others come in between
        self.room.cpu = self.clock if rng.random() < 0.7 else Impatient()
        self.meanwhile: list[Effect] = []
        self.browser = Browser(client_id=7)
        self.mine = Browser(client_id=666)
        self.rows: list[bytes] = []
        self.known: list[bytes] = [b"\x00\x00", recipes.nested_any(5), recipes.forged(7, 1, "x")]

    def run(self, frames: int) -> None:
        """Send so many frames, then see that all is well."""
        for number in range(frames):
            if number % 8 == 0:
                self._write_on()
            self._attack()
        self._write_on()
        self._read_back()

    def _write_on(self) -> None:
        """Ana writes, and it is taken and acknowledged: nobody muted or broke anything."""
        self.browser.take(self.room.snapshot())
        self.browser.changes.clear()
        # what an earlier frame put there may be of another type than the name says
        _edit_if_possible(self.browser.doc, self.rng)
        self.browser.type(".")
        for change in self.browser.changes:
            effects = finished(self.room, self.room.receive(self.ana.member, Update(change)))
            assert acks(effects, self.ana.member) == 1, effects
            self._note(effects)
            self.known.append(change)

    def _attack(self) -> None:
        self.figures.frames += 1
        message = self._message()
        match self.rng.randrange(10):
            case 0:
                self._as_stranger(message)
            case 1 | 2 | 3:
                self._as_reader(message)
            case _:
                self._as_editor(message)

    def _message(self) -> FromClient:
        rng = self.rng
        if rng.random() < 0.5:
            return self._built()
        if rng.random() < 0.3:
            self.mine.take(self.room.snapshot())
            _edit_if_possible(self.mine.doc, rng)
            self.known += self.mine.changes[-1:]
        if rng.random() < 0.05:
            return Update(self._beside_somewhere())
        data = mutated(rng.choice(self.known[-40:]), rng.choice(self.known), rng)
        state = encode_sightings([Sighting(rng.randrange(9), 3, '{"a":1}')])
        return rng.choice(
            (
                Update(data),
                Update(data),
                SyncStep2(data),
                SyncStep1(mutated(self.room.state_vector(), data, rng)),
                Awareness(mutated(state, data, rng)),
            )
        )

    def _built(self) -> FromClient:
        """A change from pieces; mutated in one place at times."""
        build = grammar.a_long_one if self.rng.random() < 0.01 else grammar.an_update
        data = build(self.rng, self.room._live.clocks)
        if self.rng.random() < 0.2:
            data = mutated(data, data, self.rng)
        return self.rng.choice((Update, SyncStep2))(data)

    def _beside_somewhere(self) -> bytes:
        """Something that names an id, not rarely between the halves of an emoji."""
        clocks = guard.parse_state_vector(self.room.state_vector())
        client = self.rng.choice([7, *clocks])
        first = self.rng.randrange(max(1, clocks.get(client, 0) - 1))
        own = self.rng.randrange(1 << 31)
        return self.rng.choice(list(recipes.halves(client, first, own).values()))

    def _as_stranger(self, message: FromClient) -> None:
        """Somebody who was not let in: nothing reaches a room."""
        frame = mutated(encode("i/picture@1", message), b"\x00\x01\x02", self.rng)
        sessions = Sessions()
        for dialect in (Hocuspocus(), Plain("i/picture@1")):
            with suppress(Malformed):
                decoded = dialect.decode(frame)
                if isinstance(decoded, Addressed):
                    step = sessions.receive(decoded.spelling, decoded.message, len(frame), 0.0)
                    assert not isinstance(step, Deliver)
        self.figures.strangers += 1

    def _as_reader(self, message: FromClient) -> None:
        before = self.room.state_vector(), self.room.snapshot()
        effects = self._timed(self.otto.member, self._over_the_line(message))
        assert not any(isinstance(one, Append) for one in effects)
        assert (self.room.state_vector(), self.room.snapshot()) == before
        self.figures.readers += 1
        if self._was_expelled(effects):
            self.otto = an_observer()
            self.room.join(self.otto)

    def _as_editor(self, message: FromClient) -> None:
        effects = self._timed(self.eve.member, self._over_the_line(message))
        self._note(effects)
        assert guard.parse_state_vector(self.room.state_vector()) == {
            client: clock for client, clock in self.room._live.clocks.items() if clock
        }
        if self._was_expelled(effects):
            self.eve = a_newcomer("eve", "POL")
            self.room.join(self.eve)

    def _over_the_line(self, message: FromClient) -> FromClient:
        """The message as either dialect carries it."""
        if self.rng.random() < 0.5:
            frame, dialect = encode("i/picture@1", message), _HOCUSPOCUS
        else:
            frame, dialect = _PLAIN.encode("", message), _PLAIN
        assert frame is not None
        decoded = dialect.decode(frame)
        assert isinstance(decoded, Addressed)
        return decoded.message

    def _timed(self, member: MemberId, message: FromClient) -> list[Effect]:
        effects = self._turn(lambda: self.room.receive(member, message), message)
        while self.room.busy:
            self.figures.turns += 1
            effects += self._turn(self.room.go_on, message)
        return effects

    def _turn(self, act: Callable[[], list[Effect]], message: FromClient) -> list[Effect]:
        began = time.thread_time()
        effects = act()
        took = time.thread_time() - began
        self.figures.slowest = max(self.figures.slowest, took)
        assert took < STALL, f"{took:.3f} s for {message!r}"[:2000]
        return effects

    def _was_expelled(self, effects: list[Effect]) -> bool:
        gone = [one.member for one in effects if isinstance(one, Expel)]
        for member in gone:
            self.room.leave(member)
        self.figures.expelled += len(gone)
        return bool(gone)

    def _note(self, effects: list[Effect]) -> None:
        new = [one.update for one in effects if isinstance(one, Append)]
        self.rows += new
        self.figures.taken += len(new)

    def _read_back(self) -> None:
        """The log gives the same document, its own full state as well, and it can be read."""
        doc: Doc[Any] = Doc()
        for row in self.rows:
            doc.apply_update(row)
        assert doc.get_state() == self.room.state_vector() or guard.parse_state_vector(
            doc.get_state()
        ) == guard.parse_state_vector(self.room.state_vector())
        again: Doc[Any] = Doc()
        again.apply_update(self.room.snapshot())
        assert guard.parse_state_vector(again.get_state()) == guard.parse_state_vector(
            self.room.state_vector()
        )
        guard.parse_update(self.room.snapshot())  # which knows no text of no length
        shapes.read_picture(doc, [Theme.SOURCE])
        shapes.read_decisions(doc)
        shapes.read_actions(doc)


def fuzz(frames: int, seed: int = 1) -> Figures:
    """Send `frames` frames; raises AssertionError at the first that does harm."""
    figures = Figures()
    while figures.frames < frames:
        try:
            Round(random.Random(seed), figures).run(min(ROUND, frames - figures.frames))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            # a panic of pycrdt cannot be carried to another process as it is
            told = "".join(traceback.format_exception(error))
            raise AssertionError(f"seed {seed}: {told}") from None
        seed += 1
    return figures


def fuzz_in_processes(frames: int, processes: int = 2) -> Figures:
    """The same, in so many processes; each takes seeds of its own."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        shares = [
            pool.submit(fuzz, frames // processes, 1 + number * 1_000_000)
            for number in range(processes)
        ]
        done = [share.result() for share in shares]
    slowest = max(one.slowest for one in done)
    sums = {one.name: sum(getattr(each, one.name) for each in done) for one in fields(Figures)}
    return Figures(**(sums | {"slowest": slowest}))


if __name__ == "__main__":
    began = time.monotonic()
    print(fuzz_in_processes(int(sys.argv[1])), f"{time.monotonic() - began:.0f} s")
