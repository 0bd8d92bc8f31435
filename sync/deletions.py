"""Which items of a document are deleted, for asking whether a change deletes anything new.

Every Yjs client sends all the deletions it knows with each step 2: tens of thousands of ranges of
a document that people wrote in for days. Reading them one by one in Python took longer than a key
may wait, so the sets are compared where they live, in the library; and an answer that says what
everybody knows is recognised by its bytes.
"""

from __future__ import annotations

import re
from typing import Final

from pycrdt import ContentAttribute, IdMap, IdSet

from sync.errors import Malformed
from sync.guard import Run
from sync.lib0 import Reader

_MANY: Final = 512
_MANY_NUMBERS: Final = re.compile(rb"(?:[\x80-\xff]*+[\x00-\x7f]){%d}+" % _MANY)
"""So many numbers are passed over in one go."""


class Deletions:
    """What a document has deleted. `nothing_new` is its own answer to somebody who has
    everything: no structs, and all deletions."""

    def __init__(self, nothing_new: bytes) -> None:
        self._known = IdSet.decode(nothing_new[1:])
        self._mark = [ContentAttribute("deleted", value=True)]

    def new_in(self, deletions: bytes) -> list[Run]:
        """Which of these are not known; the bytes were walked by the guard before. Raises
        Malformed where the library cannot read them."""
        try:
            found = IdMap.from_set(IdSet.decode(deletions), self._mark)
            found.diff_with(self._known)
            return [Run(client, int(one.start), int(one.end)) for client, one in found.entries()]
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            # a panic inside pycrdt is a BaseException
            raise Malformed(f"unreadable deletions: {type(error).__name__}") from error


def as_yjs_writes(nothing_new: bytes) -> bytes:
    """The same answer as Yjs gives it: it lists client ids from high to low, pycrdt from low to
    high."""
    reader = Reader(nothing_new)
    head = reader.take(1)
    start = reader.at
    count = reader.number()
    head += nothing_new[start : reader.at]
    blocks: list[tuple[int, bytes]] = []
    for _ in range(count):
        start = reader.at
        client = reader.number()
        _pass_over(reader, 2 * reader.number())
        blocks.append((client, nothing_new[start : reader.at]))
    blocks.sort(reverse=True)
    return head + b"".join(block for _, block in blocks)


def _pass_over(reader: Reader, numbers: int) -> None:
    while numbers >= _MANY and (found := _MANY_NUMBERS.match(reader.data, reader.at)):
        reader.at = found.end()
        numbers -= _MANY
    for _ in range(numbers):
        reader.number()
