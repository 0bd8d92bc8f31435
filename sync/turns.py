"""Work in turns: what takes long is done in pieces, and others have their turn in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Final, TypeVar

from sync.effects import Effect

Result = TypeVar("Result")

Work = Generator[None, None, Result]
"""Something that takes a millisecond or two until each `yield`, and returns its result."""

SLICE: Final = 0.004
"""Seconds of CPU in one turn; most changes take a hundredth of it."""


def in_one_go(work: Work[Result]) -> Result:
    """Do all of it now."""
    try:
        while True:
            next(work)
    except StopIteration as done:
        result: Result = done.value
        return result


class Turns:
    """What a room does, one thing after the other. While something long is under way, what comes
    is put off behind it."""

    def __init__(self, cpu: Callable[[], float]) -> None:
        self._cpu = cpu
        self._now: Work[list[Effect]] | None = None
        self._later: deque[tuple[int, Callable[[], Work[list[Effect]]]]] = deque()
        self.waiting_bytes = 0

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return self._now is not None or bool(self._later)

    @property
    def waiting(self) -> int:
        """How much waits behind what is under way."""
        return len(self._later)

    def do(self, work: Work[list[Effect]]) -> list[Effect]:
        """Begin with something, while nothing is under way: its effects, or nothing as yet."""
        try:
            next(work)
            began = self._cpu()  # most are done by now, and the clock costs as much as a parse
            while self._cpu() - began < SLICE:
                next(work)
        except StopIteration as done:
            effects: list[Effect] = done.value
            return effects
        self._now = work
        return []

    def put_off(self, begin: Callable[[], Work[list[Effect]]], size: int = 0) -> list[Effect]:
        """Do something, of `size` bytes, behind what is under way."""
        self._later.append((size, begin))
        self.waiting_bytes += size
        return []

    def put_first(self, begins: Sequence[tuple[int, Callable[[], Work[list[Effect]]]]]) -> None:
        """Do these, each with its bytes, in their order before all that waits."""
        self._later.extendleft(reversed(begins))
        self.waiting_bytes += sum(size for size, _ in begins)

    def go_on(self) -> list[Effect]:
        """One more turn, of one thing at least; when it was not the last, `busy` says so."""
        began = self._cpu()
        work, self._now = self._now, None
        effects = [] if work is None else self.do(work)
        while self._later and not self._is_under_way():
            if work is not None and self._cpu() - began >= SLICE:
                break
            size, begin = self._later.popleft()
            self.waiting_bytes -= size
            work = begin()
            effects += self.do(work)
        return effects

    def close(self) -> None:
        """Nothing goes on from here."""
        work, self._now = self._now, None
        self._later.clear()
        self.waiting_bytes = 0
        if work is not None:
            work.close()

    def _is_under_way(self) -> bool:
        return self._now is not None
