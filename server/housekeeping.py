"""What is done again and again for all sockets: showing that the line lives, and closing what is
over its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from server.authenticate import utc_now
from server.connection import UNKNOWN_FOR, Connection
from server.open_room import IDLE_FOR, OpenRoom
from sync.errors import Refusal

HEARTBEAT: Final = 5.0
"""Seconds between pings of the dialect: pings of the websocket are invisible to a page."""
SWEEP: Final = 1.0


async def beat(connections: Collection[Connection]) -> None:
    """Let every socket hear something, for ever."""
    while True:
        await asyncio.sleep(HEARTBEAT)
        for connection in list(connections):
            connection.send(connection.dialect.heartbeat)


async def sweep(
    connections: Collection[Connection],
    rooms: Callable[[], Collection[OpenRoom]],
    forget: Callable[[OpenRoom], None],
) -> None:
    """Close sockets that are over their time and rooms that stay empty, for ever."""
    while True:
        await asyncio.sleep(SWEEP)
        now, moment = time.monotonic(), utc_now()
        for connection in list(connections):
            connection.count_frames()
            sweep_connection(connection, now, moment)
        for room in list(rooms()):
            if room.idle and now - room.empty_since > IDLE_FOR:
                forget(room)


def sweep_connection(connection: Connection, now: float, moment: datetime | None = None) -> None:
    """Judge one socket's time; `now` in seconds of the steady clock, `moment` on the wall."""
    if connection.identity is not None and connection.identity.expired(moment):
        connection.hang_up(Refusal.SESSION_ENDED)
    elif connection.behind_for_too_long(now):
        connection.hang_up(Refusal.TOO_SLOW)
    elif connection.identity is None and now - connection.opened_at > UNKNOWN_FOR:
        connection.hang_up(Refusal.UNAUTHENTICATED)
    else:
        for spelling in connection.sessions.overdue(now):
            connection.turn_away(spelling, Refusal.UNAUTHENTICATED)
