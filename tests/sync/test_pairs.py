"""Characters that count twice are never cut in halves, whoever names what lies between."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from pycrdt import Doc, Text

from sync import guard, lib0, pairs
from sync.effects import Continue, Effect, Expel
from sync.errors import Malformed, Refusal
from sync.live import Live
from sync.messages import Received, SyncStep1, SyncStep2, Update, Updates
from sync.pairs import Pairs
from sync.room import Loaded, Newcomer, Room, rebuilt
from tests.attacks import recipes
from tests.builders import (
    Browser,
    a_newcomer,
    a_room,
    a_room_with,
    acks,
    appends,
    finished,
    text_of,
)
from tests.old import Size, loaded_of

ANA, FIRST, TEXT = 7, 2, "De🚒 Maas"
"""Who wrote, where the first half of the pair is, and what was written."""
KNOWN = len(TEXT) + 1
HARMS = {"right origin", "both origins", "a deletion that ends"}
"""Of these it shows at once that the state is read back as something else."""
CUTS = recipes.halves(ANA, FIRST) | {
    "a re-send from the second half": recipes.sent_again_from_a_half(ANA, FIRST, KNOWN),
    "a re-send with another pair": recipes.a_pair_over_what_is_known(ANA, KNOWN),
}


def written_live() -> tuple[Room, Newcomer]:
    """A room in which Ana just wrote."""
    ana = a_newcomer()
    room = a_room_with(ana)
    answer(room, ana, Update(Browser(client_id=ANA).type(TEXT)))
    return room, ana


def loaded() -> tuple[Room, Newcomer]:
    """The same from the log."""
    return of(Loaded(None, (Browser(client_id=ANA).type(TEXT),)))


def loaded_with_much_else() -> tuple[Room, Newcomer]:
    """The same in the checkpoint of an old document."""
    return of(Loaded(much_else()))


@cache
def much_else() -> bytes:
    old = loaded_of(Size(rows=6_000, pages=400))
    return rebuilt(Loaded(old.state, (*old.tail, Browser(client_id=ANA).type(TEXT)))).get_update()


def of(stored: Loaded) -> tuple[Room, Newcomer]:
    ana, room = a_newcomer(), a_room(loaded=stored)
    room.join(ana)
    return room, ana


def answer(room: Room, who: Newcomer, message: Received) -> list[Effect]:
    """What is said to a message in the end, if it takes several turns."""
    return finished(room, room.receive(who.member, message))


def refused(effects: list[Effect], who: Newcomer) -> bool:
    return Expel(who.member, Refusal.MALFORMED) in effects and not appends(effects)


@pytest.mark.parametrize("carrier", [Update, SyncStep2])
@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("begin", [written_live, loaded, loaded_with_much_else])
def test_R42_a_change_that_cuts_a_pair_is_malformed(begin: Any, name: str, carrier: Any):
    room, ana = begin()
    before = room.snapshot()
    assert refused(answer(room, ana, carrier(CUTS[name])), ana)
    assert room.snapshot() == before
    bo, browser = a_newcomer("bo"), Browser(client_id=8)
    room.join(bo)
    browser.take(room.snapshot())
    assert acks(answer(room, bo, Update(browser.type(" stijgt 🚒"))), bo.member) == 1
    same_from_the_log(room)


@pytest.mark.parametrize("name", CUTS)
def test_R42_without_the_rule_a_state_is_read_back_as_something_else(name: str):
    """Why it exists, and how we would learn that it is no longer needed."""
    doc: Doc[Any] = Doc()
    doc.apply_update(Browser(client_id=ANA).type(TEXT))
    doc.apply_update(CUTS[name])
    assert (said(doc) != said(rebuilt(Loaded(doc.get_update())))) == (name in HARMS)


def said(doc: Doc[Any]) -> object:
    return str(doc.get("t", type=Text)), guard.parse_state_vector(doc.get_state())


@pytest.mark.parametrize("name", recipes.halved_at_once())
def test_R42_also_within_the_change_that_brings_the_pair(name: str):
    room, ana = written_live()
    assert refused(answer(room, ana, Update(recipes.halved_at_once()[name])), ana)
    assert text_of(room) == TEXT


def test_R42_also_within_what_came_in_one_read():
    """What is honest before it counts, as it does everywhere (R41)."""
    for cut in recipes.halves(5, 1).values():
        room, ana = written_live()
        brings = recipes.an_update(5, 0, b"\x04\x01\x01s" + lib0.text("a🚒b"))
        effects = answer(room, ana, Updates((brings, cut)))
        assert len(appends(effects)) == 1
        assert Expel(ana.member, Refusal.MALFORMED) in effects
        same_from_the_log(room)


def test_R42_what_the_document_wrote_must_read_back_to_the_clocks_it_leads_to():
    live = Live(Loaded(), float)
    own = Pairs(live)
    brings = recipes.an_update(5, 0, b"\x04\x01\x01t" + lib0.text("a🚒b"))
    for after in ({5: 5}, {5: 3}, {5: 4, 6: 1}):
        assert live.apply((brings,), guard.parse_update(brings)) == brings
        with pytest.raises(Malformed):
            own.take(brings, after, dict.fromkeys(after, 0))
        assert live.state_vector() == b"\x00"
    own.take(brings, {5: 4}, {5: 0})


def test_R42_beside_a_pair_and_around_it_everything_is_taken():
    around = {
        "before": recipes.an_update(9, 0, b"\x44" + ident(FIRST) + lib0.text("x")),
        "behind": recipes.an_update(9, 0, b"\x84" + ident(FIRST + 1) + lib0.text("x")),
        "all of it": b"\x00\x01" + lib0.number(ANA) + b"\x01" + lib0.number(FIRST) + b"\x02",
        "up to it": b"\x00\x01" + lib0.number(ANA) + b"\x01\x00\x02",
        "from it on": b"\x00\x01" + lib0.number(ANA) + b"\x01" + lib0.number(FIRST + 2) + b"\x01",
    }
    for begin in (written_live, loaded):
        for change in around.values():
            room, ana = begin()
            assert len(appends(answer(room, ana, Update(change)))) == 1
            same_from_the_log(room)


def ident(clock: int) -> bytes:
    return lib0.number(ANA) + lib0.number(clock)


@pytest.mark.parametrize("collected", [False, True])
def test_R42_what_was_deleted_since_may_be_sent_again(collected: bool):
    """Who missed the deletion, and the acknowledgement, sends it all again from any point."""
    browser = Browser(client_id=ANA)
    sent = [browser.type(part) for part in ("De🚒", " Maas🚒🚒", " stijgt")]
    mine = rebuilt(Loaded(None, tuple(sent)))
    room, ana = of(Loaded())
    for change in (*sent, browser.erase(0, 8), browser.erase(2, 6)):
        assert acks(answer(room, ana, Update(change)), ana.member) == 1
    if collected:
        room, ana = of(Loaded(room.snapshot()))
    answer(room, ana, SyncStep1(b"\x00"))
    again = [*map(Update, sent), Updates(tuple(sent)), SyncStep2(mine.get_update())]
    for message in again:
        assert not any(isinstance(one, Expel) for one in answer(room, ana, message))
    same_from_the_log(room)


def test_R42_an_old_document_is_read_where_changes_are_made_and_nobody_waits_for_the_rest():
    """Fire engines under forty client ids, and one who wrote more of them than is read at once."""
    small = [Browser(client_id=100 + n).type("🚒" * 500) for n in range(40)]
    structs = pairs.TOGETHER * (pairs.TURNS_AT_ONCE + 2)
    many = [a_letter_or_engine(n) for n in range(structs)]
    room, ana = of(Loaded(None, (*small, recipes.an_update(5, 0, *many))))
    cut = recipes.halves(100, 2)["origin"]
    assert refused(answer(room, ana, Update(cut)), ana)
    bo = a_newcomer("bo")
    room.join(bo)
    late = Update(recipes.an_update(9, 0, b"\x84\x05" + lib0.number(0) + lib0.text("x")))
    cal = a_newcomer("cal")
    room.join(cal)
    assert room.receive(bo.member, late) == [Continue()]
    # meanwhile others go on where it was read
    whole = Update(recipes.an_update(10, 0, b"\x84\x64\x01" + lib0.text("x")))
    assert appends(room.receive(cal.member, whole))
    assert refused(finished(room, [Continue()]), bo)


def a_letter_or_engine(number: int) -> bytes:
    """The parts of a text that cannot be joined into one: each stands in a root of its own."""
    return b"\x04\x01" + lib0.text(f"r{number}") + lib0.text("🚒")


def test_R42_a_document_without_pairs_is_not_read():
    live = Live(loaded_of(Size(rows=300, pages=3)), float)
    own = Pairs(live)
    assert not own.must_come_first(guard.Structure(deletes=[guard.Run(1, 0, 1)]))
    assert own._unread == set()


@pytest.mark.parametrize("seed", range(30))
def test_R42_whatever_is_named_the_log_and_the_state_say_the_same(seed: int):
    """Random ids in a text of many emoji, now and then after loading: refused exactly when they
    lie between two halves."""
    rng = random.Random(seed)
    room, ana = of(Loaded())
    units = ""
    for client in range(10, 40):
        if rng.random() < 0.2:
            room, ana = of(Loaded(room.snapshot()))
        words = rng.choice(("🚒", "a🚒b", "💧💧💧", "dijk", "é🚒"))
        if not units:
            units = words
            change = recipes.an_update(1, 0, b"\x04\x01\x01t" + lib0.text(units))
            assert appends(answer(room, ana, Update(change)))
            continue
        clocks = range(len(units.encode("utf-16-le")) // 2)
        at = rng.choice(clocks[:-1])
        beside = b"\xc4\x01" + lib0.number(at) + b"\x01" + lib0.number(at + 1)
        change = Update(recipes.an_update(client, 0, beside + lib0.text(words)))
        effects = answer(room, ana, change)
        cuts = at + 1 in second_halves(units)
        assert refused(effects, ana) == cuts
        assert bool(appends(effects)) == (not cuts)
        if cuts:
            room.leave(ana.member)
            ana = a_newcomer()
            room.join(ana)
        same_from_the_log(room)


def second_halves(text: str) -> list[int]:
    units = text.encode("utf-16-le")
    return [n for n in range(len(units) // 2) if 0xDC <= units[2 * n + 1] < 0xE0]


def same_from_the_log(room: Room) -> None:
    """The live document and one that is made of its full state say the same."""
    live = room._live._doc
    stored = rebuilt(Loaded(room.snapshot()))
    assert said(live) == said(stored)
    guard.parse_update(room.snapshot())  # which knows no text of no length
