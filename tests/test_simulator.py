"""Short seeded histories, and servers with a planted fault, which must be noticed; `dev.py prove 2`
runs ten thousand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.vocabulary import Role
from server.open_room import OpenRoom
from sync.effects import Append, Checkpoint, Effect, MemberId, Send
from sync.messages import Authenticated, Received, SyncStatus, SyncStep2, Update, Updates
from sync.room import Room
from tests.memory_log import MemoryLog
from tests.simulation.history import History
from tests.simulation.steps import live_through
from tests.simulator import Violated, simulate

SEEDS = 100
ENOUGH = 300
"""Seeds within which a planted fault must be noticed."""
HAPPENS = (
    "commits",
    "checkpoints",
    "crashes",
    "partitions",
    "rights changes",
    "put aside",
    "clock jumps",
    "restores",
    "full disks",
    "fell behind",
)


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS // 2))
def test_R3_nothing_promised_is_lost_whenever_the_server_dies(
    first: int,
) -> None:
    figures = simulate(range(first, first + SEEDS // 2))
    assert [what for what in HAPPENS if figures[what] < 10] == []


def test_a_seed_is_one_history() -> None:
    assert live_through(7, 300) == live_through(7, 300)


# --- planted faults ------------------------------------------------------------------------------


def speaks_before_it_commits(plant: pytest.MonkeyPatch) -> None:
    def perform(self: OpenRoom, effects: list[Effect]) -> None:
        self._perform_all(effects)
        self._queue += [one for one in effects if isinstance(one, Append | Checkpoint)]
        if self._queue and not self._in_flight:
            self._committer.want(self)

    plant.setattr(OpenRoom, "perform", perform)


def acknowledges_twice(plant: pytest.MonkeyPatch) -> None:
    receive = Room.receive

    def twice(self: Room, member: MemberId, message: Received) -> list[Effect]:
        effects = receive(self, member, message)
        saved = Send(member, SyncStatus(saved=True))
        is_change = isinstance(message, Update | Updates)
        return [*effects, saved] if is_change and saved in effects else effects

    plant.setattr(Room, "receive", twice)


def acknowledges_a_step_2_before_its_commit(plant: pytest.MonkeyPatch) -> None:
    receive = OpenRoom.receive

    def hasty(self: OpenRoom, member: MemberId, message: Received) -> None:
        perform = self.perform

        def perform_acknowledgements_first(effects: list[Effect]) -> None:
            saved = Send(member, SyncStatus(saved=True))
            self._perform_all([one for one in effects if one == saved])
            perform([one for one in effects if one != saved])

        if isinstance(message, SyncStep2):
            self.perform = perform_acknowledgements_first  # type: ignore[method-assign]
        receive(self, member, message)
        self.perform = perform  # type: ignore[method-assign]

    plant.setattr(OpenRoom, "receive", hasty)


def applies_what_came_after_rights_were_lowered(plant: pytest.MonkeyPatch) -> None:
    def only_says_so(self: Room, member: MemberId, role: Role, may_write: bool) -> list[Effect]:
        return [Send(member, Authenticated(may_write))]

    plant.setattr(Room, "change_rights", only_says_so)


def restores_without_a_new_epoch(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(History, "next_epoch", lambda _, given_out: given_out)


def forgets_who_wrote_after_the_backup(plant: pytest.MonkeyPatch) -> None:
    clients_before = MemoryLog.clients_before

    def known_to_the_backup(self: MemoryLog, document: str, epoch: int) -> frozenset[int]:
        return clients_before(MemoryLog(self.lives), document, epoch)

    plant.setattr(MemoryLog, "clients_before", known_to_the_backup)


def drops_what_a_slow_reader_missed(plant: pytest.MonkeyPatch) -> None:
    def forget(self: OpenRoom, member: MemberId) -> None:
        if (seat := self.seats.get(member)) is not None:
            seat.missed_since = None

    plant.setattr(OpenRoom, "caught_up", forget)


@pytest.mark.parametrize(
    ("fault", "noticed"),
    [
        (speaks_before_it_commits, "I1: lost"),
        (acknowledges_twice, "acknowledged too often|I1: lost"),
        (acknowledges_a_step_2_before_its_commit, "I1: lost"),
        (applies_what_came_after_rights_were_lowered, "I3"),
        (restores_without_a_new_epoch, "I[146]"),
        (forgets_who_wrote_after_the_backup, "I4"),
        (drops_what_a_slow_reader_missed, "I2"),
    ],
)
def test_the_simulator_notices_a_server_that(
    fault: Callable[[pytest.MonkeyPatch], None], noticed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    with pytest.raises(Violated, match=noticed):
        simulate(range(ENOUGH))
