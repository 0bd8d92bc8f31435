"""The long changes of all rooms, in turns: one slice, then a pause for everybody else."""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter
from typing import Final, Protocol

from server import live_metrics as metrics

SHARE: Final = 0.4
"""The part of the server's time that long changes may take, all together."""


class Slow(Protocol):
    """A room with something long under way."""

    def go_on(self) -> None:
        """One slice more; enters the lane again when it was not the last."""


class SlowLane:
    """A slice of one room after the other, first come, first served."""

    def __init__(self) -> None:
        self._rooms: deque[Slow] = deque()
        self._turn: asyncio.Handle | None = None

    def enter(self, room: Slow) -> None:
        """A room wants to go on."""
        self._rooms.append(room)
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        began = perf_counter()
        try:
            # what it adds to the lane waits: the turn is still ours
            self._rooms.popleft().go_on()
        finally:
            took = perf_counter() - began
            metrics.SLICES.observe(took)
            self._turn = None
            if self._rooms:
                pause = took * (1 / SHARE - 1)
                self._turn = asyncio.get_running_loop().call_later(pause, self._go)
