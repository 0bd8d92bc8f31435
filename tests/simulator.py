"""Many histories of `tests/simulation`, over several processes.

python -m tests.simulator SEEDS [PROCESSES [FIRST]]
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import structlog

from tests.simulation.steps import live_through

STEPS: Final = 300
_AT_ONCE: Final = 50
"""Seeds that a process runs before it asks for more."""


class Violated(AssertionError):
    """A history in which something did not hold; the text names its seed."""


def simulate(seeds: Iterable[int], steps: int = STEPS) -> Counter[str]:
    """Run one history after the other: how often what happened in them."""
    figures: Counter[str] = Counter()
    for seed in seeds:
        try:
            figures += live_through(seed, steps)
        except Exception as error:
            raise Violated(f"seed {seed}: {type(error).__name__}: {error}") from error
        figures["seeds"] += 1
    return figures


def _quietly(seeds: range) -> Counter[str]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return simulate(seeds)


def main(seeds: int, processes: int = 2, first: int = 0) -> str:
    """Run seeds from `first` on over several processes: the figures, or Violated with the seed."""
    end = first + seeds
    parts = [range(at, min(at + _AT_ONCE, end)) for at in range(first, end, _AT_ONCE)]
    with ProcessPoolExecutor(processes) as pool:
        figures = sum(pool.map(_quietly, parts), Counter[str]())
    told = (f"{what} {figures[what]:,}" for what in sorted(figures))
    return f"{', '.join(told)}, violations 0"


if __name__ == "__main__":
    print(main(*(int(one) for one in sys.argv[1:])))
