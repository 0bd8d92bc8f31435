"""Who is here, stamped by the server."""

import json

import pytest

from models.vocabulary import Role
from sync.effects import Broadcast, Effect, Expel
from sync.errors import Refusal
from sync.messages import Awareness, QueryAwareness
from sync.presence import Sighting, encode_sightings, parse_sightings
from tests.builders import Clock, a_newcomer, a_room_with, an_observer


def a_sighting(client: int = 5, clock: int = 1, **state: object) -> Awareness:
    return Awareness(encode_sightings([Sighting(client, clock, json.dumps(state))]))


def gone(client: int, clock: int) -> Awareness:
    return Awareness(encode_sightings([Sighting(client, clock, "null")]))


def seen(effects: list[Effect]) -> dict[int, object]:
    """The awareness states in what is broadcast."""
    return {
        one.client: json.loads(one.state)
        for effect in effects
        if isinstance(effect, Broadcast) and isinstance(effect.message, Awareness)
        for one in parse_sightings(effect.message.update)
    }


def test_R18_the_server_stamps_who_somebody_is():
    clock, ana = Clock(), a_newcomer("ana", "24")
    room = a_room_with(ana, clock=clock)
    claim = {"name": "Minister", "role": "coordinator"}
    effects = room.receive(ana.member, a_sighting(user=claim, place={"theme": "x"}))
    assert seen(effects)[5] == {
        "user": {"name": "Ana", "organisation": "24", "function": "IM", "role": "editor"},
        "place": {"theme": "x"},
    }


def test_R18_a_client_id_belongs_to_who_brought_it():
    clock, ana, eve = Clock(), a_newcomer("ana"), a_newcomer("eve")
    room = a_room_with(ana, eve, clock=clock)
    room.receive(ana.member, a_sighting(5, 1))
    clock.pass_by(1)
    assert seen(room.receive(eve.member, a_sighting(5, 2**52))) == {}
    assert seen(room.receive(eve.member, gone(5, 2**52))) == {}
    clock.pass_by(1)
    assert 5 in seen(room.receive(ana.member, a_sighting(5, 2)))


def test_R18_who_is_back_on_a_new_line_is_seen_at_once_and_not_lost_with_the_old_one():
    clock, ana, again, bo = Clock(), a_newcomer("ana"), a_newcomer("ana"), a_newcomer("bo")
    room = a_room_with(ana, bo, clock=clock)
    room.receive(ana.member, a_sighting(5, 1))
    room.join(again)
    clock.pass_by(1)
    assert 5 in seen(room.receive(again.member, a_sighting(5, 2)))
    clock.pass_by(1)
    assert seen(room.leave(ana.member)) == {}


def test_R18_a_member_has_at_most_four_client_ids():
    clock, eve = Clock(), a_newcomer("eve")
    room = a_room_with(eve, clock=clock)
    many = [Sighting(client, 1, "{}") for client in range(1, 50)]
    effects = room.receive(eve.member, Awareness(encode_sightings(many)))
    assert len(seen(effects)) == 4


@pytest.mark.parametrize("state", ["{", "[]", "7", '"x"', '{"a":NaN}', '{"a":1e999}', "[" * 100000])
def test_a_state_that_is_not_an_object_expels_its_sender(state):
    eve = a_newcomer("eve")
    room = a_room_with(eve)
    effects = room.receive(eve.member, Awareness(encode_sightings([Sighting(5, 1, state)])))
    assert Expel(eve.member, Refusal.MALFORMED) in effects


def test_R19_observers_are_a_count_per_organisation():
    clock = Clock()
    ana, otto, olga = a_newcomer("ana"), an_observer("otto"), an_observer("olga")
    room = a_room_with(ana, clock=clock)
    clock.pass_by(1)
    effects = room.join(otto)
    assert list(seen(effects).values()) == [{"observers": {"JenV": 1}}]
    clock.pass_by(1)
    assert seen(room.receive(otto.member, a_sighting(77))) == {}
    assert list(seen(room.join(olga)).values()) == [{"observers": {"JenV": 2}}]
    clock.pass_by(1)
    assert list(seen(room.leave(otto.member)).values()) == [{"observers": {"JenV": 1}}]
    clock.pass_by(1)
    assert list(seen(room.leave(olga.member)).values()) == [{"observers": {}}]


def test_R19_an_observer_who_becomes_an_editor_is_shown_and_no_longer_counted():
    clock, otto = Clock(), an_observer("otto")
    room = a_room_with(otto, clock=clock)
    clock.pass_by(1)
    effects = room.change_rights(otto.member, Role.EDITOR, may_write=True)
    assert list(seen(effects).values()) == [{"observers": {}}]
    clock.pass_by(1)
    assert 77 in seen(room.receive(otto.member, a_sighting(77)))


def test_R20_at_most_ten_frames_a_second_and_the_latest_state_wins():
    clock, ana = Clock(), a_newcomer("ana")
    room = a_room_with(ana, clock=clock)
    clock.pass_by(1)
    frames = 0
    for number in range(100):
        frames += bool(seen(room.receive(ana.member, a_sighting(5, number + 1, n=number))))
        clock.pass_by(0.01)
        due = room.wake_at()
        if due is not None and due <= clock.now():
            frames += bool(seen(room.wake()))
    assert frames <= 11
    clock.pass_by(0.1)
    room.wake()
    [everybody] = room.receive(ana.member, QueryAwareness())
    assert json.loads(parse_sightings(everybody.message.update)[0].state)["n"] == 99


def test_R20_a_state_without_a_sign_of_life_for_thirty_seconds_goes():
    clock, ana, bo = Clock(), a_newcomer("ana"), a_newcomer("bo")
    room = a_room_with(ana, bo, clock=clock)
    room.receive(ana.member, a_sighting(5))
    assert room.wake_at() == clock.now() + 30
    clock.pass_by(30)
    assert seen(room.wake()) == {5: None}
    clock.pass_by(1)
    assert 5 in seen(room.receive(ana.member, a_sighting(5, 2)))


def test_R20_a_member_who_leaves_takes_their_states_along():
    clock, ana, bo = Clock(), a_newcomer("ana"), a_newcomer("bo")
    room = a_room_with(ana, bo, clock=clock)
    room.receive(ana.member, a_sighting(5))
    clock.pass_by(1)
    assert seen(room.leave(ana.member)) == {5: None}
