"""Reading from the database without making the event loop wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine

from models.database import READERS

Result = TypeVar("Result")


class Reader:
    """Questions to the database, each in a transaction of its own that sees one moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # As many threads as connections: nobody waits for a connection inside a thread.
        self._limit = CapacityLimiter(READERS)

    async def __call__(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` finds; whatever it raises comes out here."""
        return await to_thread.run_sync(self._read, work, limiter=self._limit)

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.connect() as connection, connection.begin():
            return work(connection)
