"""Documents that people wrote in for days: nobody waits for their age, nobody is refused for it."""

from __future__ import annotations

import gc
import random
import weakref
from functools import cache

import pytest
from pycrdt import Doc

from sync import anatomy, guard, live
from sync.deletions import as_yjs_writes
from sync.effects import Continue
from sync.errors import RoomBroken
from sync.lib0 import text
from sync.messages import SyncStatus, SyncStep1, SyncStep2, Update, Updates
from sync.nesting import DEEPEST, Depths, measured
from sync.room import Loaded, Room, rebuilt
from sync.slices import SMALL
from sync.surveying import TOGETHER, survey
from tests.builders import (
    Browser,
    Ticking,
    a_newcomer,
    a_room,
    acks,
    an_observer,
    appends,
    finished,
    sent,
)
from tests.old import A_LONG_NIGHT, Hand, Size, loaded_of, rows_of

A_DAY = Size(rows=6_000, pages=400)
"""Above the size up to which a document is surveyed while a change waits."""


@cache
def a_day() -> Loaded:
    return loaded_of(A_DAY)


@cache
def too_large_for_one_message() -> Loaded:
    """More structs than one change may have; a document may have any number."""
    half = guard.MOST_STRUCTS // 2 + 100
    return Loaded(None, tuple(written([(client, a_map_of(half, client))]) for client in (3, 4)))


@cache
def of_many_pages() -> Loaded:
    """Written under more client ids than one change may name."""
    blocks = [(n + 10, a_map_of(1, n)) for n in range(guard.MOST_CLIENTS + 10)]
    return Loaded(None, (written(blocks),))


def a_map_of(keys: int, of: int) -> list[anatomy.Part]:
    value = b"\x01\x7e"
    return [anatomy.Part(n, 1, 0x28, None, None, "m", f"{of}-{n}", value) for n in range(keys)]


def written(blocks: list[tuple[int, list[anatomy.Part]]]) -> bytes:
    return anatomy.assemble(anatomy.Anatomy(blocks, []))


def clocks(state_vector: bytes) -> dict[int, int]:
    return guard.parse_state_vector(state_vector)


def nothing_new(room: Room) -> bytes:
    """What a browser that has everything answers to our step 1."""
    doc = Doc()
    doc.apply_update(room.snapshot())
    return as_yjs_writes(doc.get_update(doc.get_state()))


def a_paragraph(client: int) -> Update:
    """A type in a type: a paragraph with its text, at the end of nothing."""
    parts = [
        anatomy.Part(0, 1, 7, None, None, "text:source", None, b"\x03" + text("paragraph")),
        anatomy.Part(1, 1, 7, None, None, (client, 0), None, b"\x06"),
    ]
    return Update(written([(client, parts)]))


def everything(effects: list, member) -> Doc:
    """What somebody who had nothing has after what they were sent."""
    doc = Doc()
    for message in sent(effects, member, SyncStep2 | Update):
        doc.apply_update(message.update)
    return doc


def test_R38_no_honest_member_is_refused_because_a_document_is_large():
    ana, otto = a_newcomer(), an_observer()
    room = a_room(loaded=too_large_for_one_message())
    for who in (ana, otto):
        room.join(who)
        room.receive(who.member, SyncStep1(b"\x00"))
        effects = room.receive(who.member, SyncStep2(nothing_new(room)))
        assert acks(effects, who.member) == 1
    assert room.receive(ana.member, a_paragraph(7)) == [Continue()]
    assert appends(finished(room, []))


def test_R38_a_document_of_any_number_of_pages_opens():
    room = a_room(loaded=of_many_pages())
    ana = a_newcomer()
    room.join(ana)
    assert sent(room.receive(ana.member, SyncStep1(b"\x00")), ana.member, SyncStep2)


def test_R38_who_comes_in_without_news_costs_no_reading_of_all_deletions(
    monkeypatch: pytest.MonkeyPatch,
):
    room = a_room(loaded=a_day())
    answer = nothing_new(room)
    assert len(answer) > 2000
    for who in (a_newcomer(), an_observer()):
        room.join(who)
        room.receive(who.member, SyncStep1(b"\x00"))
        with monkeypatch.context() as patched:
            patched.setattr(guard, "parse_update", None)
            assert acks(room.receive(who.member, SyncStep2(answer)), who.member) == 1


def test_R38_an_answer_that_was_overtaken_by_other_deletions_is_no_news_either():
    ana, otto = a_newcomer(), an_observer()
    room = a_room(loaded=a_day())
    for who in (ana, otto):
        room.join(who)
    room.receive(otto.member, SyncStep1(b"\x00"))
    answer = nothing_new(room)
    state = guard.parse_state_vector(room.state_vector())
    client = next(iter(state))
    erased = anatomy.assemble(anatomy.Anatomy([], [(client, [(0, state[client])])]))
    assert appends(room.receive(ana.member, Update(erased)))
    assert acks(room.receive(otto.member, SyncStep2(answer)), otto.member) == 1
    for recent in range(live.RECENT_ANSWERS):
        client = sorted(state)[recent + 1]
        erased = anatomy.assemble(anatomy.Anatomy([], [(client, [(0, state[client])])]))
        room.receive(ana.member, Update(erased))
        room.receive(otto.member, SyncStep1(b"\x00"))
    # forgotten by its bytes, it is read
    room.receive(otto.member, SyncStep1(b"\x00"))
    effects = room.receive(otto.member, SyncStep2(answer))
    assert sent(effects, otto.member, SyncStatus) in ([], [SyncStatus(saved=True)])


def test_R38_a_reader_who_deletes_in_an_old_document_is_found_out():
    otto = an_observer()
    room = a_room(loaded=a_day())
    room.join(otto)
    room.receive(otto.member, SyncStep1(b"\x00"))
    state = guard.parse_state_vector(room.state_vector())
    client = max(state)
    erased = anatomy.assemble(anatomy.Anatomy([], [(client, [(0, state[client])])]))
    effects = room.receive(otto.member, SyncStep2(erased))
    assert sent(effects, otto.member, SyncStatus) == [SyncStatus(saved=False)]


def test_R38_a_paragraph_in_an_old_document_is_postponed_and_nobody_else_is():
    ana, bo = a_newcomer("ana"), a_newcomer("bo")
    room = a_room(loaded=a_day())
    for who in (ana, bo):
        room.join(who)
    room.cpu = Ticking(tick=0.004)
    assert room.receive(ana.member, a_paragraph(7)) == [Continue()]
    turns = 0
    while (effects := room.go_on()) == [Continue()]:
        if not room.waiting[0]:
            continue  # all is surveyed, and the paragraph under way
        turns += 1
        # what is written meanwhile is surveyed as well
        letter = Browser(client_id=1000 + turns).type("x")
        assert appends(room.receive(bo.member, Update(letter)))
    assert turns >= 2
    assert acks(effects, ana.member) == 1
    assert not room.busy
    assert appends(room.receive(bo.member, a_paragraph(8)))


def test_R38_what_came_in_one_read_with_the_first_paragraph_stays_in_order():
    ana = a_newcomer()
    room = a_room(loaded=a_day())
    room.join(ana)
    hand = Hand(1, plain=True)
    hand.sit_down_at(55)
    large, later = hand.update(), hand.update()
    assert guard.parse_update(large).size > SMALL
    read = (large, a_paragraph(7).update, later)
    effects = room.receive(ana.member, Updates(read))
    assert appends(effects)
    assert effects[-1] == Continue()
    together = (a_paragraph(8).update, a_paragraph(9).update)
    assert room.receive(ana.member, Updates(together)) == []
    assert room.waiting[0] == 3
    effects = finished(room, [])
    assert acks(effects, ana.member) == 4
    assert len(appends(effects)) == 3


def test_R38_what_many_had_waiting_is_taken_in_turns_each_of_them_in_order():
    people = [a_newcomer(f"p{n}") for n in range(10)]
    room = a_room(loaded=a_day())
    size = 0
    for client, who in enumerate(people, 7):
        room.join(who)
        browser = Browser(client)
        alone = [browser.type(letter) for letter in "dijk"]
        pasted = browser.type("x" * 3000)
        read = tuple(browser.type(letter) for letter in "Maas")
        later = browser.type("y")
        for message in (
            Update(paragraph := a_paragraph(client + 100).update),
            *map(Update, alone),
            Updates((pasted, *read)),
            Updates(read),
            SyncStep2(later),
        ):
            assert not appends(room.receive(who.member, message))
        size += sum(map(len, (paragraph, *alone, pasted, *read, *read, later)))
    assert room.waiting == (80, size)
    room.cpu = Ticking(tick=0.002)
    turns = []
    while room.busy:
        turns.append(room.go_on())
    assert max(len(appends(turn)) for turn in turns) <= 4
    effects = [one for turn in turns for one in turn]
    for who in people:
        assert acks(effects, who.member) == 1 + 4 + 5 + 4 + 1
        assert SyncStep1 not in [type(one) for one in sent(effects, who.member, object)]
    assert room.waiting == (0, 0)


def test_R38_who_leaves_takes_along_what_was_postponed():
    ana = a_newcomer()
    room = a_room(loaded=a_day())
    room.join(ana)
    room.receive(ana.member, a_paragraph(7))
    room.leave(ana.member)
    assert not room.busy
    assert room.go_on() == []


def test_R38_a_state_that_cannot_be_surveyed_breaks_the_room(monkeypatch: pytest.MonkeyPatch):
    ana = a_newcomer()
    room = a_room(loaded=a_day())
    room.join(ana)
    cut = room.snapshot()[:-20_000]
    monkeypatch.setattr(room._changes._survey, "_state", lambda: cut)
    assert room.receive(ana.member, a_paragraph(7)) == [Continue()]
    with pytest.raises(RoomBroken):
        finished(room, [])


def test_R38_what_is_postponed_is_measured_with_what_came_meanwhile():
    """Lists in lists, the deepest of which was made while the survey went on."""
    ana = a_newcomer()
    room = a_room(loaded=a_day())
    room.join(ana)
    chain = [anatomy.Part(0, 1, 7, None, None, "deep", None, b"\x00")]
    chain += [anatomy.Part(n, 1, 7, None, None, (9, n - 1), None, b"\x00") for n in range(1, 101)]
    finished(room, room.receive(ana.member, a_paragraph(7)))
    assert appends(room.receive(ana.member, Update(written([(9, chain[:DEEPEST])]))))
    deeper = anatomy.Part(0, 1, 7, None, None, (9, DEEPEST - 1), None, b"\x00")
    deepest = anatomy.Part(1, 1, 7, None, None, (11, 0), None, b"\x00")
    assert appends(room.receive(ana.member, Update(written([(11, [deeper])]))))
    assert not appends(room.receive(ana.member, Update(written([(11, [deeper, deepest])]))))


@pytest.mark.parametrize("seed", range(5))
def test_R38_a_survey_in_parts_finds_what_the_guard_would_find(seed: int):
    state = loaded_of(Size(rows=3000, pages=150), seed).state
    assert state is not None
    parts, found = 0, None
    walk = survey(state)
    try:
        while True:
            next(walk)
            parts += 1
    except StopIteration as done:
        found = done.value
    assert parts >= guard.parse_update(state).structs // TOGETHER
    assert sorted(found.changes()) == sorted(
        measured(guard.parse_update(state).places, {}, Depths()).changes()
    )


def test_R38_who_comes_while_others_write_gets_a_state_encoded_once_and_the_rest_behind_it():
    ana = a_newcomer()
    room = a_room(loaded=too_large_for_one_message())
    room.join(ana)
    states = []
    assert len(room.snapshot()) > live.LARGE
    for turn in range(3):
        hand = Hand(turn, plain=True)
        hand.sit_down_at(2000 + turn)
        room.receive(ana.member, Update(hand.update()))
        bo = a_newcomer(f"bo{turn}")
        room.join(bo)
        effects = room.receive(bo.member, SyncStep1(b"\x00"))
        states.append(sent(effects, bo.member, SyncStep2)[0].update)
        assert clocks(everything(effects, bo.member).get_state()) == clocks(room.state_vector())
    assert states[0] is states[1] is states[2]


@pytest.mark.parametrize("seed", range(4))
def test_R39_checkpoint_and_tail_of_an_old_document_equal_all_its_rows(seed: int):
    rows = [row.payload for row in rows_of(A_LONG_NIGHT, seed)]
    slow = rebuilt(Loaded(tail=tuple(rows)))
    rng = random.Random(seed)
    for cut in (1, rng.randrange(2, len(rows) - 1), len(rows)):
        state = rebuilt(Loaded(tail=tuple(rows[:cut]))).get_update()
        quick = rebuilt(Loaded(state, tuple(rows[cut:])))
        assert clocks(quick.get_state()) == clocks(slow.get_state())
        assert anatomy.canonical(quick.get_update()) == anatomy.canonical(slow.get_update())


def test_R39_a_large_state_is_not_written_for_a_handful_of_rows():
    ana = a_newcomer()
    state = rebuilt(Loaded(tail=(a_large_text(),))).get_update()
    room = a_room(loaded=Loaded(state))
    room.join(ana)
    hand, checkpoints = Hand(1, plain=True), []
    hand.sit_down_at(77)
    for row in range(live.CHECKPOINT_EVERY * 2):
        effects = room.receive(ana.member, Update(hand.update()))
        checkpoints += [row for one in effects if type(one).__name__ == "Checkpoint"]
    assert checkpoints == [len(state) // live.BYTES_A_ROW - 1]


def a_large_text() -> bytes:
    letters = text("x" * (live.CHECKPOINT_EVERY + 200) * live.BYTES_A_ROW)
    part = anatomy.Part(0, len(letters), 4, None, None, "big", None, letters)
    return written([(5, [part])])


def test_R40_a_room_that_closed_lets_go_of_its_document():
    ana = a_newcomer()
    room = a_room(loaded=loaded_of(A_LONG_NIGHT))
    room.join(ana)
    with pytest.raises(AssertionError):
        assert_gone(room)
    room.close()
    assert_gone(room)


def assert_gone(room: Room) -> None:
    """That only the test holds the document."""
    doc = weakref.ref(room._live._doc)
    del room._live._doc
    gc.collect()
    held, room._live._doc = doc(), doc()
    assert held is None
