"""When a measurement does not count, what it costs, and what the table makes of many."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import machine
from tests.bench.__main__ import Record, chosen, read_rows
from tests.bench.bench import Row
from tests.bench.machine import Conditions, why_void
from tests.bench.table import table

QUIET = Conditions(calibration_ms=10, steal=0)


def a_row(target: str, conditions: Conditions = QUIET, **figures: float) -> Row:
    return Row("A-200", target, figures, conditions, fastest_ms=10)


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (Conditions(13.1, 0), "31% slower"),
        (Conditions(10, 0.021), "2.1% of the machine was stolen"),
        (Conditions(10, 0, clients_busy=0.91), "the load clients were the limit"),
        (Conditions(10, 0, clients_late_s=0.11), "110 ms too late"),
    ],
)
def test_a_measurement_is_void_on_a_machine_that_was_not_quiet(
    conditions: Conditions, reason: str
) -> None:
    (said,) = why_void(conditions, fastest_ms=10, clients_matter=True)
    assert reason in said


def test_a_measurement_counts_up_to_the_limits() -> None:
    assert why_void(Conditions(13, 0.02, 0.9, 0.1), fastest_ms=10, clients_matter=True) == []
    busy = Conditions(10, 0, clients_busy=1, clients_late_s=1)
    assert why_void(busy, fastest_ms=10, clients_matter=False) == []


def test_the_table_takes_medians_of_what_counts_and_their_ratio() -> None:
    stolen = Conditions(10, steal=0.5)
    rows = [
        *(a_row("collab", cpu_us_per_delivery=value) for value in (2, 4, 3)),
        a_row("collab", stolen, cpu_us_per_delivery=900),
        *(a_row("hocuspocus", cpu_us_per_delivery=value) for value in (6, 7, 5)),
    ]
    assert "| 3 µs (0.50 ×) | 6 µs |" in table(rows)


def test_the_table_says_what_is_void_and_leaves_out_what_was_not_measured() -> None:
    rows = [
        a_row("collab", cpu_us_per_delivery=3),
        a_row("hocuspocus", Conditions(14, 0), cpu_us_per_delivery=6),
    ]
    shown = table(rows)
    assert "| 3 µs (0.50 ×) *void* | 6 µs *void* |" in shown
    assert "/yjs" not in shown
    assert "kill -9" not in shown


def test_lost_edits_are_added_up_and_never_void() -> None:
    one = Row("F", "collab", {"received_lost": 1, "received": 700}, Conditions(10, 0.5), 10)
    other = Row("F", "collab", {"received_lost": 0, "received": 800}, QUIET, 10)
    assert "| 1 of 1,500 |" in table([one, other])


def test_rows_are_kept_and_read_again(tmp_path: Path) -> None:
    record = Record(tmp_path / "rows.jsonl")
    record.add(a_row("yjs", Conditions(11, 0.01), cpu_us_per_delivery=3))
    assert read_rows([tmp_path / "rows.jsonl"]) == record.rows


def test_a_letter_chooses_all_scenarios_that_begin_with_it() -> None:
    assert chosen("F,A") == ["F", "A-quiet", "A-200", "A-1000"]
    with pytest.raises(SystemExit, match="no scenario A-7"):
        chosen("A-7")


def test_the_work_of_children_counts_while_they_live_and_afterwards() -> None:
    works = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True)\ninput()"
    starts = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {works!r}])"
    says_so = "\nprint(flush=True)\ninput()"
    parent = subprocess.Popen(
        [sys.executable, "-c", starts + says_so], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdout.readline()
        assert len(list(machine.tree(parent.pid))) == 2
        assert machine.cpu_seconds(parent.pid) >= 0.2
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        parent.stdout.readline()
        assert len(list(machine.tree(parent.pid))) == 1
        assert machine.cpu_seconds(parent.pid) >= 0.19
        parent.kill()
