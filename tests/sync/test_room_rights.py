"""The rules of SPEC.md about who may write, and under which client id."""

import pytest

from models.vocabulary import Role
from sync import lib0
from sync.effects import Expel, Refused, Send
from sync.errors import Refusal
from sync.messages import (
    Authenticated,
    Awareness,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Update,
)
from sync.presence import Sighting, encode_sightings
from sync.room import Loaded
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


@pytest.mark.parametrize("carrier", [Update, SyncStep2])
def test_R15_a_readers_change_is_refused_and_nothing_is_stored(carrier):
    otto, ana = an_observer(), a_newcomer()
    room = a_room_with(ana, otto)
    before = room.snapshot()
    effects = room.receive(otto.member, carrier(Browser().type("HACK")))
    assert Send(otto.member, SyncStatus(saved=False)) in effects
    assert Refused(otto.member, Refusal.READ_ONLY) in effects
    assert '"reason":"read-only"' in notices(effects, otto.member)[0]
    assert appends(effects) == updates_broadcast(effects) == []
    assert room.snapshot() == before


def test_R15_a_reader_may_not_delete_either():
    ana, otto, browser = a_newcomer(), an_observer(), Browser()
    room = a_room_with(ana, otto)
    room.receive(ana.member, Update(browser.type("blijft staan")))
    browser.erase(0, 6)
    for carrier in (Update(browser.changes[-1]), SyncStep2(browser.doc.get_update())):
        effects = room.receive(otto.member, carrier)
        assert Send(otto.member, SyncStatus(saved=False)) in effects
    assert text_of(room) == "blijft staan"


def test_R16_a_readers_step_2_without_news_is_acknowledged():
    ana, otto, browser = a_newcomer(), an_observer(), Browser()
    room = a_room_with(ana)
    room.receive(ana.member, Update(browser.type("abcdef")))
    room.receive(ana.member, Update(browser.erase(1, 3)))
    room.receive(ana.member, Update(browser.set("k", 1)))
    room.receive(ana.member, Update(browser.set("k", 2)))
    room.join(otto)
    reader = Browser()
    asked = room.receive(otto.member, SyncStep1(reader.doc.get_state()))
    reader.take(sent(asked, otto.member, SyncStep2)[0].update)
    state_vector = sent(asked, otto.member, SyncStep1)[0].state_vector
    effects = room.receive(otto.member, SyncStep2(reader.doc.get_update(state_vector)))
    assert effects == [Send(otto.member, SyncStatus(saved=True))]


def test_R17_a_role_that_changes_holds_from_the_next_frame_on():
    ana = a_newcomer()
    room = a_room_with(ana)
    effects = room.change_rights(ana.member, Role.OBSERVER, may_write=False)
    assert Send(ana.member, Authenticated(may_write=False)) in effects
    assert appends(room.receive(ana.member, a_change())) == []
    room.change_rights(ana.member, Role.EDITOR, may_write=True)
    assert len(appends(room.receive(ana.member, a_change()))) == 1
    assert room.change_rights(ana.member, Role.EDITOR, may_write=True) == []


def test_R26_a_change_under_somebody_elses_client_id_is_refused():
    ana, eve, browser = a_newcomer("ana"), a_newcomer("eve"), Browser(client_id=7)
    room = a_room_with(ana, eve)
    room.receive(ana.member, Update(browser.type("EVACU")))
    forged = Browser(client_id=7)
    forged.take(browser.doc.get_update())
    effects = room.receive(eve.member, Update(forged.type("EER NIET")))
    assert Expel(eve.member, Refusal.MALFORMED) in effects
    assert acks(room.receive(ana.member, Update(browser.type("EER"))), ana.member) == 1
    assert text_of(room) == "EVACUEER"


def test_R26_nobody_is_muted_by_a_collected_run_under_their_id():
    ana, eve, browser = a_newcomer("ana"), a_newcomer("eve"), Browser(client_id=7)
    room = a_room_with(ana, eve)
    room.receive(ana.member, Update(browser.type("a")))
    squat = b"\x01\x01\x07\x01\x00" + lib0.number(1 << 20) + b"\x00"
    assert Expel(eve.member, Refusal.MALFORMED) in room.receive(eve.member, Update(squat))
    assert acks(room.receive(ana.member, Update(browser.type("b"))), ana.member) == 1
    assert text_of(room) == "ab"


def test_R26_an_id_that_was_only_seen_is_taken_too():
    ana, eve, browser = a_newcomer("ana"), a_newcomer("eve"), Browser(client_id=7)
    room = a_room_with(ana, eve)
    room.receive(ana.member, Awareness(encode_sightings([Sighting(7, 1, "{}")])))
    effects = room.receive(eve.member, Update(Browser(client_id=7).type("vals")))
    assert Expel(eve.member, Refusal.MALFORMED) in effects
    assert acks(room.receive(ana.member, Update(browser.type("echt"))), ana.member) == 1


def test_R26_binding_outlives_the_room():
    clock, ana, eve, browser = Clock(), a_newcomer("ana"), a_newcomer("eve"), Browser(client_id=7)
    room = a_room_with(ana, clock=clock)
    [row] = appends(room.receive(ana.member, Update(browser.type("a"))))
    again = a_room(clock, Loaded(None, (row.update,), row.marks))
    again.join(eve)
    effects = again.receive(eve.member, Update(browser.type("b")))
    assert Expel(eve.member, Refusal.MALFORMED) in effects


def test_R26_resending_and_deleting_what_others_wrote_is_honest():
    ana, bo, browser = a_newcomer("ana"), a_newcomer("bo"), Browser(client_id=7)
    room = a_room_with(ana, bo)
    room.receive(ana.member, Update(browser.type("abc")))
    other = Browser(client_id=8)
    other.take(browser.doc.get_update())
    other.erase(0, 1)
    assert acks(room.receive(bo.member, Update(other.doc.get_update())), bo.member) == 1
    assert text_of(room) == "bc"
