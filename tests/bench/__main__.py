"""Measure our server and a peer, by turns, on this machine.

python3 dev.py bench --quick                      a short look, two or three minutes
python3 dev.py bench --repeat 3 --out bench.jsonl everything in the README's table
python3 dev.py bench --scenario A-200,F           some scenarios (A means all of A)
python3 dev.py bench --table bench.jsonl          the table of an earlier run, measures nothing
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import uvloop

from tests.bench.arriving import cold_load, idle, storm
from tests.bench.bench import FULL, QUICK, Bench, Row, Scenario, Sizes
from tests.bench.killing import kill
from tests.bench.machine import Conditions
from tests.bench.table import table, void_of
from tests.bench.targets import ROOT, TARGETS, Target, Unavailable
from tests.bench.writing import burst, rooms, typing

SCENARIOS: Final[dict[str, Scenario]] = {
    "A-quiet": typing(writers=10, readers=0),
    "A-200": typing(writers=25, readers=200),
    "A-1000": typing(writers=50, readers=1000),
    "B": burst,
    "C": rooms,
    "D": cold_load,
    "E": idle,
    "F": kill,
    "G": storm,
}
QUICKLY: Final = "collab,hocuspocus"
OPEN_FILES: Final = 4096


async def measure(name: str, target: Target, sizes: Sizes) -> Row:
    """One scenario on one target; raises RuntimeError for what went wrong in a callback too."""
    wrong: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: wrong.append(context))
    bench = Bench(target, sizes)
    figures = await SCENARIOS[name](bench)
    if wrong:
        raise RuntimeError(f"{len(wrong)} errors in the load clients, the first: {wrong[0]}")
    return Row(name, target.name, figures, bench.conditions, bench.fastest_ms)


def about() -> dict[str, Any]:
    """What was measured, and where."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "commit": commit.stdout.strip(),
        "command": sys.argv[1:],
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


class Record:
    """The rows so far, on the screen and in a file."""

    def __init__(self, out: Path | None) -> None:
        self.rows: list[Row] = []
        self._out = out
        self._keep({"about": about()})

    def add(self, row: Row) -> None:
        """One more row."""
        self.rows.append(row)
        self._keep(asdict(row))
        figures = ", ".join(f"{key} {value:.4g}" for key, value in row.figures.items())
        print(f"{row.scenario:8} {row.target:12} {figures}", flush=True)
        for reason in void_of(row, min(each.fastest_ms for each in self.rows)):
            print(f"{'':8} {'':12} VOID: {reason}", flush=True)

    def failed(self, scenario: str, target: Target, error: Exception) -> None:
        """What could not be measured."""
        notes = "; ".join(getattr(error, "__notes__", []))
        self._keep({"failed": [scenario, target.name, repr(error)]})
        print(f"{scenario:8} {target.name:12} FAILED: {error!r} {notes}", flush=True)

    def _keep(self, entry: dict[str, Any]) -> None:
        if self._out is not None:
            with self._out.open("a") as file:
                file.write(json.dumps(entry) + "\n")


def read_rows(files: Sequence[Path]) -> list[Row]:
    """The rows of earlier runs on one machine."""
    entries = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [
        Row(**{**entry, "conditions": Conditions(**entry["conditions"])})
        for entry in entries
        if "scenario" in entry
    ]


def available(names: Sequence[str]) -> list[Target]:
    """The targets that can run here; what cannot is said."""
    found = []
    for name in names:
        try:
            TARGETS[name].prepare()
        except Unavailable as reason:
            print(f"NOT MEASURED: {name}: {reason}", file=sys.stderr, flush=True)
        else:
            found.append(TARGETS[name])
    return found


def run(scenarios: Sequence[str], targets: Sequence[Target], options: argparse.Namespace) -> bool:
    """Everything, targets by turns within a scenario; whether all could be measured."""
    record, whole = Record(options.out), True
    sizes = QUICK if options.quick else FULL
    for _ in range(options.repeat):
        for name in scenarios:
            for target in targets:
                try:
                    record.add(uvloop.run(measure(name, target, sizes)))
                except (RuntimeError, OSError, ExceptionGroup) as error:
                    record.failed(name, target, error)
                    whole = False
    print(f"\n{table(record.rows)}")
    return whole


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.py bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scenario", default=",".join(SCENARIOS), help="those, with commas")
    parser.add_argument("--target", help=f"those of {', '.join(TARGETS)}; quick: {QUICKLY}")
    parser.add_argument("--repeat", type=int, default=1, help="the table takes medians")
    parser.add_argument("--quick", action="store_true", help="short: to look, not to publish")
    parser.add_argument("--out", type=Path, help="append JSON lines to this file")
    parser.add_argument("--table", type=Path, nargs="+", metavar="FILE", help="measure nothing")
    return parser.parse_args()


def chosen(asked: str) -> list[str]:
    """Scenarios by their name or its beginning; exits when one means nothing."""
    found = []
    for word in asked.split(","):
        names = [name for name in SCENARIOS if name == word or name.startswith(f"{word}-")]
        if not names:
            sys.exit(f"no scenario {word}; there are {', '.join(SCENARIOS)}")
        found += names
    return found


def main() -> None:
    """The command line."""
    options = _options()
    if options.table:
        print(table(read_rows(options.table)))
        return
    asked = (options.target or (QUICKLY if options.quick else ",".join(TARGETS))).split(",")
    if unknown := set(asked) - set(TARGETS):
        sys.exit(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        sys.exit(f"a process may open {hard} files here, and this needs {OPEN_FILES}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, OPEN_FILES), hard))
    scenarios = chosen(options.scenario)
    sys.exit(not run(scenarios, available(asked), options))


if __name__ == "__main__":
    main()
