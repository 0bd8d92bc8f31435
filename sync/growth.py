"""How large a document becomes. Most of what grows shrinks again: a checkpoint of what was deleted
is small. So the size is guessed by adding up, and looked at when the guess says that it matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sync.effects import Broadcast, Effect, Grew
from sync.loaded import Loaded
from sync.messages import Stateless
from sync.notices import large_notice

USUAL: Final = 5 << 20
"""Bytes of the whole state; above it everybody is told."""
LARGEST: Final = 20 << 20
"""Bytes; above it nothing can be added, only removed. It can still be loaded within seconds."""
_LOOK_EVERY: Final = 1 << 19


class Growth:
    """The size of one document's whole state."""

    def __init__(self, loaded: Loaded) -> None:
        self.about = len(loaded.state or b"") + sum(map(len, loaded.tail))
        """Bytes; never less than it is."""
        self._look_at = USUAL
        """From which guess on it is worth to look."""
        self.is_large = False

    def grew(self, by: int, state: Callable[[], bytes]) -> Sequence[Effect]:
        """So many bytes were added; what to tell when it is large for the first time."""
        self.about += by
        return self._look(state()) if self.about > self._look_at else ()

    def _look(self, state: bytes) -> list[Effect]:
        was_large, self.about = self.is_large, len(state)
        self.is_large = self.about >= USUAL
        self._look_at = max(USUAL, self.about + _LOOK_EVERY)
        if was_large or not self.is_large:
            return []
        return [Grew(self.about), Broadcast(self.notice())]

    def is_full(self, state: Callable[[], bytes]) -> bool:
        """Whether nothing can be added to it; asked for the state only when it may be so."""
        if self.about <= LARGEST:
            return False
        self.about = len(state())
        return self.about > LARGEST

    def notice(self) -> Stateless:
        """How large it is, in words."""
        return large_notice(self.about, LARGEST)
