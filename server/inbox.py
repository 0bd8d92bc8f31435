"""What clients sent while the committer gathers.

A change that comes while the window is open will not be committed before it closes, so there is
no hurry to look at it. Handled together just before the commit, messages cost half: the code and
the data they need are at hand for all after the first. On a quiet server nothing waits here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final, Protocol

import structlog

from server.faults import is_a_fault
from sync.errors import Refusal

log = structlog.get_logger()

LONGEST: Final = 0.01
"""Seconds of handling before others have their turn."""
MOST_AT_ONCE: Final = 128
"""Frames of one socket before the next socket's turn."""


class Handles(Protocol):
    """A socket as the inbox sees it."""

    number: int

    def handle(self, frames: Sequence[bytes]) -> None:
        """Handle what came together, oldest first."""

    def hang_up(self, refusal: Refusal, /) -> None:
        """Close the socket."""


class Inbox:
    """What clients sent, by socket, in the order in which they first did. While `gathers()` it
    waits, and `wake` is called so that `open` follows. All that one socket sent meanwhile is
    handled together: its changes become one."""

    def __init__(self, gathers: Callable[[], bool], wake: Callable[[], None]) -> None:
        self._gathers = gathers
        self._wake = wake
        self._waiting: dict[Handles, list[bytes]] = {}

    @property
    def holds_any(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    def take(self, socket: Handles, frames: Sequence[bytes]) -> None:
        """Frames of one read: to be handled now, or behind what waits."""
        if self._waiting or self._gathers():
            self._waiting.setdefault(socket, []).extend(frames)
            self._wake()
        else:
            _handle(socket, frames)

    def open(self) -> None:
        """Handle what waits, for a while; what is left then has its turn after the others."""
        until = perf_counter() + LONGEST
        while self._waiting and perf_counter() < until:
            self._handle_next()
        if self._waiting:
            self._wake()

    def open_all(self) -> None:
        """Handle all that waits."""
        while self._waiting:
            self._handle_next()

    def _handle_next(self) -> None:
        socket = next(iter(self._waiting))
        frames = self._waiting.pop(socket)
        if len(frames) > MOST_AT_ONCE:
            self._waiting[socket] = frames[MOST_AT_ONCE:]
        _handle(socket, frames[:MOST_AT_ONCE])


def _handle(socket: Handles, frames: Sequence[bytes]) -> None:
    try:
        socket.handle(frames)
    except BaseException as error:
        if not is_a_fault(error):
            raise
        # a fault with what one client sent: the others' frames are handled all the same
        log.critical("frames-not-handled", connection=socket.number, exc_info=error)
        socket.hang_up(Refusal.INTERNAL)
