"""How fast a room listens to its members: who sends too much is read slower, nothing is lost."""

from __future__ import annotations

from typing import Final

from models.vocabulary import PersonId
from server import live_metrics as metrics
from server.rates import COME_BACK, Allowance, Limits
from server.seats import Seat
from sync.messages import Received, SyncStep1, SyncStep2, Update, Updates
from sync.room import Room

MOST_WAITING: Final = 256
"""Messages behind a long change; past it, or this many bytes, sockets that send are not read."""
MOST_WAITING_BYTES: Final = 4 << 20
BUSY_REST: Final = 0.1


class Listening:
    """What everybody may still send into one room."""

    def __init__(self, limits: Limits, room: Room) -> None:
        self._limits = limits
        self._room = room
        self._allowances: dict[PersonId, Allowance] = {}

    def allowance(self, person: PersonId) -> Allowance:
        """What a person may still send here; it stays when they go and come back."""
        found = self._allowances.get(person)
        if found is None:
            found = Allowance(self._limits, self._room.now())
            self._allowances[person] = found
        return found

    def wait_for(self, person: PersonId) -> float:
        """Seconds that somebody who sent too much here should still wait before coming in."""
        found = self._allowances.get(person)
        return 0.0 if found is None else found.wait(self._room.now())

    def count(self, seat: Seat, message: Received) -> None:
        """Take a message out of what its sender may send, and read slower past it: the message
        itself is taken in as any other."""
        now = self._room.now()
        if isinstance(message, (Update, SyncStep2)):
            wait = seat.allowance.change(len(message.update), now)
        elif isinstance(message, Updates):
            size = sum(map(len, message.updates))
            wait = seat.allowance.change(size, now, len(message.updates))
        elif isinstance(message, SyncStep1):
            wait = seat.allowance.change(len(message.state_vector), now)
        else:
            wait = seat.allowance.talked(now)
        if wait:
            self._slow_down(seat, wait)

    def hold_up(self, seat: Seat) -> None:
        """A message waits behind something long: when many do, read no more of them."""
        count, size = self._room.waiting
        if count > MOST_WAITING or size > MOST_WAITING_BYTES:
            seat.line.rest(BUSY_REST)

    def penalise(self, person: PersonId, seat: Seat | None) -> None:
        """Listen less to who sent what nothing honest sends: a next one is not read at once, also
        when they left meanwhile."""
        wait = self.allowance(person).penalised(self._room.now())
        if wait and seat is not None:
            seat.line.rest(wait)

    def _slow_down(self, seat: Seat, wait: float) -> None:
        metrics.SLOWED.inc()
        if seat.allowance.is_spent(self._room.now()):
            seat.line.send_away(COME_BACK)
        else:
            seat.line.rest(wait)
