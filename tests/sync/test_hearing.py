"""What members say about their place: of each ten times a second, and the last word counts."""

from __future__ import annotations

import json

from sync.effects import Broadcast, Effect, Expel
from sync.errors import Refusal
from sync.messages import Awareness
from sync.presence import Sighting, encode_sightings, parse_sightings
from tests.builders import Clock, a_newcomer, a_room_with


def at(place: int, client: int = 7) -> Awareness:
    return Awareness(encode_sightings([Sighting(client, place, json.dumps({"at": place}))]))


def places(effects: list[Effect]) -> list[int]:
    return [
        json.loads(seen.state)["at"]
        for one in effects
        if isinstance(one, Broadcast) and isinstance(one.message, Awareness)
        for seen in parse_sightings(one.message.update)
        if seen.state != "null"
    ]


def test_R33_of_a_member_who_says_a_lot_the_last_word_is_heard_ten_times_a_second():
    clock, ana = Clock(), a_newcomer("ana")
    room = a_room_with(ana, clock=clock)
    heard: list[int] = []
    for place in range(1, 101):
        heard += places(room.receive(ana.member, at(place)))
        clock.pass_by(0.01)
        due = room.wake_at()
        if due is not None and clock.now() >= due:
            heard += places(room.wake())
    clock.pass_by(0.1)
    assert room.wake_at() is not None
    heard += places(room.wake())
    assert heard[-1] == 100
    assert 8 <= len(heard) <= 12


def test_R33_what_is_not_read_at_once_is_judged_all_the_same():
    clock, eve = Clock(), a_newcomer("eve")
    room = a_room_with(eve, clock=clock)
    room.receive(eve.member, at(1))
    bad = Awareness(encode_sightings([Sighting(7, 2, "[" * 40)]))
    assert not any(isinstance(one, Expel) for one in room.receive(eve.member, bad))
    clock.pass_by(0.11)
    assert Expel(eve.member, Refusal.MALFORMED) in room.wake()


def test_R33_who_left_is_not_heard_any_more():
    clock, ana, bo = Clock(), a_newcomer("ana"), a_newcomer("bo")
    room = a_room_with(ana, bo, clock=clock)
    room.receive(ana.member, at(1))
    room.receive(ana.member, at(2))
    room.leave(ana.member)
    clock.pass_by(0.2)
    assert places(room.wake()) == []
