"""Several updates of one document as fewer that say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pycrdt import merge_updates

MOST: Final = 64
"""Updates that become one: merging costs more for each, the more there are."""
LARGEST: Final = 64 * 1024
"""Bytes that become one; what is larger by itself stays as it is."""


def merged(updates: Iterable[bytes]) -> list[bytes]:
    """Updates that a document of our own emitted, in order, as few as is cheap."""
    return [group[0] if len(group) == 1 else merge_updates(*group) for group in _grouped(updates)]


def _grouped(updates: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for update in updates:
        if group and (len(group) == MOST or size + len(update) > LARGEST):
            yield group
            group, size = [], 0
        group.append(update)
        size += len(update)
    if group:
        yield group
