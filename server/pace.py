"""How long the server gathers before it commits."""

from __future__ import annotations

from typing import Final

COMMITS: Final = 70.0
"""Commits a second, all rooms together: one costs as much for ten rows as for one."""
ROWS: Final = 40
"""Rows that count as one commit more: who has much to store gathers longer, and more into each."""
COMMITS_AT_ONCE: Final = 10.0
"""Commits that may follow on each other before that counts: a quiet server never waits."""
TELLING_SHARE: Final = 0.1
"""The part of its time that the server may spend on telling before it gathers more."""
TELLING_AT_ONCE: Final = 0.005
"""Seconds of it that may be spent before the share counts."""
LONGEST_WINDOW: Final = 0.035
"""Seconds that a change waits for others at most."""


class Purse:
    """Something that may be spent: it fills by `rate` a second up to `most`, and what is spent may
    bring it below nothing, for LONGEST_WINDOW at most."""

    def __init__(self, rate: float, most: float) -> None:
        self._rate, self._most = rate, most
        self._holds, self._at = most, float("-inf")

    def spend(self, amount: float, now: float) -> None:
        """Take out `amount` at `now`, in seconds of a steady clock."""
        filled = min(self._most, self._holds + (now - self._at) * self._rate)
        self._holds = max(filled - amount, -LONGEST_WINDOW * self._rate)
        self._at = now

    def empty_until(self) -> float:
        """When there is something in it again."""
        return self._at - min(0.0, self._holds) / self._rate


class Pace:
    """How long to gather before the next commit. A quiet server commits at once. One that commits
    often, or spends much of its time on telling many readers, opens a window by itself: several
    changes then share one commit, one frame and one write per reader."""

    def __init__(self) -> None:
        self._commits = Purse(COMMITS, COMMITS_AT_ONCE)
        self._telling = Purse(TELLING_SHARE, TELLING_AT_ONCE)

    def pause(self, now: float) -> float:
        """Seconds to wait at `now` (a steady clock) before committing what waits."""
        due = max(self._commits.empty_until(), self._telling.empty_until())
        return max(0.0, due - now)

    def committed(self, rows: int, now: float) -> None:
        """So many rows were committed."""
        self._commits.spend(1 + rows / ROWS, now)

    def told(self, seconds: float, now: float) -> None:
        """Telling everybody took so many seconds."""
        self._telling.spend(seconds, now)
