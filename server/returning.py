"""When somebody who is sent away should come back: not all in the same moment."""

from __future__ import annotations

import math
from typing import Final

FEW: Final = 20
"""Pages that may come back together without being told when."""
EACH_SECOND: Final = 50
"""Pages that are asked to come back in one second, each with all its documents."""
LONGEST_SPREAD: Final = 20.0
"""Seconds; with more pages than fit in this the door does the rest."""


def come_back_in(pages: int, wait: float, chance: float) -> int:
    """Whole seconds for one of so many pages, with `chance` from 0 to 1 drawn for it alone;
    `wait` is how long the door is busy with others."""
    return 1 + math.ceil(wait + chance * min(LONGEST_SPREAD, pages / EACH_SECOND))
