"""How long the server gathers before it commits."""

from __future__ import annotations

from typing import Final

COMMITTING_SHARE: Final = 0.06
"""The part of a core that may go into committing before more is gathered for each commit."""
TELLING_SHARE: Final = 0.1
"""The part of its time that the server may spend on telling before it gathers more."""
AT_ONCE: Final = 0.005
"""Seconds of either that may be spent before the share counts: a quiet room never waits."""
LONGEST_WINDOW: Final = 0.05
"""Seconds that a change waits for others at most."""


class Purse:
    """Time that may be spent: it fills with a share of the time that passes. What is spent may
    bring it below nothing, for LONGEST_WINDOW at most."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._holds, self._at = AT_ONCE, float("-inf")

    def spend(self, seconds: float, now: float) -> None:
        """Take out `seconds` at `now` of a steady clock."""
        filled = min(AT_ONCE, self._holds + (now - self._at) * self._share)
        self._holds = max(filled - seconds, -LONGEST_WINDOW * self._share)
        self._at = now

    def empty_until(self) -> float:
        """When there is something in it again."""
        return self._at - min(0.0, self._holds) / self._share


class Pace:
    """How long to gather before the next commit. A quiet server commits at once. One that spends
    much of its time on committing, or on telling many readers, opens a window by itself: several
    changes then share one commit, one frame and one write per reader."""

    def __init__(self) -> None:
        self._committing = Purse(COMMITTING_SHARE)
        self._telling = Purse(TELLING_SHARE)

    def pause(self, now: float) -> float:
        """Seconds to wait at `now` (a steady clock) before committing what waits."""
        due = max(self._committing.empty_until(), self._telling.empty_until())
        return max(0.0, due - now)

    def committed(self, seconds: float, now: float) -> None:
        """A commit took so many seconds of work, waiting for the disk not counted."""
        self._committing.spend(seconds, now)

    def told(self, seconds: float, now: float) -> None:
        """Telling everybody took so many seconds."""
        self._telling.spend(seconds, now)
