"""Rows of measurements to the table of the README: medians, ratios, and what is void."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.bench import Row
from tests.bench.machine import why_void
from tests.bench.targets import TARGETS

PEER: Final = "hocuspocus"
WRITING: Final = ("A-quiet", "A-200", "A-1000", "C")
"""Scenarios whose edits have to leave on time."""


@dataclass(frozen=True)
class Line:
    """One line of the table: a figure of a scenario."""

    scenario: str
    title: str
    figure: str
    unit: str
    of: str = ""
    """For counts: the figure that this is a part of. Counts are added up, not averaged."""


LINES: Final = (
    Line("A-quiet", "10 writers: written → seen, p50", "p50_ms", "ms"),
    Line("A-200", "25 writers, 200 readers: CPU per delivered edit", "cpu_us_per_delivery", "µs"),
    Line(
        "A-1000", "50 writers, 1,000 readers: CPU per delivered edit", "cpu_us_per_delivery", "µs"
    ),
    Line("A-1000", "… written → seen, p99", "p99_ms", "ms"),
    Line(
        "B",
        "20 writers with 32 edits on the way, 20 readers: CPU per edit",
        "cpu_us_per_edit",
        "µs",
    ),
    Line("C", "100 rooms of 5: CPU per edit", "cpu_us_per_edit", "µs"),
    Line("D", "a long history from disk, 1 client: CPU", "cold_1_cpu_s", "s"),
    Line("D", "… 50 at once: CPU", "cold_50_cpu_s", "s"),
    Line("D", "… of those never served", "cold_50_not_served", "", "herd"),
    Line("E", "memory per idle client", "kb_per_client", "kB"),
    Line("E", "… 1,000 clients in all", "all_mb", "MB"),
    Line("F", "kill -9: edits that others had seen, gone", "received_lost", "", "received"),
    Line("F", "… edits that were acknowledged, gone", "acknowledged_lost", "", "acknowledged"),
    Line("G", "500 clients reconnect at once: CPU per client", "cpu_ms_per_client", "ms"),
)


def void_of(row: Row, fastest_ms: float) -> list[str]:
    """Why a row does not count."""
    return why_void(row.conditions, fastest_ms, row.scenario in WRITING)


def table(rows: Sequence[Row]) -> str:
    """Markdown, a line per figure that was measured, a column per target."""
    names = [name for name in TARGETS if any(row.target == name for row in rows)]
    head = ["", "", *(TARGETS[name].title for name in names)]
    lines = [_joined(head), _joined(["---", "---", *["--:"] * len(names)])]
    for line in LINES:
        measured = {name: _of(rows, line, name) for name in names}
        if any(measured.values()):
            cells = [_cell(line, measured, name, rows) for name in names]
            lines.append(_joined([line.scenario, line.title, *cells]))
    return "\n".join(lines)


def _joined(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _of(rows: Sequence[Row], line: Line, target: str) -> list[Row]:
    return [row for row in rows if (row.scenario, row.target) == (line.scenario, target)]


def _cell(line: Line, measured: dict[str, list[Row]], name: str, rows: Sequence[Row]) -> str:
    if not measured[name]:
        return "–"
    if line.of:
        return _count(line, measured[name])
    value, counts = _median(line, measured[name], rows)
    cell = f"{value:,.3g} {line.unit}" if value < 1000 else f"{value:,.0f} {line.unit}"
    if name != PEER and measured.get(PEER):
        base, base_counts = _median(line, measured[PEER], rows)
        cell += f" ({value / base:.2f} ×)" if base else ""
        counts = counts and base_counts
    return cell if counts else f"{cell} *void*"


def _count(line: Line, rows: Sequence[Row]) -> str:
    part, whole = (sum(row.figures.get(key, 0) for row in rows) for key in (line.figure, line.of))
    return f"{part:,.0f} of {whole:,.0f}" if whole else "–"


def _median(line: Line, measured: Sequence[Row], rows: Sequence[Row]) -> tuple[float, bool]:
    """Of the rows that count, and whether there were any; else of all."""
    fastest = min(row.fastest_ms for row in rows)
    good = [row for row in measured if not void_of(row, fastest)]
    values = [row.figures[line.figure] for row in good or measured]
    return statistics.median(values), bool(good)
