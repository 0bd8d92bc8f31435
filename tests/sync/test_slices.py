"""A change in parts: the same document, whatever hangs on what, and a stop when it costs much."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from pycrdt import Doc, Text

from sync import guard, lib0, slices
from sync.effects import Expel
from sync.errors import Malformed, Refusal
from sync.messages import SyncStep2, Update
from tests.attacks import recipes
from tests.builders import Browser, a_change, a_newcomer, a_room, acks, finished, text_of
from tests.fuzz import edit


def in_parts(update: bytes, before: bytes = b"\x00\x00", cpu: Any = float) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.apply_update(before)
    known = guard.parse_state_vector(doc.get_state())
    slices.apply_in_parts(doc, update, guard.parse_update(update), known, cpu)
    return doc


def at_once(*updates: bytes) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def a_history(seed: int) -> tuple[bytes, bytes]:
    """Half of what three people wrote in turn, and all of it."""
    rng = random.Random(seed)
    docs: list[Doc[Any]] = [Doc(client_id=10 + n) for n in range(3)]
    half = b"\x00\x00"
    for turn in range(80):
        doc = rng.choice(docs)
        other = rng.choice(docs)
        doc.apply_update(other.get_update(doc.get_state()))
        edit(doc, rng)
        if turn == 40:
            half = docs[0].get_update()
    for other in docs:
        docs[0].apply_update(other.get_update())
    return half, docs[0].get_update()


@pytest.mark.parametrize("seed", range(20))
def test_a_change_in_parts_makes_the_same_document(seed: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slices, "SMALL", 1)
    half, whole = a_history(seed)
    for before in (b"\x00\x00", half):
        parted, plain = in_parts(whole, before), at_once(before, whole)
        assert guard.parse_state_vector(parted.get_state()) == guard.parse_state_vector(
            plain.get_state()
        )
        assert str(parted.get("t", type=Text)) == str(plain.get("t", type=Text))
        assert parted.get_update(plain.get_state()) == plain.get_update(plain.get_state())


@pytest.mark.parametrize(
    "recipe", [recipes.far_apart(10_000), recipes.every_second_letter(380_000)]
)
def test_R28_a_change_that_costs_more_than_honest_work_is_stopped(recipe: tuple[bytes, bytes]):
    eve, ana = a_newcomer("eve", "POL"), a_newcomer("ana")
    room = a_room()
    room.cpu = time.thread_time
    for who in (eve, ana):
        room.join(who)
        room.receive(who.member, SyncStep2(b"\x00\x00"))
    base, walk = recipe
    assert acks(finished(room, room.receive(eve.member, Update(base))), eve.member) == 1
    before, began = room.snapshot(), time.thread_time()
    effects = finished(room, room.receive(eve.member, Update(walk)))
    assert time.thread_time() - began < 1.5  # two and twelve when nothing stops them
    assert Expel(eve.member, Refusal.MALFORMED) in effects
    assert room.snapshot() == before
    assert acks(room.receive(ana.member, a_change()), ana.member) == 1


def test_two_hours_of_offline_typing_are_taken_in_one_step_2():
    ana, browser, rng = a_newcomer(), Browser(client_id=7), random.Random(1)
    room = a_room()
    room.cpu = time.thread_time
    room.join(ana)
    text = browser.doc.get("t", type=Text)
    for _ in range(20_000):
        text.insert(rng.randrange(len(text) + 1), "x")
    step_2 = SyncStep2(browser.doc.get_update())
    assert guard.parse_update(step_2.update).structs > 10_000
    assert acks(finished(room, room.receive(ana.member, step_2)), ana.member) == 1
    assert text_of(room) == browser.text


def test_a_document_of_5000_client_ids_is_taken_and_sent_again():
    ana = a_newcomer()
    room = a_room()
    room.cpu = time.thread_time
    room.join(ana)
    first = Update(Browser(client_id=1000).type("x"))
    assert acks(room.receive(ana.member, first), ana.member) == 1
    for client in range(1001, 6000):
        beside = b"\x84" + lib0.number(client - 1) + b"\x00\x01x"
        change = Update(recipes.an_update(client, 0, beside))
        assert acks(room.receive(ana.member, change), ana.member) == 1
    whole = SyncStep2(room.snapshot())
    assert acks(finished(room, room.receive(ana.member, whole)), ana.member) == 1
    assert text_of(room) == "x" * 5000


def test_structs_of_one_id_that_overlap_are_refused():
    one = b"\x11\x05\x00" + b"\x04\x01\x01t\x01a" * 17
    with pytest.raises(Malformed):
        in_parts(b"\x02" + one + one + b"\x00")
