"""A room that is open: its members' sockets, and the order in which its effects happen.

Append, then broadcast, then acknowledge: what follows an Append waits in a queue until the
commit that covers it. While one batch is being committed the next one gathers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, assert_never

import structlog

from models.documents import DocumentName
from models.update_log import Head, NewRow
from models.vocabulary import PersonId, Role
from server import live_metrics as metrics
from server.committer import Batch, State
from server.faults import is_a_fault
from server.listening import Listening
from server.mail import Mail
from server.seats import ALONE, Alarm, Seat, Surroundings, Timers, Wants
from server.seats import Line as Line
from sync.effects import (
    Append,
    Broadcast,
    Checkpoint,
    Continue,
    Effect,
    Expel,
    Grew,
    MemberId,
    Quarantine,
    Refused,
    Send,
)
from sync.errors import Refusal, RoomBroken
from sync.messages import Awareness, PermissionDenied, Received
from sync.room import Newcomer, Room

log = structlog.get_logger()

LOG_AGAIN: Final = 60.0
"""Seconds between two log lines about the same refusal of the same member."""
NOTE_EVERY: Final = 32
"""Commits between two notes of what everybody has been told."""
IDLE_FOR: Final = 30.0
"""Seconds that an empty room is kept open for somebody who comes back."""


class OpenRoom:
    """One room, performing its effects in order. `broken` is called with the room when it can
    no longer be trusted: by RoomBroken, or by a commit that failed. `former` are the client ids
    of the document's earlier epochs."""

    def __init__(
        self,
        name: DocumentName,
        head: Head,
        room: Room,
        committer: Wants,
        timers: Timers,
        broken: Callable[[OpenRoom, BaseException], None],
        former: frozenset[int] = frozenset(),
        around: Surroundings = ALONE,
    ) -> None:
        self.name = name
        self.head = head
        self.room = room
        self.seats: dict[MemberId, Seat] = {}
        self.empty_since = self.room.now()
        self.gone = False
        self._committer = committer
        self._timers = timers
        self._broken = broken
        self._former = former
        self._around = around
        self._listening = Listening(around.limits, room)
        self._in_flight: list[Effect] = []
        self._queue: list[Effect] = []
        self._mail = Mail(self._missed)
        self._leaving: set[MemberId] = set()
        """Who will be shown out once what waits is committed; they are not heard any more."""
        self._logged: dict[tuple[MemberId, Refusal], float] = {}
        self._told = room.state_vector()
        self._taken = self._told
        self._commits = 0
        self._written_at: int | None = None
        self._alarm: Alarm | None = None
        self._alarm_at = 0.0

    @property
    def audience(self) -> int:
        """How many are in."""
        return len(self.seats)

    @property
    def idle(self) -> bool:
        """Nobody is in and nothing waits to be stored."""
        return not (self.seats or self._in_flight or self._queue or self.room.busy)

    # --- members -------------------------------------------------------------------------------

    def join(self, who: Newcomer, line: Line, spelling: str) -> None:
        """Let somebody in under a spelling."""
        seat = Seat(line, spelling, self._listening.allowance(who.author.person))
        self.seats[who.member] = seat
        if not seat.names_epoch:
            who = replace(who, former=self._former)
        metrics.MEMBERS.inc()
        self.perform(self.room.join(who))
        self._set_alarm()

    @property
    def is_full(self) -> bool:
        """Whether as many are in as may be."""
        return len(self.seats) >= self._around.limits.members

    def wait_for(self, person: PersonId) -> float:
        """Seconds that somebody who sent too much here should still wait before coming in."""
        return self._listening.wait_for(person)

    def leave(self, member: MemberId) -> None:
        """Somebody's socket closed, or they left the document; known or not, it is done."""
        if self.seats.pop(member, None) is None:
            return
        metrics.MEMBERS.dec()
        self._leaving.discard(member)
        self._logged = {seen: at for seen, at in self._logged.items() if seen[0] != member}
        self.empty_since = self.room.now()
        self.perform(self.room.leave(member))
        self._set_alarm()

    def receive(self, member: MemberId, message: Received) -> None:
        """One message of one member; a broken room is handed to `broken`."""
        seat = self.seats.get(member)
        if seat is None or member in self._leaving:
            return
        self._listening.count(seat, message)
        try:
            effects = self.room.receive(member, message)
        except RoomBroken as error:
            log.error("room-broken", document=str(self.name), error=str(error))
            self._refuse_breaker(member)
            self._broken(self, error)
        else:
            self.perform(effects)
            if isinstance(message, Awareness):
                self._set_alarm()
            elif not effects and self.room.busy:
                self._listening.hold_up(seat)

    def go_on(self) -> None:
        """For the lane: one slice more of a long change."""
        if self.gone:
            return
        try:
            effects = self.room.go_on()
        except BaseException as error:
            if not is_a_fault(error):
                raise
            # whatever it was, what waits behind it would wait for ever in this room
            known = isinstance(error, RoomBroken)
            log.error("room-broken", document=str(self.name), exc_info=None if known else error)
            self._broken(self, error)
        else:
            self.perform(effects)

    def _refuse_breaker(self, member: MemberId) -> None:
        self._perform_one(Refused(member, Refusal.MALFORMED))
        self._perform_one(Expel(member, Refusal.MALFORMED))

    def change_rights(self, member: MemberId, role: Role, may_write: bool) -> None:
        """Somebody's role changed while they are in."""
        self.perform(self.room.change_rights(member, role, may_write))
        self._set_alarm()

    def expel(self, member: MemberId, refusal: Refusal) -> None:
        """Show somebody out, behind what they have been promised."""
        self._leaving.add(member)
        if member in self.seats:
            self.room.shut_out(member)
        self.perform([Refused(member, refusal), Expel(member, refusal)])

    # --- effects in order ----------------------------------------------------------------------

    def perform(self, effects: list[Effect]) -> None:
        """Perform effects in the room's order; those behind an Append wait for its commit."""
        if self.gone:
            return
        for one in effects:
            if isinstance(one, Expel) and one.member in self.seats:
                self._leaving.add(one.member)
        if self._in_flight or self._queue or any(isinstance(one, Append) for one in effects):
            self._queue += effects
            if not self._in_flight:
                self._committer.want(self)
        else:
            self._perform_all(effects)

    def take_batch(self) -> Batch:
        """For the committer: the rows of what waits."""
        if self.gone:
            return Batch(str(self.name), self.head, ())
        self._in_flight, self._queue = self._queue, []
        self._commits += 1
        if self._commits % NOTE_EVERY == 0:
            # who falls behind is told all since: some of it twice, which changes nothing
            self._taken = self.room.state_vector()
        rows: list[NewRow] = []
        checkpoint = None
        for effect in self._in_flight:
            match effect:
                case Append(update, author, at, marks):
                    rows.append(NewRow(author, at, update, marks))
                case Checkpoint(state):
                    checkpoint = len(rows), state
                case _:
                    pass
        if rows:
            self._written_at = rows[-1].at
        return Batch(str(self.name), self.head, tuple(rows), checkpoint)

    def committed(self, head: Head) -> None:
        """For the committer: perform what waited for this commit, then see to what came since."""
        self.head = head
        effects, self._in_flight = self._in_flight, []
        self._perform_all(effects)
        self._told = self._taken
        if any(isinstance(one, Append) for one in self._queue):
            self._committer.want(self)
        else:
            effects, self._queue = self._queue, []
            self._perform_all(effects)

    def not_committed(self, error: BaseException) -> None:
        """For the committer: nothing of it was stored, so nothing of it may be said."""
        self._broken(self, error)

    def put_away(self) -> None:
        """Keep a checkpoint if much was written since the last, so that it opens fast again."""
        if self._in_flight or self._queue or self._written_at is None or self.gone:
            return
        state = None if self.room.busy else self.room.worth_keeping()
        if state is not None:
            head = self.head
            self._committer.keep(State(str(self.name), head, head.seq, state, self._written_at))

    def close(self) -> None:
        """This room is done: no effect of it will be performed any more."""
        self.gone = True
        self._in_flight, self._queue = [], []
        if self._alarm is not None:
            self._alarm.cancel()
        metrics.MEMBERS.dec(len(self.seats))
        self.seats.clear()
        self.room.close()

    def _perform_all(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform_one(effect)
        self._mail.deliver(self.seats)

    def _perform_one(self, effect: Effect) -> None:
        match effect:
            case Send(member, message):
                self._mail.send(member, message)
            case Broadcast(message, besides):
                self._mail.broadcast(message, besides)
            case Expel(member, refusal):
                self._expel(member, refusal)
            case Refused(member, refusal):
                self._note_refusal(member, refusal)
            case Continue():
                if self._around.lane is not None:
                    self._around.lane.enter(self)
            case Quarantine():
                self._quarantine(effect)
            case Grew(size):
                metrics.LARGE.inc()
                log.warning("large-document", document=str(self.name), bytes=size)
            case Append() | Checkpoint():
                pass  # on the disk already
            case _:
                assert_never(effect)

    def _note_refusal(self, member: MemberId, refusal: Refusal) -> None:
        """Count each; log the first of a member and reason in a minute, so that a full disk is not
        filled up further by every key that is pressed."""
        metrics.REFUSALS.labels(refusal).inc()
        if member not in self.seats:
            return  # they left meanwhile, and took their last line along
        now = self.room.now()
        if now - self._logged.get((member, refusal), float("-inf")) >= LOG_AGAIN:
            self._logged[member, refusal] = now
            log.info("refused", document=str(self.name), member=member, reason=str(refusal))

    def _quarantine(self, found: Quarantine) -> None:
        """Keep it, and listen less to who sent it."""
        self._listening.penalise(found.author.person, self.seats.get(found.member))
        if self._around.keeper is not None:
            self._around.keeper.keep(str(self.name), self.head.epoch, found)

    def _expel(self, member: MemberId, refusal: Refusal) -> None:
        self._mail.send(member, PermissionDenied(refusal))
        self._mail.deliver(self.seats)
        if (seat := self.seats.get(member)) is not None:
            seat.line.expelled(seat.spelling, refusal)
            self.leave(member)

    # --- slow readers --------------------------------------------------------------------------

    def _missed(self, member: MemberId) -> None:
        """Somebody was left out of what everybody was told: from here on they miss things."""
        seat = self.seats[member]
        if seat.missed_since is None:
            seat.missed_since = self._told
            metrics.CONFLATED.inc()

    def caught_up(self, member: MemberId) -> None:
        """Somebody reads again: say all that they missed as one difference, in the room's order."""
        seat = self.seats.get(member)
        if seat is not None and seat.missed_since is not None:
            effects = self.room.catch_up(member, seat.missed_since)
            seat.missed_since = None
            self.perform(effects)

    # --- time ----------------------------------------------------------------------------------

    def _set_alarm(self) -> None:
        """Wake the room when its presence is due, and not before."""
        if self.gone:
            return
        at = self.room.wake_at()
        if self._alarm is not None:
            if at == self._alarm_at:
                return
            self._alarm.cancel()
            self._alarm = None
        if at is not None:
            self._alarm_at = at
            self._alarm = self._timers.call_later(max(0.0, at - self.room.now()), self._wake)

    def _wake(self) -> None:
        self._alarm = None
        self.perform(self.room.wake())
        self._set_alarm()
