"""Whether deletions are known, asked of many ranges at a time."""

import random
import time

import pytest

from sync.deletions import Deletions
from sync.guard import Run


def test_deletions_are_added_joined_and_looked_up():
    known = Deletions(b"\x00\x00")
    known.add([Run(9, 5, 7), Run(9, 1, 3), Run(8, 0, 2)])
    assert known.hold([Run(9, 1, 3), Run(9, 6, 7), Run(8, 0, 1)])
    assert not known.hold([Run(9, 1, 6)])
    known.add([Run(9, 3, 5)])
    assert known.hold([Run(9, 1, 7)])
    assert not known.hold([Run(9, 0, 2)])
    assert not known.hold([Run(7, 0, 1)])


@pytest.mark.parametrize("seed", range(20))
def test_deletions_agree_with_a_set_of_clocks(seed):
    rng, known, clocks = random.Random(seed), Deletions(b"\x00\x00"), set()
    for _ in range(200):
        start = rng.randrange(100)
        run = Run(1, start, start + rng.randrange(8))
        assert known.hold([run]) == (set(range(run.start, run.end)) <= clocks)
        if rng.random() < 0.3:
            known.add([run])
            clocks |= set(range(run.start, run.end))


def test_many_deletions_against_many_ranges_cost_nothing():
    known = Deletions(b"\x00\x00")
    known.add(Run(1, 3 * n, 3 * n + 2) for n in range(4000))
    began = time.perf_counter()
    assert known.hold([Run(1, 3 * n, 3 * n + 1) for n in range(4000)] * 20)
    assert time.perf_counter() - began < 0.5
