"""The heavy proofs of a part, with the figures that are asked for.

    python3 dev.py prove 1

The tests run short seeded versions of all of this.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests import flips, power_loss, simulator
from tests.attack_load import load
from tests.chaos import chaos
from tests.chaos_at_backups import chaos_at_backups
from tests.chaos_at_checkpoints import chaos_at_checkpoints
from tests.fuzz import fuzz_in_processes
from tests.held import old_document_figures
from tests.honest import honest, many_ids, offline_typing
from tests.interop import interop
from tests.load import herd, idle, slow_readers
from tests.soak import soak

ROOT: Final = Path(__file__).parent.parent


def simulated_histories() -> str:
    """Crashes, partitions, rights and restores over real rooms, under many seeds."""
    return simulator.main(2_000)


def ten_thousand_histories() -> str:
    """The same under ten thousand seeds of 300 steps each."""
    return simulator.main(10_000)


def kill_nine() -> str:
    """The real server, killed again and again."""
    return _in_words(asyncio.run(chaos(rounds=200, seed=1)))


def kill_nine_on_postgresql() -> str:
    """kill -9 on PostgreSQL: our server, and every other time or so the database's too."""
    return _in_words(asyncio.run(chaos(rounds=100, seed=1, database="postgresql")))


def cut_lines() -> str:
    """Three browsers; one is cut for two minutes in each of three ways, then the server dies."""
    _pytest("tests/journeys/test_cut_lines.py", SAMENBEELD_CUT_SECONDS="120")
    return "reset, refused, silent and a killed server, 2 minutes each: nothing lost or doubled"


def latency() -> str:
    """From a key in one browser to the letter on another's screen."""
    return _pytest("tests/journeys/test_writing_together.py", "-k", "sentence", "-s")


def providers() -> str:
    """Clients in Node over the real provider."""
    _pytest("tests/node")
    return "acknowledged after the commit, read-only respected, refused without a right"


def mutated_frames() -> str:
    """A million mutated frames, as an editor, an observer and a stranger."""
    figures = fuzz_in_processes(frames=1_000_000)
    return f"{figures}: 0 crashes, 0 changes by a reader, 0 frames over 100 ms"


def honest_sessions() -> str:
    """Sessions that Yjs generates, through the guard and a room."""
    return f"{honest(20_000)}; {offline_typing()}; {many_ids()}: 0 refused"


def old_documents() -> str:
    """Documents of days on a real server: how long the loop was held, in CPU."""
    return old_document_figures()


def days_of_a_server() -> str:
    """Sockets and rooms that come and go, loads that fail: nothing stays behind."""
    return asyncio.run(soak(openings=50_000, failures=5_000))


def yjs_and_pycrdt() -> str:
    """Four who write with Yjs and one with pycrdt, through a real room."""
    return f"{interop(2_000)}: all hold the same"


def attacks() -> str:
    """Every recipe against a room and against a server."""
    return _pytest("tests/attacks")


def power_cuts() -> str:
    """The power fails at 5,000 moments of ten histories; what was acknowledged is on the disk."""
    return power_loss.many(cuts=5000)


def failing_disks() -> str:
    """EIO, a failed and a slow fsync, short writes and a full disk under a running server."""
    return _pytest("tests/server/test_disk_that_fails.py", "tests/test_power_loss.py")


def a_thousand_kills() -> str:
    """The real server, killed a thousand times."""
    return _in_words(asyncio.run(chaos(rounds=1000, seed=2)))


def kills_at_checkpoints() -> str:
    """The same, aimed at the moments when checkpoints are written."""
    return _in_words(asyncio.run(chaos_at_checkpoints(rounds=200, seed=1)))


def kills_at_backups() -> str:
    """Server and backup, killed while a backup is made."""
    return _in_words(asyncio.run(chaos_at_backups(rounds=200, seed=1)))


def flipped_bytes() -> str:
    """A hundred flipped bytes in stored values, and a hundred in the file, of 100,000 rows."""
    return flips.many(rows=100_000, flips=100)


def _in_words(figures: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in figures.items())


def readers_that_do_not_read() -> str:
    """Four slow readers among fifty, both dialects."""
    return str(slow_readers.proved())


def a_herd() -> str:
    """500 pages of eight old documents come back at once after a kill, while others type."""
    return str(herd.proved())


def idle_clients() -> str:
    """What an idle client costs in the server's memory, at 1,000 of them."""
    return idle.proved()


def attacked_server() -> str:
    """Twenty honest people type while three attackers fire every recipe."""
    figures = asyncio.run(load(seconds=120))
    if figures.moved >= 0.2:
        sys.exit(f"the honest ones noticed: {figures}")
    return str(figures)


def _pytest(*arguments: str, **environment: str) -> str:
    """Run tests; what they print about figures. Exits when one fails."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        sys.exit(f"{run.stdout}\n{run.stderr}")
    return "; ".join(line for line in run.stdout.splitlines() if "p95" in line or "passed" in line)


PROOFS: Final[dict[str, list[Callable[[], str]]]] = {
    "1": [latency, providers, simulated_histories, cut_lines, kill_nine],
    "2": [
        attacks,
        attacked_server,
        honest_sessions,
        yjs_and_pycrdt,
        ten_thousand_histories,
        mutated_frames,
        kill_nine_on_postgresql,
        power_cuts,
        failing_disks,
        flipped_bytes,
        kills_at_checkpoints,
        kills_at_backups,
        a_thousand_kills,
        old_documents,
        days_of_a_server,
        readers_that_do_not_read,
        a_herd,
        idle_clients,
    ],
}


def main(part: str) -> None:
    """Run the proofs of a part one after the other; the first that fails ends it."""
    for proof in PROOFS[part]:
        began = time.monotonic()
        print(f"• {(proof.__doc__ or '').strip()}", flush=True)
        figures = proof()
        print(f"  {figures} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PROOFS:
        sys.exit(f"usage: prove PART, where PART is one of {', '.join(PROOFS)}")
    main(sys.argv[1])
