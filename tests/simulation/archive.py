"""Putting a backup back, as `server/safekeeping.py` does it, over the log in memory."""

from __future__ import annotations

import random
from typing import Final

from sync.epochs import begin_again
from sync.loaded import Loaded, rebuilt
from tests.memory_log import MemoryLog

CLIENT_ID_BITS: Final = 32


def begin_epoch(log: MemoryLog, document: str, epoch: int, rng: random.Random, at: int) -> None:
    """A new epoch that begins as the newest one in the log ended."""
    stored = log.load(document)
    if stored.head.seq == 0:
        log.begin(document, epoch, None, (), at)
        return
    state = rebuilt(Loaded(stored.state, stored.tail)).get_update()
    former = log.clients_before(document, epoch)
    begun = begin_again(state, stored.marks, former, lambda: rng.getrandbits(CLIENT_ID_BITS))
    log.begin(document, epoch, begun.state, begun.marks, at)
