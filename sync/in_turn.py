"""Several updates of one client that came together, as one structure."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from typing import cast

from sync import guard


def parse_in_turn(
    updates: Iterable[bytes], known: guard.Clocks, largest: int
) -> tuple[guard.Structure, dict[int, int]] | None:
    """Several updates as one structure, and the clocks after them; None when one of them is made
    of more than `largest` structs and deletions, or does not fit on what is known and on those
    before it. Raises Malformed."""
    ends: dict[int, int] = {}
    reached = ChainMap(ends, cast(MutableMapping[int, int], known))
    found = []
    for update in updates:
        structure = guard.parse_update(update)
        after = structure.after(reached)
        if after is None or structure.size > largest:
            return None
        ends.update(after)
        found.append(structure)
    return _joined(found), ends


def _joined(found: Sequence[guard.Structure]) -> guard.Structure:
    joined = guard.Structure()
    for one in found:
        joined.runs += one.runs
        joined.links += one.links
        joined.deletes += one.deletes
        joined.places += one.places
        joined.structs += one.structs
        joined.types += one.types
    return joined
