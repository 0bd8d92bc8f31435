"""The rules of SPEC.md that concern one room, by their numbers."""

import inspect
from unittest.mock import ANY

import pytest
from pycrdt import Doc, Text

from sync.effects import Append, Broadcast, Checkpoint, Expel, Quarantine, Refused, Send
from sync.errors import Refusal, RoomBroken
from sync.messages import (
    QueryAwareness,
    Stateless,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Update,
)
from sync.room import CHECKPOINT_EVERY, Loaded, Room, rebuilt
from tests.builders import (
    Browser,
    Clock,
    a_change,
    a_newcomer,
    a_room,
    a_room_with,
    acks,
    an_observer,
    appends,
    notices,
    sent,
    text_of,
    updates_broadcast,
)


def test_R2_a_change_is_appended_then_broadcast_then_acknowledged():
    ana, bo = a_newcomer("ana"), a_newcomer("bo")
    room = a_room_with(ana, bo)
    effects = room.receive(ana.member, a_change())
    kinds = [type(one) for one in effects]
    assert kinds == [Append, Broadcast, Broadcast, Send]
    assert effects[1].besides == ana.member
    assert effects[-1] == Send(ana.member, SyncStatus(saved=True))


def test_R5_the_first_step_2_is_acknowledged_once_and_each_update_once():
    ana, browser = a_newcomer(), Browser()
    room = a_room()
    room.join(ana)
    browser.type("offline")
    effects = room.receive(ana.member, SyncStep1(browser.doc.get_state()))
    assert len(sent(effects, ana.member, SyncStep1)) == 1
    assert acks(effects, ana.member) == 0
    assert acks(room.receive(ana.member, SyncStep2(browser.doc.get_update())), ana.member) == 1
    for letter in "abc":
        effects = room.receive(ana.member, Update(browser.type(letter)))
        assert acks(effects, ana.member) == 1


def test_R6_a_further_step_2_is_acknowledged_only_for_what_is_owed():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    browser.type("a")
    gaps = [browser.type("b"), browser.type("c")]
    effects = [one for gap in gaps for one in room.receive(ana.member, Update(gap))]
    assert acks(effects, ana.member) == 0
    effects = room.receive(ana.member, SyncStep2(browser.doc.get_update()))
    assert acks(effects, ana.member) == 2
    again = room.receive(ana.member, SyncStep2(browser.doc.get_update()))
    assert acks(again, ana.member) == 0


def test_R6_a_step_2_that_answers_an_older_step_1_settles_nothing():
    ana, browser = a_newcomer(), Browser()
    room = a_room()
    room.join(ana)
    room.receive(ana.member, SyncStep1(b"\x00"))
    room.receive(ana.member, SyncStep1(b"\x00"))
    early = room.receive(ana.member, SyncStep2(b"\x00\x00"))
    assert acks(early, ana.member) == 0
    browser.type("late")
    effects = room.receive(ana.member, SyncStep2(browser.doc.get_update()))
    assert acks(effects, ana.member) == 1


def test_R7_a_change_that_brings_nothing_new_is_acknowledged_and_not_appended():
    ana = a_newcomer()
    room = a_room_with(ana)
    change = a_change()
    room.receive(ana.member, change)
    assert room.receive(ana.member, change) == [Send(ana.member, SyncStatus(saved=True))]


@pytest.mark.parametrize("junk", [b"", b"\xff" * 20, b"\x01\x01\x05\x00\x01", b"\x00\x00\x07"])
def test_R8_what_no_honest_client_sends_expels_the_sender_only(junk):
    ana, eve = a_newcomer("ana"), a_newcomer("eve")
    room = a_room_with(ana, eve)
    effects = room.receive(eve.member, Update(junk))
    assert effects == [
        Quarantine(eve.member, eve.author, ANY, junk),
        Refused(eve.member, Refusal.MALFORMED),
        Expel(eve.member, Refusal.MALFORMED),
    ]
    room.leave(eve.member)
    assert acks(room.receive(ana.member, a_change("goes on")), ana.member) == 1
    assert text_of(room) == "goes on"


def test_R9_a_gap_is_not_applied_not_acknowledged_and_asked_for_once():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    browser.type("a")
    second, third = browser.type("b"), browser.type("c")
    first_effects = room.receive(ana.member, Update(second))
    assert [type(one.message) for one in first_effects] == [SyncStep1]
    assert room.receive(ana.member, Update(third)) == []
    assert text_of(room) == ""


def test_R9_a_change_that_builds_on_or_deletes_the_unknown_is_a_gap():
    ana = a_newcomer()
    one, two = Browser(client_id=1), Browser(client_id=2)
    two.take(one.type("Meerssen"))
    builds = two.type(" loopt onder")
    deletes = two.erase(0, 3)
    for gap in (builds, deletes):
        room = a_room_with(ana)
        assert appends(room.receive(ana.member, Update(gap))) == []
        room.leave(ana.member)


def test_R10_a_step_2_that_answers_our_state_and_still_has_a_gap_is_malformed():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    browser.type("a")
    gap = browser.type("b")
    room.receive(ana.member, Update(gap))
    effects = room.receive(ana.member, SyncStep2(gap))
    assert Expel(ana.member, Refusal.MALFORMED) in effects
    assert appends(effects) == []


def test_R11_what_is_logged_is_what_the_rooms_own_document_emitted():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    room.receive(ana.member, Update(browser.type("Préfecture 🚒")))
    browser.type(" klaar")
    whole = browser.doc.get_update()
    effects = room.receive(ana.member, Update(whole))
    assert appends(effects)[0].update == browser.changes[-1] != whole
    assert updates_broadcast(effects)[0].message == Update(browser.changes[-1])


POISON = b"\x01\x01\x08\x00\x04\x00\x07\x00\x01x\x00"
"""Well formed and without a gap, but its parent is a letter: pycrdt raises half-way."""


def test_R12_what_the_document_chokes_on_expels_its_sender_and_nobody_else_notices():
    ana, eve, browser = a_newcomer("ana"), a_newcomer("eve"), Browser(client_id=7)
    room = a_room_with(ana, eve)
    room.receive(ana.member, Update(browser.type("abc")))
    effects = room.receive(eve.member, Update(POISON))
    assert effects == [
        Quarantine(eve.member, eve.author, ANY, POISON),
        Refused(eve.member, Refusal.MALFORMED),
        Expel(eve.member, Refusal.MALFORMED),
    ]
    room.leave(eve.member)
    [row] = appends(room.receive(ana.member, Update(browser.type("d"))))
    assert row.update == browser.changes[-1]
    assert text_of(room) == "abcd"


def test_R12_a_panic_is_survived_as_well(monkeypatch):
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    room.receive(ana.member, Update(browser.type("staat")))
    apply_update = Doc.apply_update

    class PanicException(BaseException):
        pass

    def panic_once(self, update):
        monkeypatch.setattr(Doc, "apply_update", apply_update)
        raise PanicException

    monkeypatch.setattr(Doc, "apply_update", panic_once)
    assert Expel(ana.member, Refusal.MALFORMED) in room.receive(ana.member, a_change())
    assert text_of(room) == "staat"


def test_R12_a_document_that_cannot_be_restored_breaks_the_room(monkeypatch):
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    room.receive(ana.member, Update(browser.type("staat")))

    class PanicException(BaseException):
        pass

    def panic(self, update):
        raise PanicException

    monkeypatch.setattr(Doc, "apply_update", panic)
    with pytest.raises(RoomBroken, match="PanicException"):
        room.receive(ana.member, a_change())


def test_R12_a_change_without_a_gap_that_does_not_integrate_expels_too(monkeypatch):
    ana = a_newcomer()
    room = a_room_with(ana)
    monkeypatch.setattr(Doc, "apply_update", lambda self, update: None)
    assert Expel(ana.member, Refusal.MALFORMED) in room.receive(ana.member, a_change())


def test_R13_changes_are_attributed_to_the_connection_and_marked_by_the_minute():
    clock, ana, browser = Clock(), a_newcomer("ana", "24"), Browser(client_id=7)
    room = a_room_with(ana, clock=clock)
    first = appends(room.receive(ana.member, Update(browser.type("abc"))))[0]
    assert first.author == ana.author
    assert [(mark.client, mark.clock, mark.author) for mark in first.marks] == [(7, 0, ana.author)]
    clock.pass_by(59)
    assert appends(room.receive(ana.member, Update(browser.type("d"))))[0].marks == ()
    clock.pass_by(1)
    later = appends(room.receive(ana.member, Update(browser.type("e"))))[0]
    assert [(mark.client, mark.clock, mark.at) for mark in later.marks] == [(7, 4, clock.today())]


def test_R13_somebody_who_joins_is_told_all_marks():
    ana, bo = a_newcomer("ana"), a_newcomer("bo")
    room = a_room_with(ana)
    room.receive(ana.member, a_change())
    effects = room.join(bo)
    assert '"kind":"marks"' in notices(effects, bo.member)[0]
    assert '"Ana"' in notices(effects, bo.member)[0]


def test_R14_a_checkpoint_comes_every_500_rows_and_loads_as_the_rows_do():
    ana, browser = a_newcomer(), Browser()
    room = a_room_with(ana)
    rows: list[bytes] = []
    checkpoint: tuple[int, bytes] | None = None
    for number in range(CHECKPOINT_EVERY + 20):
        for effect in room.receive(ana.member, Update(browser.type(str(number % 10)))):
            if isinstance(effect, Append):
                rows.append(effect.update)
            elif isinstance(effect, Checkpoint):
                assert checkpoint is None
                checkpoint = len(rows), effect.state
    assert checkpoint is not None
    assert checkpoint[0] == CHECKPOINT_EVERY
    quick = rebuilt(Loaded(checkpoint[1], tuple(rows[checkpoint[0] :])))
    slow = rebuilt(Loaded(None, tuple(rows)))
    assert str(quick.get("t", type=Text)) == str(slow.get("t", type=Text)) == browser.text
    assert quick.get_state() == slow.get_state()


def test_R25_while_the_log_cannot_be_written_changes_wait_and_are_asked_for_later():
    ana, otto, browser = a_newcomer(), an_observer(), Browser()
    room = a_room_with(ana, otto)
    room.suspend()
    change = browser.type("wacht")
    effects = room.receive(ana.member, Update(change))
    assert acks(effects, ana.member) == 0
    assert appends(effects) == []
    assert '"kind":"unavailable"' in notices(effects, ana.member)[0]
    assert room.receive(otto.member, QueryAwareness()) != []
    asked = room.resume()
    assert [one.member for one in asked] == [ana.member]
    effects = room.receive(ana.member, SyncStep2(browser.doc.get_update()))
    assert acks(effects, ana.member) == 1
    assert text_of(room) == "wacht"


def test_R25_who_has_nothing_unsaved_is_told_so_even_while_the_log_cannot_be_written():
    ana, bo, browser = a_newcomer("ana"), a_newcomer("bo"), Browser()
    room = a_room_with(ana)
    room.receive(ana.member, Update(browser.type("staat er al")))
    room.suspend()
    room.join(bo)
    room.receive(bo.member, SyncStep1(b"\x00"))
    assert acks(room.receive(bo.member, SyncStep2(browser.doc.get_update())), bo.member) == 1


def test_R25_somebody_who_comes_while_suspended_is_asked_again_too():
    ana, browser = a_newcomer(), Browser()
    room = a_room()
    room.suspend()
    room.join(ana)
    room.receive(ana.member, SyncStep1(b"\x00"))
    browser.type("offline geschreven")
    held = room.receive(ana.member, SyncStep2(browser.doc.get_update()))
    assert acks(held, ana.member) == 0
    assert len(room.resume()) == 1
    effects = room.receive(ana.member, SyncStep2(browser.doc.get_update()))
    assert acks(effects, ana.member) == 1


def test_an_unknown_command_is_refused_aloud():
    ana = a_newcomer()
    room = a_room_with(ana)
    effects = room.receive(ana.member, Stateless('{"do":"take-decision"}'))
    assert Refused(ana.member, Refusal.MALFORMED) in effects
    assert '"kind":"refused"' in notices(effects, ana.member)[0]


def test_R1_nothing_in_the_room_waits():
    callables = [getattr(Room, name) for name in dir(Room) if callable(getattr(Room, name))]
    assert not any(inspect.iscoroutinefunction(one) for one in callables)
