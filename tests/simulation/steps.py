"""What happens at each step of a history: drawn from a table, under the seed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from itertools import accumulate
from typing import Final

from tests.simulation.history import History
from tests.simulation.network import Piece, Wire
from tests.simulation.page import Page
from tests.simulation.program import Program
from tests.simulation.settling import end, settle

Act = Callable[[History], None]

BURSTS: Final = (1, 2, 5, 20)
"""Frames that arrive on a line in one go."""


def live_through(seed: int, steps: int) -> Counter[str]:
    """One history from everybody's arrival to the end: how often what happened in it. Raises
    AssertionError when something does not hold."""
    history = History(seed)
    settle(history)
    for _ in range(steps):
        happens = history.rng.choices(ACTS, cum_weights=WEIGHTS)
        history.step(happens + history.rng.choices(TRAFFIC, k=history.rng.randrange(3)))
    return end(history)


def _somebody(act: Callable[[History, Page | Program], None]) -> Act:
    return lambda history: act(history, history.rng.choice(history.clients))


def _some_line(act: Callable[[History, Wire], None]) -> Act:
    def acted(history: History) -> None:
        if history.network.wires:
            act(history, history.rng.choice(history.network.wires))

    return acted


def _deliver(
    act: Callable[[History, Wire, int], None], queue: Callable[[Wire], deque[Piece]]
) -> Act:
    """Some of what is on its way on one line."""

    def acted(history: History) -> None:
        lines = [wire for wire in history.network.wires if queue(wire)]
        if lines:
            act(history, history.rng.choice(lines), history.rng.choice(BURSTS))

    return acted


def _answer(history: History) -> None:
    if history.server.knocks:
        history.server.answer(history.rng.randrange(len(history.server.knocks)))


def _gather(history: History) -> None:
    history.server.gathers = True


def _connect(history: History) -> None:
    lost = [client for client in history.clients if client.wire is None]
    if lost:
        history.connect(history.rng.choice(lost))


TRAFFIC: Final[tuple[Act, ...]] = (
    _deliver(History.deliver_to_server, lambda wire: wire.to_server),
    _deliver(History.deliver_to_client, lambda wire: wire.to_client),
    _answer,
)

_STEPS: Final[tuple[tuple[float, Act], ...]] = (
    (36, _somebody(History.write)),
    (6, _somebody(History.erase)),
    (6, _somebody(History.set)),
    (24, lambda history: history.server.begin_commit()),
    (28, History.commit),
    (4, _gather),
    (6, lambda history: history.server.alarms.ring()),
    (6, lambda history: history.server.write_checkpoint()),
    (24, _connect),
    (1.5, _some_line(History.reset)),
    (1, _somebody(lambda _, client: client.hang_up())),
    (1.5, _somebody(lambda _, client: client.reload())),
    (2, _some_line(History.fall_behind)),
    (3, _some_line(History.read_again)),
    (0.2, History.crash),
    (1, History.crash_soon),
    (0.3, History.commit_untold),
    (0.5, lambda history: history.server.fail_commit()),
    (0.5, History.fill_disk),
    (5, History.clear_disk),
    (1, History.partition),
    (5, lambda history: history.network.heal()),
    (4, _some_line(History.time_out)),
    (2, _some_line(History.notice_a_ghost)),
    (3, _somebody(History.change_rights)),
    (0.7, _somebody(lambda history, client: history.server.end_session(client.actor))),
    (1.5, History.jump),
    (1, History.take_backup),
    (0.3, History.restore),
    (1, History.newcomer),
    (1, lambda history: history.server.sweep()),
)
"""What may happen at a step, and how often."""

ACTS: Final = [act for _, act in _STEPS]
WEIGHTS: Final = list(accumulate(weight for weight, _ in _STEPS))
