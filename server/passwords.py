"""Passwords: argon2 in a thread, a few at a time, and a bound on guessing."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

AT_A_TIME: Final = 2
"""Each check takes 64 MiB and a core."""
MOST_WAITING: Final = 100
"""A shift of people signing in at once; more than that is not people."""
WINDOW_MINUTES: Final = 10


class TooBusy(Exception):
    """More sign-ins wait than can be checked in a reasonable time."""


class Passwords:
    """Hashes and checks passwords; nothing here waits on the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._limit = CapacityLimiter(AT_A_TIME)

    @cached_property
    def _nobody(self) -> str:
        """Checked against when there is no such account, so that both answers take as long."""
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What is stored of a password; takes a tenth of a second, so not for the event loop."""
        return self._hasher.hash(password)

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether a password belongs to a hash; raises TooBusy when too many wait."""
        if self._limit.statistics().tasks_waiting >= MOST_WAITING:
            raise TooBusy
        known = stored is not None
        matches = await to_thread.run_sync(self._matches, stored, password, limiter=self._limit)
        return matches and known

    def _matches(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False


class Guessing:
    """Counts wrong passwords per account and address: a whole crisis centre may share one
    address, and one attacker must not be able to lock somebody out from afar."""

    def __init__(self, tries: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._tries = RateLimitItemPerMinute(tries, WINDOW_MINUTES)

    async def may_try(self, username: str, address: str) -> bool:
        """Count a try; False when there were too many."""
        return await self._limiter.hit(self._tries, username, address)

    async def succeeded(self, username: str, address: str) -> None:
        """Who knows the password starts again from none."""
        await self._limiter.clear(self._tries, username, address)
