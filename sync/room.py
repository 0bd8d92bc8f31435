"""One open document: bytes come in, effects go out, and nothing here ever waits.

The order of effects is the design: append to the log, then broadcast, then acknowledge. The
rules are numbered in SPEC.md; the tests carry the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from pycrdt import Doc

from models.vocabulary import Role
from sync import guard, marks
from sync.answers import refused, shown_out
from sync.changes import Changes
from sync.effects import Broadcast, Effect, MemberId, Send
from sync.errors import Malformed, Refusal
from sync.hearing import Hearing
from sync.live import CHECKPOINT_EVERY as CHECKPOINT_EVERY
from sync.live import Live
from sync.loaded import Loaded as Loaded
from sync.loaded import rebuilding as rebuilding
from sync.loaded import rebuilt as rebuilt
from sync.members import Member
from sync.members import Newcomer as Newcomer
from sync.messages import (
    Authenticated,
    Awareness,
    Close,
    QueryAwareness,
    Received,
    Stateless,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
    Updates,
)
from sync.presence import MOST_IDS, Presence, parse_sightings, within_bounds


@dataclass
class Room:
    """The live document, its members and their rights.

    `now` gives seconds of a steady clock, `today` milliseconds since 1970 in UTC. Methods that
    concern a member raise KeyError for one that is not in. `RoomBroken` may come out of
    `receive` and `go_on`, when the document cannot be restored from what was appended: then this
    room must be thrown away and made anew from the log.
    """

    loaded: Loaded
    now: Callable[[], float]
    today: Callable[[], int]
    suspended: bool = False
    """The log cannot be written: readers are served, changes wait at their senders."""
    cpu: Callable[[], float] = float
    """Seconds of work so far: a change that costs too many is refused. Not counted by default."""
    built: Doc[Any] | None = None
    """The document of `loaded`, if it was made already; the room's own from here on."""
    checkpoint_every: int = CHECKPOINT_EVERY
    _members: dict[MemberId, Member] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._live = Live(self.loaded, lambda: self.cpu(), self.built, self.checkpoint_every)
        self._marks = marks.Marks(self.loaded.marks)
        self._changes = Changes(
            self.loaded, self._live, self._marks, lambda: self.today(), lambda: self.cpu()
        )
        self._changes.suspended = self.suspended
        self._presence = Presence(self._live.client_id)
        self._hearing = Hearing(self._presence)
        # what goes on lives in these: nothing of what was loaded is held twice
        self.loaded, self.built = Loaded(), None

    # --- coming and going ----------------------------------------------------------------------

    def join(self, who: Newcomer) -> list[Effect]:
        """Let somebody in; whether they may is the server's question, asked before."""
        self._members[who.member] = Member(who)
        self._presence.arrive(who.author, who.role)
        effects: list[Effect] = [Send(who.member, Authenticated(who.may_write))]
        if self._marks.all():
            effects.append(Send(who.member, self._changes.marks_told.all()))
        if self._changes.growth.is_large:
            effects.append(Send(who.member, self._changes.growth.notice()))
        return effects + self._presence_frame()

    def leave(self, member: MemberId) -> list[Effect]:
        """Somebody is gone, for whatever reason; their presence goes with them."""
        who = self._members.pop(member).who
        self._changes.forget(member)
        self._hearing.left(member)
        self._presence.depart(member, who.author, who.role)
        return self._presence_frame()

    def shut_out(self, member: MemberId) -> None:
        """Somebody is to be shown out: nothing of theirs is taken any more, also not what waits.
        Who leaves of their own accord is heard to the end."""
        self._members[member].out = True

    def change_rights(self, member: MemberId, role: Role, may_write: bool) -> list[Effect]:
        """Somebody's role changed while they are in; the open socket learns it at once."""
        old = self._members[member].who
        if (old.role, old.may_write) == (role, may_write):
            return []
        self._presence.depart(member, old.author, old.role)
        self._presence.arrive(old.author, role)
        self._members[member].who = replace(old, role=role, may_write=may_write)
        return [Send(member, Authenticated(may_write)), *self._presence_frame()]

    @property
    def members(self) -> Mapping[MemberId, Newcomer]:
        """Who is in."""
        return {member: one.who for member, one in self._members.items()}

    # --- receiving -----------------------------------------------------------------------------

    def receive(self, member: MemberId, message: Received) -> list[Effect]:
        """What one message of one member sets in motion."""
        one = self._members[member]
        try:
            return self._receive(one, message)
        except Malformed:
            return shown_out(one)

    def go_on(self) -> list[Effect]:
        """One turn more of what is under way, as `Continue` asked."""
        return self._changes.go_on()

    @property
    def busy(self) -> bool:
        """Whether something long is under way; others may wait behind it, in order."""
        return self._changes.busy

    @property
    def waiting(self) -> tuple[int, int]:
        """How many messages, and bytes, wait behind something long."""
        return self._changes.waiting

    def _receive(self, one: Member, message: Received) -> list[Effect]:
        match message:
            case Update():
                return self._changes.update(one, message)
            case Updates() | SyncStep2():
                return self._changes.receive(one, message)
            case SyncStep1(data):
                clients = guard.parse_state_vector(data)
                if not one.who.former.isdisjoint(clients):
                    return shown_out(one, Refusal.STALE_EPOCH)
                has_any = bool(clients)
                return self._changes.when_free(
                    lambda: self._answer_step_1(one, data, has_any), len(data)
                )
            case Awareness(update):
                return self._awareness(one, update)
            case QueryAwareness():
                return self._who_is_here(one)
            case Stateless():
                # no command exists yet; an unknown one is refused aloud, not swallowed
                return refused(one, Refusal.MALFORMED)
            case Token() | Close():
                return []
            case _:
                assert_never(message)

    def _answer_step_1(self, one: Member, state_vector: bytes, has_any: bool) -> list[Effect]:
        effects = self._missing(one, state_vector) if has_any else self._everything(one)
        if one.who.may_write or one.who.acknowledged:
            # a reader's client still counts on an answer; without acknowledgements none does
            effects.append(self._changes.ask(one))
        return effects + self._who_is_here(one)

    def _missing(self, one: Member, state_vector: bytes) -> list[Effect]:
        return [Send(one.who.member, SyncStep2(self._live.difference(state_vector)))]

    def _everything(self, one: Member) -> list[Effect]:
        state, since = self._live.everything()
        later = [Send(one.who.member, Update(update)) for update in since]
        return [Send(one.who.member, SyncStep2(state)), *later]

    def _who_is_here(self, one: Member) -> list[Effect]:
        here = self._presence.everybody()
        return [] if here is None else [Send(one.who.member, Awareness(here))]

    def _awareness(self, one: Member, update: bytes) -> list[Effect]:
        for sighting in map(within_bounds, parse_sightings(update)):
            if self._is_own(one, sighting.client):
                one.told[sighting.client] = sighting
        self._hearing.spoke(one)
        return self._presence_frame()

    def _is_own(self, one: Member, client: int) -> bool:
        """Whether a member may be seen under a client id: their own, and only so many."""
        if one.who.role is Role.OBSERVER:
            return False
        if client not in one.shown and len(one.shown) >= MOST_IDS:
            return False
        if not self._marks.bind(one.who.author, (client,)):
            return False
        one.shown.add(client)
        return True

    # --- the server's own moves ----------------------------------------------------------------

    def suspend(self) -> None:
        """The log cannot be written."""
        self.suspended = self._changes.suspended = True

    def resume(self) -> list[Effect]:
        """The log can be written again: ask everyone whose changes we held back."""
        self.suspended = self._changes.suspended = False
        return self._changes.when_free(
            lambda: [self._changes.ask(one) for one in self._members.values() if one.owed]
        )

    def wake_at(self) -> float | None:
        """When `wake` wants to be called, in seconds of the steady clock; None: not at all."""
        return self._hearing.next_at(self.now()) if self._members else None

    def wake(self) -> list[Effect]:
        """What became due: presence that was held back for a tenth of a second, or expired."""
        return self._presence_frame()

    def catch_up(self, member: MemberId, state_vector: bytes) -> list[Effect]:
        """All that somebody missed since `state_vector`, and who is here, in one go."""
        one = self._members[member]
        return self._changes.when_free(
            lambda: [
                Send(member, Update(self._live.difference(state_vector))),
                *self._who_is_here(one),
            ]
        )

    def state_vector(self) -> bytes:
        """What the live document has; it may count what is not yet committed, and does not count
        what is being applied."""
        return self._live.state_vector()

    def snapshot(self) -> bytes:
        """The live state as one update; it may hold what is not yet committed."""
        return self._live.state()

    def close(self) -> None:
        """This room is done; nothing may be asked of it any more."""
        self._changes.close()
        self._live.close()

    def worth_keeping(self) -> bytes | None:
        """The state, when it is worth a checkpoint as this room closes; nothing may wait to be
        committed, and nothing be under way."""
        return self._live.worth_keeping()

    def _presence_frame(self) -> list[Effect]:
        effects = self._hearing.hear(self.now())
        frame = self._presence.take_frame(self.now())
        return effects if frame is None else [*effects, Broadcast(Awareness(frame))]
