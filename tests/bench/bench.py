"""What a scenario gets, and the row that comes out of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.bench.crowd import Heard, percentile
from tests.bench.machine import Conditions, Meter, calibrate
from tests.bench.targets import Target

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Sizes:
    """How long and how large. Shares of people and rooms are for tests only."""

    warm: float = 3.0
    seconds: float = 15.0
    burst_seconds: float = 10.0
    history: int = 13_000
    stores_within: float = 4.0
    """Seconds that every target is left alone with what it was fed: some write only then."""
    kills: int = 10
    kill_after: tuple[float, float] = (2.0, 20.0)
    storms: int = 3
    idle_seconds: float = 3.0
    people: float = 1.0

    def some(self, count: int) -> int:
        """So many people or rooms, or the share of them that is asked for."""
        return max(1, round(count * self.people)) if count else 0


FULL: Final = Sizes()
QUICK: Final = Sizes(
    warm=1, seconds=3, burst_seconds=3, history=2_000, kills=2, kill_after=(1, 3), storms=1
)


@dataclass
class Bench:
    """One scenario on one target: how large, and what is noted about the machine meanwhile."""

    target: Target
    sizes: Sizes
    late: float = 0.0
    _calibrations: list[float] = field(default_factory=list)
    _steals: list[float] = field(default_factory=list)
    _busy: list[float] = field(default_factory=list)

    @contextmanager
    def meter(self, pid: int) -> Iterator[Meter]:
        """Measure a server, and the machine around it."""
        self._calibrations.append(calibrate())
        with Meter(pid) as meter:
            yield meter
        self._calibrations.append(calibrate())
        self._steals.append(meter.steal)
        self._busy.append(meter.own / meter.wall)

    @property
    def conditions(self) -> Conditions:
        """The worst that was noted."""
        return Conditions(
            calibration_ms=max(self._calibrations),
            steal=max(self._steals),
            clients_busy=max(self._busy),
            clients_late_s=self.late,
        )

    @property
    def fastest_ms(self) -> float:
        """The best calibration."""
        return min(self._calibrations)

    def of_typing(self, heard: Heard, meter: Meter) -> dict[str, float]:
        """The figures of people who write to one another."""
        self.late = max(self.late, percentile(sorted(heard.lags), 0.99))
        ages = sorted(heard.ages_ns)
        return {
            "written": heard.written,
            "arrived_fraction": heard.delivered / max(1, heard.expected),
            "p50_ms": percentile(ages, 0.50) / 1e6,
            "p95_ms": percentile(ages, 0.95) / 1e6,
            "p99_ms": percentile(ages, 0.99) / 1e6,
            "cpu_us_per_delivery": meter.cpu * 1e6 / max(1, heard.delivered),
            "cpu_us_per_edit": meter.cpu * 1e6 / max(1, heard.written),
            "frames_per_delivery": heard.frames / max(1, heard.delivered),
            "server_busy": meter.cpu / meter.wall,
        }


@dataclass(frozen=True)
class Row:
    """One measurement, as it is kept."""

    scenario: str
    target: str
    figures: Figures
    conditions: Conditions
    fastest_ms: float
    at: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M:%S"))


Scenario = Callable[[Bench], Awaitable[Figures]]
