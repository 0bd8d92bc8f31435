"""Which items of a document are deleted, for asking whether a step 2 deletes anything new.

Every Yjs client sends all the deletions it knows with each step 2, so the question is asked of
tens of thousands of ranges at a time: they are kept joined and in order, and looked up by halves.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from sync.guard import Run, deletions_of


class Deletions:
    """The deleted clocks of each client id, as joined ranges without overlap."""

    def __init__(self, state: bytes) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        for client, ranges in deletions_of(state).items():
            self._starts[client] = [start for start, _ in ranges]
            self._ends[client] = [end for _, end in ranges]

    def add(self, runs: Iterable[Run]) -> None:
        """Take further deletions in."""
        for run in runs:
            if run.start < run.end:
                self._add(run)

    def _add(self, run: Run) -> None:
        starts = self._starts.setdefault(run.client, [])
        ends = self._ends.setdefault(run.client, [])
        # every range that touches the new one becomes part of it
        first = bisect_left(ends, run.start)
        last = bisect_right(starts, run.end)
        start = min(run.start, starts[first]) if first < last else run.start
        end = max(run.end, ends[last - 1]) if first < last else run.end
        starts[first:last] = [start]
        ends[first:last] = [end]

    def hold(self, runs: Iterable[Run]) -> bool:
        """Whether all of these are deleted already."""
        return all(run.start >= run.end or self._holds(run) for run in runs)

    def _holds(self, run: Run) -> bool:
        starts = self._starts.get(run.client)
        if not starts:
            return False
        at = bisect_right(starts, run.start) - 1
        return at >= 0 and run.end <= self._ends[run.client][at]
