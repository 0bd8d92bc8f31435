"""Hostile changes against a room: the sender is shown out, the others go on, no time is lost."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from models.journal import Author
from sync import guard, nesting
from sync.changes import MOST_WRITERS
from sync.effects import Expel
from sync.errors import Malformed, Refusal
from sync.messages import Awareness, SyncStep2, Update
from sync.presence import Sighting, encode_sightings
from sync.room import Room
from tests.attacks import recipes
from tests.attacks.changes import CHANGES
from tests.builders import Browser, a_newcomer, a_room_with, acks, appends, text_of
from tests.conftest import ROOT

AT_ONCE = 0.5
"""Seconds of CPU; the measured effects without a guard were seconds to minutes, or a dead
process. Ten times less where nothing else runs."""


class Stage:
    """A room with an honest member who has typed, and a hostile one."""

    def __init__(self) -> None:
        self.ana, self.eve = a_newcomer("ana"), a_newcomer("eve", "POL")
        self.room: Room = a_room_with(self.ana, self.eve)
        self.browser = Browser(client_id=7)
        self.room.receive(self.ana.member, Update(self.browser.type("EVACU")))

    def attack(self, message: Update | SyncStep2 | Awareness) -> None:
        """Eve sends it and is shown out, quickly, and nothing changed."""
        before, began = self.room.snapshot(), time.process_time()
        effects = self.room.receive(self.eve.member, message)
        assert time.process_time() - began < AT_ONCE
        assert Expel(self.eve.member, Refusal.MALFORMED) in effects
        assert appends(effects) == []
        assert self.room.snapshot() == before

    def goes_on(self) -> None:
        """Ana types on, and it is stored."""
        change = Update(self.browser.type("EER"))
        assert acks(self.room.receive(self.ana.member, change), self.ana.member) == 1
        assert text_of(self.room) == "EVACUEER"


@pytest.mark.parametrize("carrier", [Update, SyncStep2])
@pytest.mark.parametrize("name", CHANGES)
def test_R8_a_hostile_change_harms_only_its_sender(name: str, carrier: type[Update | SyncStep2]):
    stage = Stage()
    stage.attack(carrier(CHANGES[name]))
    stage.goes_on()


def test_R8_a_key_is_begun_once_per_id_in_an_update_and_a_thousand_ids_are_cheap():
    with pytest.raises(Malformed):
        guard.parse_update(recipes.one_key_begun(2))
    stage, began = Stage(), time.process_time()
    message = Update(recipes.one_key_begun_by_many(MOST_WRITERS))
    assert len(appends(stage.room.receive(stage.eve.member, message))) == 1
    assert time.process_time() - began < AT_ONCE
    stage.goes_on()


def test_R28_depth_is_counted_over_all_changes_and_from_the_log():
    stage = Stage()
    deepest = nesting.DEEPEST
    part = deepest // 2
    for above in (0, part):
        change = Update(recipes.types_in_types(part, above=above))
        assert len(appends(stage.room.receive(stage.eve.member, change))) == 1
    one_more = Update(recipes.types_in_types(2, above=2 * part))
    again = a_room_like(stage.room, stage.eve.author)
    for room, member in ((stage.room, stage.eve.member), again):
        assert Expel(member, Refusal.MALFORMED) in room.receive(member, one_more)
    stage.goes_on()


def a_room_like(room: Room, author: Author) -> tuple[Room, int]:
    """A room made anew from the log, and the same person in it."""
    who = a_newcomer(author.person, author.organisation)
    again = a_room_with(who)
    again.receive(who.member, SyncStep2(room.snapshot()))
    assert text_of(again) == text_of(room)
    return again, who.member


def test_structs_that_wait_for_each_other_backwards_cost_no_more_than_their_number():
    update = recipes.chained(10_000)
    began = time.process_time()
    after = guard.parse_update(update).after({})
    assert after is not None
    assert len(after) == 10_000
    assert time.process_time() - began < AT_ONCE


def test_R26_presence_under_a_victims_id_mutes_nobody():
    stage = Stage()
    stage.room.receive(
        stage.eve.member, Awareness(encode_sightings([Sighting(7, 2**53 - 1, "{}")]))
    )
    stage.room.receive(stage.ana.member, Awareness(encode_sightings([Sighting(7, 1, '{"a":1}')])))
    seen = stage.room._presence._seen[7]
    assert (seen.member, seen.clock) == (stage.ana.member, 1)
    stage.goes_on()


@pytest.mark.parametrize(
    "update",
    [
        b"\xff" * 1_000_000,
        b"\x01\x07" + b"\xff" * 500_000,
        b"\x01\x07\x01" + b"\xff" * 500_000,
        b"\xff\x07" * 50_000,
        encode_sightings([Sighting(9, 2**53, "{}")]),
        encode_sightings([Sighting(9, 1, "[" * 4000)]),
        encode_sightings([Sighting(9, 1, '{"a":' * 1000)]),
        encode_sightings([Sighting(9, 1, '{"a":NaN}')]),
        encode_sightings([Sighting(9, 1, "x" * 5000)]),
    ],
)
def test_R8_hostile_presence_harms_only_its_sender(update: bytes):
    stage = Stage()
    stage.attack(Awareness(update))
    stage.goes_on()


def test_the_recipe_for_deep_types_ends_a_process_that_does_not_count_them():
    """Why R28 exists, and how we would learn that it is no longer needed."""
    program = (
        "from pycrdt import Doc; from tests.attacks import recipes; d = Doc();"
        "d.apply_update(recipes.types_in_types(150_000));"
        r"d.apply_update(b'\x00\x01\x05\x01\x00\x01')"
    )
    limited = 'ulimit -c 0 -s 8192; exec "$0" -c "$1"'
    run = subprocess.run(["sh", "-c", limited, sys.executable, program], cwd=ROOT, check=False)
    assert run.returncode == -11
