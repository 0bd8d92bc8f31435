"""Writing down what nothing honest sends, in the writer's thread and behind everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import quarantine
from models.quarantine import Found
from server import live_metrics as metrics
from server.committer import Writer
from sync.effects import Quarantine

log = structlog.get_logger()

MOST_WAITING: Final = 16
"""Changes that wait to be written; those that come while so many do are only counted."""


class Quarantining:
    """Keeps changes, one transaction each. Nothing waits for it, and a full disk stops nobody."""

    def __init__(self, writer: Writer, now: Callable[[], datetime]) -> None:
        self._writer = writer
        self._now = now
        self._writing: set[asyncio.Task[None]] = set()

    def keep(self, document: str, epoch: int, quarantined: Quarantine) -> None:
        """Write it down, some time soon."""
        log.warning(
            "quarantined",
            document=document,
            epoch=epoch,
            member=quarantined.member,
            person=quarantined.author.person,
            organisation=quarantined.author.organisation,
            bytes=len(quarantined.change),
            why=quarantined.why,
        )
        if len(self._writing) >= MOST_WAITING:
            metrics.QUARANTINED.labels("no").inc()
            return
        found = Found(
            self._now(),
            document,
            epoch,
            quarantined.author,
            quarantined.member,
            quarantined.why,
            quarantined.change,
        )
        task = asyncio.get_running_loop().create_task(self._write(found))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, found: Found) -> None:
        try:
            kept = await self._writer.run(lambda connection: quarantine.keep(connection, found))
        except SQLAlchemyError as error:
            log.error("not-quarantined", document=found.document, error=type(error).__name__)
            kept = False
        metrics.QUARANTINED.labels("yes" if kept else "no").inc()

    async def settled(self) -> None:
        """Wait until all of it is written."""
        await asyncio.gather(*self._writing, return_exceptions=True)
