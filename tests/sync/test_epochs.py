"""From one epoch to the next: new client ids, the same document."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from models.journal import Mark
from sync import anatomy, epochs, guard
from sync.effects import Continue, Expel, Refused
from sync.errors import Malformed, Refusal
from sync.marks import Marks
from sync.messages import SyncStep1, SyncStep2, Update, Updates
from sync.room import Loaded, Newcomer, Room, rebuilt
from tests.builders import (
    Browser,
    Ticking,
    a_newcomer,
    a_room_with,
    an_author,
    finished,
    text_of,
)
from tests.sync.test_turns import a_long_change

WORDS = ("dijk", "Maas ", "café", "🌊", "é", " en ", "\n")


def draws(seed: int) -> Callable[[], int]:
    rng = random.Random(seed)
    return lambda: rng.getrandbits(32)


def scribble(doc: Doc[Any], rng: random.Random) -> None:
    """Something that a page would write, in one of every type."""
    text, rows = doc.get("t", type=Text), doc.get("rows", type=Map)
    xml, items = doc.get("x", type=XmlFragment), doc.get("a", type=Array)
    match rng.randrange(10):
        case 0 | 1:
            text.insert(rng.randint(0, len(str(text).encode())), rng.choice(("a", "bc ", "def")))
        case 2 if len(str(text)) > 2:
            start = rng.randint(0, len(str(text)) - 1)
            del text[start : min(start + rng.randint(1, 3), len(str(text)))]
        case 3:
            rows[rng.choice("pqr")] = Map({"title": Text("x"), "order": rng.random(), "n": None})
        case 4 if len(rows):
            del rows[rng.choice(list(rows))]
        case 5:
            xml.children.append(XmlElement("paragraph", {"level": 2}, [XmlText(rng.choice(WORDS))]))
        case 6:
            items.append(rng.choice([1, "één", True, None, b"bytes", [1, {"k": 2.5}]]))
        case 7 if len(str(text)):
            text.format(0, rng.randint(1, len(str(text))), {"strong": True})
        case 8 if len(xml.children):
            del xml.children[rng.randrange(len(xml.children))]
        case 9 if len(items):
            del items[rng.randrange(len(items))]
        case _:
            text += "z"


def rows_of(seed: int, writers: int = 4, steps: int = 120) -> list[bytes]:
    """The rows of a log that several people wrote, often at the same time."""
    rng = random.Random(seed)
    server: Doc[Any] = Doc()
    rows: list[bytes] = []
    keep = server.observe(lambda event: rows.append(event.update))
    people = [Doc(client_id=rng.getrandbits(32)) for _ in range(writers)]
    for _ in range(steps):
        one = rng.choice(people)
        scribble(one, rng)
        if rng.random() < 0.4:
            server.apply_update(one.get_update(server.get_state()))
            one.apply_update(server.get_update(one.get_state()))
    for one in people:
        server.apply_update(one.get_update(server.get_state()))
    server.unobserve(keep)
    return rows


def values(state: bytes) -> tuple[str, object, str, object]:
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    return (
        str(doc.get("t", type=Text).diff()),
        doc.get("rows", type=Map).to_py(),
        str(doc.get("x", type=XmlFragment)),
        doc.get("a", type=Array).to_py(),
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_was_taken_apart_is_put_together_byte_for_byte(seed: int):
    for update in (*rows_of(seed), rebuilt(Loaded(tail=tuple(rows_of(seed)))).get_update()):
        assert anatomy.assemble(anatomy.dissect(update)) == update


@pytest.mark.parametrize("seed", range(20))
def test_an_outline_says_of_an_update_what_the_guard_says(seed: int):
    for update in (*rows_of(seed), rebuilt(Loaded(tail=tuple(rows_of(seed)))).get_update()):
        assert anatomy.outline(update).runs == guard.parse_update(update).runs
        with pytest.raises(Malformed):
            anatomy.outline(update + b"\x00")


@pytest.mark.parametrize("seed", range(20))
def test_under_new_ids_it_is_the_same_document_and_shares_no_id(seed: int):
    state = rebuilt(Loaded(tail=tuple(rows_of(seed)))).get_update()
    author = an_author()
    old = anatomy.dissect(state).clients()
    marks = tuple(Mark(client, 0, author, 1) for client in old)
    begun = epochs.begin_again(state, marks, (), draws(seed))
    assert values(begun.state) == values(state)
    assert anatomy.dissect(begun.state).clients().isdisjoint(old)
    assert {mark.client for mark in begun.marks} >= anatomy.dissect(begun.state).clients()


@pytest.mark.parametrize("seed", range(20))
def test_rows_and_checkpoint_with_tail_are_canonically_equal(seed: int):
    rows = tuple(rows_of(seed))
    cut = len(rows) // 2
    one_by_one: Doc[Any] = Doc()
    for row in rows[:cut]:
        one_by_one.apply_update(row)
    short = rebuilt(Loaded(one_by_one.get_update(), rows[cut:])).get_update()
    long = rebuilt(Loaded(tail=rows)).get_update()
    assert anatomy.canonical(short) == anatomy.canonical(long)


def test_one_flipped_bit_of_a_state_is_never_canonically_equal():
    state = rebuilt(Loaded(tail=tuple(rows_of(5, steps=25)))).get_update()
    right = anatomy.canonical(state)
    for at in range(len(state)):
        forged = bytearray(state)
        forged[at] ^= 1 << (at % 8)
        with suppress(Malformed):
            assert anatomy.canonical(bytes(forged)) != right, at


def test_new_names_keep_the_order_and_avoid_what_is_taken():
    numbers = iter([5, 1, 9, 7, 7, 30, 20])
    assert epochs.new_names({9, 1}, {5}, lambda: next(numbers)) == {1: 7, 9: 30}
    with pytest.raises(ValueError, match="order"):
        anatomy.renamed(b"\x00\x00", {1: 9, 2: 8})


def test_R26_carried_marks_bind_the_new_ids_to_who_wrote_under_the_old():
    ana, bo = an_author("ana"), an_author("bo")
    browser = Browser(7)
    browser.type("dijk")
    begun = epochs.begin_again(browser.doc.get_update(), [Mark(7, 0, ana, 1)], (), draws(1))
    (mark,) = begun.marks
    bound = Marks(begun.marks)
    assert mark.author == ana
    assert bound.bind(ana, [mark.client])
    assert not bound.bind(bo, [mark.client])


def of_no_epoch(*former: int) -> tuple[Room, Newcomer]:
    """A room, and somebody in it who did not say of which epoch they are."""
    ana = replace(a_newcomer(), former=frozenset(former))
    return a_room_with(ana), ana


def test_R27_what_a_message_names_is_found_in_its_state_structs_links_and_deletions():
    one, other = Browser(7), Browser(8)
    one.type("dijk")
    other.take(one.doc.get_update())
    linked, erased = other.type("en"), other.erase(0, 2)
    for message in (
        SyncStep1(one.doc.get_state()),
        SyncStep2(one.doc.get_update()),
        Update(one.doc.get_update()),
        Update(linked),
        Update(erased),
        Updates((one.doc.get_update(), linked)),
        Updates((linked, erased)),
        Update(a_long_change()),
        SyncStep2(a_long_change()),
    ):
        room, ana = of_no_epoch(7)
        effects = finished(room, room.receive(ana.member, message))
        assert effects == [
            Refused(ana.member, Refusal.STALE_EPOCH),
            Expel(ana.member, Refusal.STALE_EPOCH),
        ], message
    for message in (Update(Browser(9).type("x")), SyncStep1(b"\x00"), SyncStep2(b"\x00\x00")):
        room, ana = of_no_epoch(7)
        assert Refused not in map(type, room.receive(ana.member, message))
    room, ana = of_no_epoch(7)
    assert Expel(ana.member, Refusal.MALFORMED) in room.receive(ana.member, Update(b"\xff"))


def test_R27_a_long_message_is_looked_through_in_turns_and_read_once(
    monkeypatch: pytest.MonkeyPatch,
):
    room, ana = of_no_epoch(9)
    room.cpu = Ticking()
    read = []
    reading = guard.reading
    monkeypatch.setattr(
        guard, "reading", lambda update: (read.append(len(update)), reading(update))[1]
    )
    first = room.receive(ana.member, SyncStep2(a_long_change()))
    assert first == [Continue()]
    finished(room, first)
    assert len(text_of(room)) == 5000
    assert len(read) == 1
