"""kill -9 while `samenbeeld backup` runs: of the server, of the backup, or of both.

A backup that got its name must verify, and hold everything that was acknowledged before the
command was given. One that did not get its name leaves nothing but a hidden partial file.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models import update_log
from models.safekeeping import read_only
from server.verification import verify
from sync.room import Loaded, rebuilt
from tests.chaos import Chaos, tokens_of
from tests.forked import Forked

VICTIMS: Final = ("the server", "the backup", "both")
LONGEST: Final = 30.0
ROUNDS_PER_FOLDER: Final = 25
"""A backup reads everything again: with the rows of many rounds it would be that which is timed."""


@dataclass
class Backup:
    """A backup that was begun, and what was acknowledged before it was."""

    target: Path
    process: Forked
    owed: set[str]


class ChaosAtBackups(Chaos):
    """The same people; each round a backup is begun, and something is killed while it runs."""

    def __init__(self, folder: Path, seed: int) -> None:
        data = folder / "data"
        data.mkdir()
        super().__init__(data, seed)
        self.targets = folder
        self.counts: Counter[str] = Counter({"backups that got their name": 0})
        self.usual = 0.1
        """Seconds that a backup takes, as far as is known: what is killed is killed within that."""

    async def run(self, rounds: int) -> dict[str, int]:
        """The figures; raises AssertionError when anything is lost, or a backup is not whole."""
        figures = await super().run(rounds)
        return figures | dict(self.counts)

    async def _strike(self) -> None:
        backup = self._begin()
        began = time.monotonic()
        victim = self.rng.choice(VICTIMS)
        until = began + self.rng.uniform(0, self.usual)
        while time.monotonic() < until:
            self._type()
            await asyncio.sleep(0.002)
        running = backup.process.poll() is None
        self.counts[f"killed while a backup ran: {victim}"] += running
        if victim != "the server":
            backup.process.kill()
        if victim != "the backup":
            await super()._strike()
        await asyncio.to_thread(backup.process.wait, LONGEST)
        if backup.process.returncode == 0:
            self.usual = 0.8 * self.usual + 0.2 * (time.monotonic() - began)
        self._examine(backup)

    def _begin(self) -> Backup:
        self._note()
        owed = set().union(*(writer.saved for writer in self.writers))
        target = self.targets / f"backup-{self.typed}"
        options = ["--data", str(self.folder), "--to", str(target)]
        return Backup(target, Forked(["backup", *options]), owed)

    def _examine(self, backup: Backup) -> None:
        for partial in self.targets.glob(".*.partial*"):
            self.counts["partial files left"] += 1
            partial.unlink()
        assert backup.target.exists() or backup.process.returncode != 0, "it said that it was made"
        if not backup.target.exists():
            return
        self.counts["backups that got their name"] += 1
        engine = read_only(backup.target)
        assert list(verify(engine))
        with engine.connect() as connection:
            stored = update_log.load(connection, f"{self.incident}/picture")
        there = tokens_of(rebuilt(Loaded(stored.state, stored.tail)))
        assert backup.owed <= set(there), "acknowledged before the backup, and not in it"
        assert len(there) == len(set(there))
        engine.dispose()
        backup.target.unlink()


async def chaos_at_backups(rounds: int, seed: int) -> Counter[str]:
    """So many rounds, over folders that are begun anew now and then."""
    counts: Counter[str] = Counter()
    for number in range(-(-rounds // ROUNDS_PER_FOLDER)):
        with tempfile.TemporaryDirectory() as folder:
            run = ChaosAtBackups(Path(folder), seed + number)
            try:
                counts.update(await run.run(min(ROUNDS_PER_FOLDER, rounds)))
            finally:
                run.server.kill()
    return counts
