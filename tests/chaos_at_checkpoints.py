"""kill -9 aimed at the moments when a server writes checkpoints: of a room, and of SQLite's log."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.chaos import Chaos
from tests.watched import OF_A_ROOM, OF_THE_LOG, Lamps, Watch

AIMS: Final = (OF_A_ROOM, OF_THE_LOG)
MOST_MISSED: Final = 10
"""Rounds for each of which one kill at least hits the kind of checkpoint that it aims at."""
PATIENCE: Final = 1.0
"""Seconds to go on typing until the moment comes; after that the server is killed all the same."""


class ChaosAtCheckpoints(Chaos):
    """The same people, a server whose checkpoints are frequent, and somebody who watches."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder, seed)
        lamps = folder / "lamps"
        self.lamps = Lamps(lamps)
        self.server.before = Watch(folder.resolve(), lamps)
        self.hit = {OF_A_ROOM: 0, OF_THE_LOG: 0}
        self.rounds = 0

    async def run(self, rounds: int) -> dict[str, int]:
        """The figures; raises AssertionError when anything is lost or doubled."""
        figures = await super().run(rounds)
        for which, seen in self.hit.items():
            # each is aimed at in every second round
            assert seen >= rounds // MOST_MISSED, f"killed {seen} times in checkpoints {which}"
        return figures | {
            "killed in a checkpoint of a room": self.hit[OF_A_ROOM],
            "killed in a checkpoint of the log": self.hit[OF_THE_LOG],
        }

    async def _round(self) -> None:
        await super()._round()
        aim = AIMS[self.rounds % len(AIMS)]
        self.rounds += 1
        ends = time.monotonic() + PATIENCE
        while not self.lamps[aim] and time.monotonic() < ends:
            if self.rng.random() < 0.1:
                self._type()
            await asyncio.sleep(0)
        self.server.kill()
        for which in AIMS:
            self.hit[which] += self.lamps[which]
        self.lamps.off()


async def chaos_at_checkpoints(rounds: int, seed: int) -> dict[str, int]:
    """Run in a folder of its own and clean up."""
    with tempfile.TemporaryDirectory() as folder:
        run = ChaosAtCheckpoints(Path(folder), seed)
        try:
            return await run.run(rounds)
        finally:
            run.server.kill()
