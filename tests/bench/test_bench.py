"""The benchmark itself, tiny: every scenario on our own server, so that it cannot rot."""

from __future__ import annotations

import asyncio

import pytest

from tests.bench.__main__ import SCENARIOS, measure
from tests.bench.bench import Sizes
from tests.bench.table import LINES, table
from tests.bench.targets import TARGETS

TINY = Sizes(
    warm=0.2,
    seconds=1,
    burst_seconds=0.5,
    history=50,
    stores_within=0,
    kills=1,
    kill_after=(0.5, 0.5),
    storms=1,
    idle_seconds=0.1,
    people=0.04,
)
DIALECT = {
    "A-200": "yjs",
    "B": "collab",
    "C": "yjs",
    "D": "collab",
    "E": "yjs",
    "F": "collab",
    "G": "yjs",
}


@pytest.mark.timing
async def test_every_scenario_runs_and_nothing_is_lost() -> None:
    rows = await asyncio.gather(
        *(measure(name, TARGETS[dialect], TINY) for name, dialect in DIALECT.items())
    )
    of = {row.scenario: row.figures for row in rows}
    for scenario in ("A-200", "B", "C"):
        assert of[scenario]["arrived_fraction"] == 1
        assert of[scenario]["cpu_us_per_edit"] > 0
    assert of["B"]["applied_fraction"] == 1
    assert of["D"]["cold_50_not_served"] == 0
    assert of["E"]["all_mb"] > of["E"]["empty_mb"]
    assert of["F"]["received"] > 0
    assert of["F"]["acknowledged"] > 0
    assert of["F"]["received_lost"] == of["F"]["acknowledged_lost"] == 0
    assert of["G"]["not_back"] == 0
    assert table(rows).count("\n") >= len(DIALECT)


def test_every_line_of_the_table_has_a_scenario() -> None:
    assert {line.scenario for line in LINES} == set(SCENARIOS)
