"""Short seeded histories; `dev.py prove 1` runs many more."""

import pytest

from server.open_room import OpenRoom
from sync.effects import Append, Checkpoint, Effect
from tests.simulator import Simulation


def run(seeds: range) -> None:
    for seed in seeds:
        Simulation(seed).run(300)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_R3_nothing_promised_is_lost_whenever_the_server_dies(first):
    run(range(first, first + 50))


def test_the_simulator_notices_a_server_that_speaks_before_it_commits(monkeypatch):
    def hasty(self: OpenRoom, effects: list[Effect]) -> None:
        self._perform_all(effects)
        self._queue += [one for one in effects if isinstance(one, Append | Checkpoint)]
        if self._queue and not self._in_flight:
            self._committer.want(self)

    monkeypatch.setattr(OpenRoom, "perform", hasty)
    with pytest.raises(AssertionError, match="lost"):
        run(range(50))
