"""Long changes are taken in turns: others go on, and the room's own members wait in order."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

import pytest

from sync import guard, turns
from sync.effects import Append, Continue, Effect, Expel, Quarantine, Send
from sync.errors import Refusal
from sync.messages import (
    Awareness,
    QueryAwareness,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Update,
)
from sync.presence import Sighting, encode_sightings
from sync.room import Room
from tests.attacks import recipes
from tests.builders import (
    Browser,
    Ticking,
    a_newcomer,
    a_room_with,
    acks,
    appends,
    finished,
    sent,
    text_of,
)


def a_long_change(structs: int = 5000, client: int = 7) -> bytes:
    """Letters that were each written before all others, as one change."""
    first = b"\x04\x01\x01t\x01a"
    rest = (
        b"\x44" + an_id(client, n) + b"\x01" + bytes((98 + n % 20,)) for n in range(structs - 1)
    )
    return recipes.an_update(client, 0, first, *rest)


def an_id(client: int, clock: int) -> bytes:
    return recipes.lib0.number(client) + recipes.lib0.number(clock)


class Stage:
    """A room with two members, in which Ana's long change is under way."""

    def __init__(self, change: bytes | None = None) -> None:
        self.ana, self.bo = a_newcomer("ana"), a_newcomer("bo")
        self.room: Room = a_room_with(self.ana, self.bo)
        self.browser = Browser(client_id=9)
        self.room.receive(self.bo.member, Update(self.browser.type("voor ")))
        self.before = self.room.snapshot(), self.room.state_vector()
        self.room.cpu = Ticking()
        self.change = a_long_change() if change is None else change
        self.first = self.room.receive(self.ana.member, Update(self.change))

    def rest(self) -> Iterator[list[Effect]]:
        while self.room.busy:
            yield self.room.go_on()


def test_R29_a_long_change_is_taken_in_turns_and_appended_once():
    stage = Stage()
    assert stage.first == [Continue()]
    turns = list(stage.rest())
    assert len(turns) > 3
    assert all(effects == [Continue()] for effects in turns[:-1])
    assert [type(one) for one in turns[-1][:1]] == [Append]
    assert len(appends(turns[-1])) == acks(turns[-1], stage.ana.member) == 1
    assert len(text_of(stage.room)) == 5005


def test_R29_nobody_is_told_of_a_change_that_is_not_whole():
    stage = Stage()
    for _ in stage.rest():
        if stage.room.busy:
            assert stage.room.state_vector() == stage.before[1]
    assert stage.room.state_vector() != stage.before[1]


def test_R29_what_others_send_meanwhile_waits_in_order():
    stage = Stage()
    room, bo = stage.room, stage.bo.member
    for message in (
        Update(stage.browser.type("een ")),
        SyncStep1(b"\x00"),
        Update(stage.browser.type("twee")),
    ):
        assert room.receive(bo, message) == []
    assert room.waiting[0] == 3
    room.go_on()
    effects = finished(room, [])
    kinds = [
        one.message if isinstance(one, Send) else one
        for one in effects
        if isinstance(one, Append) or (isinstance(one, Send) and one.member == bo)
    ]
    saved = SyncStatus(saved=True)
    [answer] = sent(effects, bo, SyncStep2)
    own = [one for one in kinds if isinstance(one, Append) or one in (saved, answer)]
    assert [type(one) for one in own] == [
        Append,
        Append,
        SyncStatus,
        SyncStep2,
        Append,
        SyncStatus,
    ]
    assert room.waiting == (0, 0)


def test_R29_presence_goes_on_and_so_does_coming_and_going():
    stage = Stage()
    carol = a_newcomer("carol")
    assert stage.room.join(carol)
    seen = Awareness(encode_sightings([Sighting(9, 1, '{"at":1}')]))
    effects = stage.room.receive(stage.bo.member, seen)
    assert effects
    assert sent(stage.room.receive(carol.member, QueryAwareness()), carol.member, Awareness)
    # who goes is heard to the end
    stage.room.receive(stage.bo.member, Update(stage.browser.type("tot ziens")))
    stage.room.leave(stage.bo.member)
    assert len(appends(finished(stage.room, []))) == 2


def test_R29_a_long_change_that_is_refused_half_way_leaves_nothing():
    # every letter fits, and the last stands in one: pycrdt raises when most of it is in
    inside = b"\x04\x00" + an_id(7, 3) + b"\x01x"
    letters = [b"\x04\x01\x01t\x01a"]
    letters += [b"\x44" + an_id(7, n) + b"\x01b" for n in range(3000)]
    stage = Stage(recipes.an_update(7, 0, *letters, inside))
    stage.room.receive(stage.bo.member, Update(stage.browser.type("na")))
    effects = finished(stage.room, stage.first)
    assert Expel(stage.ana.member, Refusal.MALFORMED) in effects
    [row] = appends(effects)
    assert row.author == stage.bo.author
    assert text_of(stage.room) == "voor na"


def test_R29_storage_that_fails_meanwhile_is_asked_about_afterwards():
    stage = Stage()
    stage.room.suspend()
    assert stage.room.receive(stage.bo.member, Update(stage.browser.type("x"))) == []
    assert stage.room.resume() == []
    effects = finished(stage.room, [])
    assert acks(effects, stage.ana.member) == 1
    assert acks(effects, stage.bo.member) == 1


def who_sent_much_and_is(gone: str) -> tuple[Stage, list[Effect]]:
    """Bo writes, sends what nobody honest sends and writes again, all behind the long change."""
    stage = Stage()
    room, bo = stage.room, stage.bo.member
    first, again = Update(stage.browser.type("eerst ")), Update(stage.browser.type("weer"))
    for message in (first, *[Update(b"\xff")] * 20, again):
        assert room.receive(bo, message) == []
    if gone == "shut out":
        room.shut_out(bo)
    room.leave(bo)
    return stage, finished(room, [])


def test_R8_nothing_is_taken_of_who_was_shut_out_also_not_what_waited():
    stage, effects = who_sent_much_and_is("shut out")
    assert [row.author for row in appends(effects)] == [stage.ana.author]
    assert not [one for one in effects if isinstance(one, Expel | Quarantine)]


def test_R8_nothing_is_taken_behind_what_nobody_honest_sends_also_of_who_left():
    stage, effects = who_sent_much_and_is("left")
    assert [row.author for row in appends(effects)] == [stage.ana.author, stage.bo.author]
    assert len([one for one in effects if isinstance(one, Quarantine)]) == 1
    assert text_of(stage.room).endswith("voor eerst ")


HEAVY = {
    "letters": a_long_change(50_000),
    "values": recipes.an_update(
        5, 0, b"\x08" + recipes.MAP + recipes.lib0.number(1_000_000) + b"\x7e" * 1_000_000
    ),
    "deletions": b"\x00\x01\x09"
    + recipes.lib0.number(200_000)
    + b"".join(recipes.lib0.number(2 * n) + b"\x01" for n in range(200_000)),
    "ids": recipes.chained(20_000),
    "walks": recipes.far_apart(10_000)[1],
}


@pytest.fixture
def frozen() -> Iterator[None]:
    """As in a server that has started: what was made until now is not collected again. The rest
    of a turn's length is the collector's, that walks all there is."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.timing
@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("name", HEAVY)
def test_R29_no_turn_is_long_whatever_one_frame_holds(name: str):
    stage = Stage(b"\x00\x00")
    stage.room.cpu = time.thread_time
    if name == "walks":
        finished(
            stage.room, stage.room.receive(stage.ana.member, Update(recipes.far_apart(10_000)[0]))
        )
    longest, began = 0.0, time.thread_time()
    stage.room.receive(stage.ana.member, Update(HEAVY[name]))
    longest = time.thread_time() - began
    while stage.room.busy:
        began = time.thread_time()
        stage.room.go_on()
        longest = max(longest, time.thread_time() - began)
    print(f"{name}: longest turn {longest * 1000:.0f} ms")
    assert longest < 0.1, f"{longest:.3f} s"
    assert turns.SLICE < 0.025
    assert len(HEAVY[name]) <= guard.LARGEST_UPDATE
