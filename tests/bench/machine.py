"""What a process cost, from /proc, and whether the machine was quiet enough to believe it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

SLOWEST: Final = 1.3
"""So many times the fastest calibration of the run, and it was another machine."""
MOST_STOLEN: Final = 0.02
BUSIEST: Final = 0.9
"""Cores of work of the load clients, which have one: beyond this they were the limit."""
LATEST: Final = 0.1
"""Seconds that edits may be sent after their time (99th percentile)."""


def tree(pid: int) -> Iterator[int]:
    """A process and all below it that live."""
    yield pid
    for thread in (_PROC / str(pid) / "task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from tree(int(child))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process tree, children that ended included."""
    return sum(_own_seconds(each) + _ended_seconds(each) for each in tree(pid))


def _own_seconds(pid: int) -> float:
    """By the kernel's clock of that process (clock_getcpuclockid): /proc counts 10 ms ticks."""
    return time.clock_gettime(~pid << 3 | 2)


def _ended_seconds(pid: int) -> float:
    """The work of children that ended."""
    return sum(map(int, _stat(pid)[13:15])) / _TICKS


def _stat(pid: int) -> list[str]:
    """The fields behind the command's name."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def resident_mb(pid: int) -> float:
    """What a process tree holds in memory."""
    pages = (int((_PROC / str(each) / "statm").read_text().split()[1]) for each in tree(pid))
    return sum(pages) * _PAGE / 1e6


def stolen() -> tuple[int, int]:
    """Ticks that a hypervisor gave to others, and all ticks."""
    ticks = [int(each) for each in (_PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7], sum(ticks)


def calibrate() -> float:
    """Milliseconds of work for a fixed task: how fast this machine is now."""
    began = time.process_time()
    for _ in range(20):
        hashlib.sha256(bytes(1_000_000)).digest()
    return (time.process_time() - began) * 1000


@dataclass(frozen=True)
class Conditions:
    """How it was while something was measured."""

    calibration_ms: float
    steal: float
    clients_busy: float = 0.0
    clients_late_s: float = 0.0


def why_void(of: Conditions, fastest_ms: float, clients_matter: bool) -> list[str]:
    """Reasons not to believe a measurement; none when it counts.

    `fastest_ms` is the best calibration of the same run. Where edits have to be sent on time,
    `clients_matter`: load clients that could not keep up measured themselves.
    """
    reasons = []
    if of.calibration_ms > SLOWEST * fastest_ms:
        reasons.append(f"the machine was {of.calibration_ms / fastest_ms - 1:.0%} slower")
    if of.steal > MOST_STOLEN:
        reasons.append(f"{of.steal:.1%} of the machine was stolen")
    if clients_matter and of.clients_busy > BUSIEST:
        reasons.append(f"the load clients were the limit: {of.clients_busy:.0%} of their core")
    if clients_matter and of.clients_late_s > LATEST:
        reasons.append(f"edits were sent {of.clients_late_s * 1000:.0f} ms too late")
    return reasons


@dataclass
class Meter:
    """Reads the clocks when it begins and when it ends."""

    pid: int
    cpu: float = 0.0
    wall: float = 0.0
    own: float = 0.0
    steal: float = 0.0
    _before: tuple[float, float, float, tuple[int, int]] = field(init=False, repr=False)

    def __enter__(self) -> Meter:
        self._before = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        cpu, wall, own, (lost, ticks) = self._now()
        cpu0, wall0, own0, (lost0, ticks0) = self._before
        self.cpu, self.wall, self.own = cpu - cpu0, wall - wall0, own - own0
        self.steal = (lost - lost0) / max(1, ticks - ticks0)

    def _now(self) -> tuple[float, float, float, tuple[int, int]]:
        return cpu_seconds(self.pid), time.perf_counter(), time.process_time(), stolen()
