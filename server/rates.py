"""How much one person may send into one document: past it, the server reads slower.

Nothing is ever dropped for a rate: a change that is missing is a gap. A socket that is over its
rate is not read until there is room again; who stays over it for a minute is sent away for a while.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from models.vocabulary import PersonId

PATIENCE: Final = 60.0
"""Seconds of being over a rate without a pause, after which a client is sent away."""
COME_BACK: Final = 30
"""Seconds that it should stay away."""
LONGEST_REST: Final = 30.0
"""Seconds without reading at a time: what stands in the socket may be a goodbye."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Per person and document, but for the connections of a person."""

    changes: float = 30.0
    """A second, of changes and questions about the state."""
    changes_at_once: float = 120.0
    bytes: float = (5 << 20) / 60
    """A second, of changes."""
    bytes_at_once: float = 5 << 20
    talk: float = 100.0
    """A second, of all other messages: a pointer that is dragged tells of each step."""
    talk_at_once: float = 400.0
    penalty: float = 5 << 19
    """Bytes that a change costs that nothing honest sends: two at once, then one in half a
    minute, whatever number of sockets they come over."""
    members: int = 5000
    """Of one document."""
    sockets: int = 40
    """Of one person."""


USUAL: Final = Limits()
BENCH: Final = Limits(
    changes=1e9,
    changes_at_once=1e9,
    bytes=1e12,
    bytes_at_once=1e12,
    talk=1e9,
    talk_at_once=1e9,
    members=1_000_000,
    sockets=1_000_000,
)
"""For measuring: everybody is one person there."""


class Bucket:
    """What may still be sent: it fills up at a steady rate, and everything that comes takes out."""

    __slots__ = ("_at", "_level", "_most", "_rate")

    def __init__(self, rate: float, most: float, now: float) -> None:
        self._rate = rate
        self._most = self._level = most
        self._at = now

    def take(self, amount: float, now: float) -> float:
        """Take `amount` out, and the seconds until there is something in it again (0: there is)."""
        level = self._level + (now - self._at) * self._rate
        if level > self._most:
            level = self._most
        self._at = now
        self._level = level = level - amount
        return 0.0 if level >= 0.0 else -level / self._rate


class Allowance:
    """What one person may still send into one document, over all sockets."""

    __slots__ = ("_bytes", "_changes", "_over_since", "_talk", "_until", "limits")

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self._changes = Bucket(limits.changes, limits.changes_at_once, now)
        self._bytes = Bucket(limits.bytes, limits.bytes_at_once, now)
        self._talk = Bucket(limits.talk, limits.talk_at_once, now)
        self._over_since = now
        self._until = float("-inf")

    def change(self, size: int, now: float, count: int = 1) -> float:
        """Changes of `size` bytes came; for how many seconds not to read."""
        by_number, by_size = self._changes.take(count, now), self._bytes.take(size, now)
        if not by_number and not by_size:
            return 0.0
        return self._over(max(by_number, by_size), now)

    def talked(self, now: float) -> float:
        """Another message came; for how many seconds not to read."""
        wait = self._talk.take(1.0, now)
        return self._over(wait, now) if wait else 0.0

    def penalised(self, now: float) -> float:
        """Something came that nothing honest sends; for how many seconds not to read."""
        wait = self._bytes.take(self.limits.penalty, now)
        return self._over(wait, now) if wait else 0.0

    def wait(self, now: float) -> float:
        """Seconds until something may be sent again; 0: now."""
        return min(max(self._until - now, 0.0), LONGEST_REST)

    def is_spent(self, now: float) -> bool:
        """Whether the limit was met for a whole minute without a pause worth the name."""
        return now - self._over_since > PATIENCE

    def _over(self, wait: float, now: float) -> float:
        if now > self._until + 1.0:
            self._over_since = now
        self._until = now + wait
        return min(wait, LONGEST_REST)


class Sockets:
    """How many sockets each person has; each is counted once, from the first time it asks."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._owners: dict[object, PersonId] = {}
        self._counts: Counter[PersonId] = Counter()

    def count(self, socket: object, person: PersonId) -> bool:
        """Count a socket for its person; False when they have as many as one may."""
        if socket not in self._owners:
            if self._counts[person] >= self._most:
                return False
            self._owners[socket] = person
            self._counts[person] += 1
        return True

    def forget(self, socket: object) -> None:
        """A socket is gone, counted or not."""
        person = self._owners.pop(socket, None)
        if person is not None:
            self._counts[person] -= 1
            if not self._counts[person]:
                del self._counts[person]
