"""Changes that came in one read: taken as one when they follow on each other."""

from __future__ import annotations

import random

import pytest
from pycrdt import Doc, Text

from sync.effects import Append, Broadcast, Expel, Send
from sync.errors import RoomBroken
from sync.messages import SyncStatus, SyncStep1, Update, Updates
from sync.slices import SMALL
from tests.attacks import recipes
from tests.builders import (
    Browser,
    a_newcomer,
    a_room_with,
    acks,
    an_observer,
    appends,
    sent,
    text_of,
    updates_broadcast,
)


def test_R41_changes_of_one_read_are_one_row_one_broadcast_and_an_acknowledgement_each():
    ana, bo, browser = a_newcomer(), a_newcomer("bo"), Browser()
    room = a_room_with(ana, bo)
    changes = tuple(browser.type(letter) for letter in "Maas")
    effects = room.receive(ana.member, Updates(changes))
    assert [type(one) for one in effects] == [Append, Broadcast, Broadcast, *[Send] * 4]
    assert effects[-4:] == [Send(ana.member, SyncStatus(saved=True))] * 4
    reader: Doc = Doc()
    reader.apply_update(appends(effects)[0].update)
    assert str(reader.get("t", type=Text)) == text_of(room) == "Maas"


def test_R41_taken_together_or_one_by_one_makes_the_same_document():
    rng = random.Random(3)
    browser = Browser()
    for number in range(200):
        if number % 5 == 4:
            at = rng.randrange(len(browser.text) - 1)
            browser.erase(at, at + 2)
        else:
            browser.type(f"{number} ")
            browser.set(rng.choice("abc"), number)
    rooms = []
    for size in (1, 2, 17):
        ana = a_newcomer()
        room = a_room_with(ana)
        for at in range(0, len(browser.changes), size):
            some = tuple(browser.changes[at : at + size])
            assert acks(room.receive(ana.member, Updates(some)), ana.member) == len(some)
        rooms.append(room)
    assert {text_of(room) for room in rooms} == {browser.text}
    assert {room.state_vector() for room in rooms} == {browser.doc.get_state()}


def test_R41_what_comes_before_a_hostile_one_counts_and_what_comes_behind_is_not_heard():
    ana, browser = a_newcomer(), Browser(client_id=7)
    room = a_room_with(ana)
    first, last = browser.type("De Maas"), browser.type(" stijgt")
    effects = room.receive(ana.member, Updates((first, recipes.nested_any(400), last)))
    assert acks(effects, ana.member) == 1
    assert isinstance(effects[-1], Expel)
    assert text_of(room) == "De Maas"


def test_R41_a_gap_among_them_is_asked_for_and_the_others_are_taken():
    ana, browser = a_newcomer(), Browser(client_id=7)
    room = a_room_with(ana)
    changes = [browser.type(letter) for letter in "abc"]
    effects = room.receive(ana.member, Updates((changes[0], changes[2])))
    assert acks(effects, ana.member) == 1
    assert len(sent(effects, ana.member, SyncStep1)) == 1
    assert text_of(room) == "a"


def test_R41_a_readers_changes_are_refused_each():
    otto, browser = an_observer(), Browser()
    room = a_room_with(otto)
    changes = tuple(browser.type(letter) for letter in "ab")
    effects = room.receive(otto.member, Updates(changes))
    assert effects.count(Send(otto.member, SyncStatus(saved=False))) == 2
    assert not appends(effects)


def test_R41_large_ones_are_applied_in_parts_as_ever():
    ana = a_newcomer()
    room = a_room_with(ana)
    base, walk = recipes.far_apart(SMALL * 2)
    effects = room.receive(ana.member, Updates((base, walk)))
    assert len(updates_broadcast(effects)) == acks(effects, ana.member) == 2


def test_R41_they_may_not_cost_more_than_honest_work_together():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    spent = iter(range(1000))
    room.cpu = lambda: float(next(spent))
    changes = tuple(browser.type(letter) for letter in "ab")
    effects = room.receive(ana.member, Updates(changes))
    # together they are refused; one by one each is too small to be measured
    assert acks(effects, ana.member) == 2
    assert len(appends(effects)) == 2
    assert text_of(room) == "ab"


def test_R12_a_document_that_cannot_be_restored_breaks_the_room(monkeypatch):
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    changes = tuple(browser.type(letter) for letter in "ab")
    room._live._since.append(b"\xff")
    monkeypatch.setattr(room._live._doc, "apply_update", lambda _: 1 / 0)
    with pytest.raises(RoomBroken):
        room.receive(ana.member, Updates(changes))


def test_updates_that_were_seen_before_are_acknowledged_and_not_appended():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    changes = tuple(browser.type(letter) for letter in "ab")
    for change in changes:
        room.receive(ana.member, Update(change))
    effects = room.receive(ana.member, Updates(changes))
    assert acks(effects, ana.member) == 2
    assert not appends(effects)
