"""One open document: bytes come in, effects go out, and nothing here ever waits.

The order of effects is the design: append to the log, then broadcast, then acknowledge. The
rules are numbered in SPEC.md; the tests carry the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, assert_never

from pycrdt import Doc

from models.vocabulary import Role
from sync import guard, marks
from sync.effects import (
    Append,
    Broadcast,
    Checkpoint,
    Effect,
    Expel,
    MemberId,
    Postponed,
    Refused,
    Send,
)
from sync.errors import Malformed, Refusal
from sync.in_turn import parse_in_turn
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
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
    Updates,
)
from sync.notices import MarksInWords, refused_notice, unavailable_notice
from sync.presence import MOST_IDS, Presence, parse_sightings
from sync.slices import SMALL
from sync.surveying import Survey

MOST_REFUSED: Final = 20
"""Changes of a reader whose dialect cannot say no, before the socket is closed."""
MOST_WRITERS: Final = 1000
"""Client ids that one change writes under. A page makes one each time it is loaded."""


@dataclass
class Room:
    """The live document, its members and their rights.

    `now` gives seconds of a steady clock, `today` milliseconds since 1970 in UTC. Methods that
    concern a member raise KeyError for one that is not in. `RoomBroken` may come out of
    `receive`, when the document cannot be restored from what was appended: then this room must be
    thrown away and made anew from the log.
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
        self._survey = Survey(self._live.state)
        self._marks = marks.Marks(self.loaded.marks)
        self._presence = Presence(self._live.client_id)
        self._marks_told = MarksInWords(self._marks.all())
        # what goes on lives in these: nothing of what was loaded is held twice
        self.loaded, self.built = Loaded(), None

    # --- coming and going ----------------------------------------------------------------------

    def join(self, who: Newcomer) -> list[Effect]:
        """Let somebody in; whether they may is the server's question, asked before."""
        self._members[who.member] = Member(who)
        self._presence.arrive(who.author, who.role)
        effects: list[Effect] = [Send(who.member, Authenticated(who.may_write))]
        if self._marks.all():
            effects.append(Send(who.member, self._marks_told.all()))
        return effects + self._presence_frame()

    def leave(self, member: MemberId) -> list[Effect]:
        """Somebody is gone, for whatever reason; their presence goes with them."""
        who = self._members.pop(member).who
        self._presence.depart(member, who.author, who.role)
        return self._presence_frame()

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
            return [Refused(member, Refusal.MALFORMED), Expel(member, Refusal.MALFORMED)]

    def _receive(self, one: Member, message: Received) -> list[Effect]:
        match message:
            case SyncStep1(state_vector):
                return self._answer_step_1(one, state_vector)
            case SyncStep2(update):
                return self._step_2(one, update)
            case Update(update):
                return self._update(one, update)
            case Updates(updates):
                return self._together(one, updates) or self._in_turn(one, updates)
            case Awareness(update):
                return self._awareness(one, update)
            case QueryAwareness():
                return self._who_is_here(one)
            case Stateless():
                # no command exists yet; an unknown one is refused aloud, not swallowed
                return _refused(one, Refusal.MALFORMED)
            case Token() | Close():
                return []
            case _:
                assert_never(message)

    def _answer_step_1(self, one: Member, state_vector: bytes) -> list[Effect]:
        known = guard.parse_state_vector(state_vector)
        effects = self._missing(one, state_vector) if known else self._everything(one)
        if one.who.may_write or one.who.acknowledged:
            # a reader's client still counts on an answer; without acknowledgements none does
            effects.append(self._ask(one))
        return effects + self._who_is_here(one)

    def _missing(self, one: Member, state_vector: bytes) -> list[Effect]:
        return [Send(one.who.member, SyncStep2(self._live.difference(state_vector)))]

    def _everything(self, one: Member) -> list[Effect]:
        state, since = self._live.everything()
        later = [Send(one.who.member, Update(update)) for update in since]
        return [Send(one.who.member, SyncStep2(state)), *later]

    def _ask(self, one: Member) -> Effect:
        one.unanswered += 1
        self._live.nothing_new()  # so that the answer is known when it comes
        return Send(one.who.member, SyncStep1(self._live.state_vector()))

    def _who_is_here(self, one: Member) -> list[Effect]:
        here = self._presence.everybody()
        return [] if here is None else [Send(one.who.member, Awareness(here))]

    def _awareness(self, one: Member, update: bytes) -> list[Effect]:
        who = one.who
        sightings = [seen for seen in parse_sightings(update) if self._is_own(one, seen.client)]
        self._presence.see(who.member, who.author, who.role, who.function, sightings, self.now())
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

    # --- changes -------------------------------------------------------------------------------

    def _step_2(self, one: Member, update: bytes) -> list[Effect]:
        """The answer to a step 1 of ours. The first one of a stay is acknowledged as such, a
        later one only in place of what is owed."""
        structure = self._live.read(update)
        if one.who.may_write and self._survey.must_come_first(structure):
            return [Postponed(one.who.member, SyncStep2(update))]
        one.unanswered = max(0, one.unanswered - 1)
        if not one.greeted:
            one.greeted = True
            one.owed += 1
        if not (structure.runs or structure.deletes):
            return self._settle(one)
        if not one.who.may_write:
            return self._readers_step_2(one, structure)
        if self.suspended:
            # who has nothing new has nothing to wait for
            return self._hold_back(one) if self._is_news(structure) else self._settle(one)
        after = structure.after(self._live.clocks)
        if after is None:
            if one.unanswered == 0:
                # it answered the state we have now and still does not fit: no honest client
                raise Malformed("a step 2 that does not fit the state it answers")
            return []
        return self._take(one, (update,), structure, after) + self._settle(one)

    def _update(self, one: Member, update: bytes) -> list[Effect]:
        structure = guard.parse_update(update)
        if not one.who.may_write:
            return self._refuse(one, Refusal.READ_ONLY)
        if self._survey.must_come_first(structure):
            return [Postponed(one.who.member, Update(update))]
        one.owed += 1
        if self.suspended:
            return self._hold_back(one)
        after = structure.after(self._live.clocks)
        if after is None:
            return [self._ask(one)] if one.unanswered == 0 else []
        one.owed -= 1
        return [*self._take(one, (update,), structure, after), _saved(one)]

    def _together(self, one: Member, updates: Sequence[bytes]) -> list[Effect]:
        """Changes that came in one read, as one: one row, one broadcast, and an acknowledgement
        for each. Nothing when they have to be looked at one by one."""
        if not one.who.may_write or self.suspended:
            return []
        try:
            parsed = parse_in_turn(updates, self._live.clocks, SMALL)
            if parsed is None:
                return []
            if self._survey.must_come_first(parsed[0]):
                return [Postponed(one.who.member, Updates(tuple(updates)))]
            return self._take(one, updates, *parsed) + [_saved(one)] * len(updates)
        except Malformed:
            # one of them is; what came before it is honest, and counts
            return []

    def _in_turn(self, one: Member, updates: Sequence[bytes]) -> list[Effect]:
        effects: list[Effect] = []
        for number, update in enumerate(updates):
            effects += self.receive(one.who.member, Update(update))
            if effects and isinstance(effects[-1], Postponed):
                # and what comes behind it as well
                effects[-1] = Postponed(one.who.member, Updates(tuple(updates[number:])))
            if effects and isinstance(effects[-1], Expel | Postponed):
                break
        return effects

    def _settle(self, one: Member) -> list[Effect]:
        """Acknowledge all that is owed, once our latest step 1 was answered: the answer was
        made after everything the client had sent, so it holds it all."""
        if one.unanswered:
            return []
        owed, one.owed = one.owed, 0
        return [_saved(one)] * owed

    def _take(
        self,
        one: Member,
        updates: Sequence[bytes],
        structure: guard.Structure,
        after: Mapping[int, int],
    ) -> list[Effect]:
        """Apply, and say what the server's own document emitted: never a client's raw bytes."""
        writes = structure.writes(self._live.clocks)
        if not self._marks.bind(one.who.author, writes):
            raise Malformed("a change under somebody else's client id")
        if len(writes) > MOST_WRITERS:
            raise Malformed("a change under too many client ids")
        depths = self._survey.measured(structure, self._live.clocks)
        emitted = self._live.apply(updates, structure)
        if emitted is None:
            if writes:
                self._live.restore()
                raise Malformed("a change without a gap did not integrate")
            return []
        self._live.take(emitted, after)
        self._survey.note(structure, writes, depths)
        today = self.today()
        new_marks = self._marks.write(one.who.author, writes, today)
        effects: list[Effect] = [
            Append(emitted, one.who.author, today, new_marks),
            *self._checkpoint(),
            Broadcast(Update(emitted), besides=one.who.member),
        ]
        if new_marks:
            effects.append(Broadcast(self._marks_told.add(new_marks)))
        return effects

    def _checkpoint(self) -> list[Effect]:
        state = self._live.checkpoint()
        return [] if state is None else [Checkpoint(state)]

    # --- refusing ------------------------------------------------------------------------------

    def _readers_step_2(self, one: Member, structure: guard.Structure) -> list[Effect]:
        """Every honest reader answers our step 1; only news in it is a change."""
        if self._is_news(structure):
            one.owed = 0
            return self._refuse(one, Refusal.READ_ONLY)
        return self._settle(one)

    def _is_news(self, structure: guard.Structure) -> bool:
        """Whether a step 2 adds or deletes anything."""
        return bool(structure.writes(self._live.clocks) or structure.deletes)

    def _refuse(self, one: Member, refusal: Refusal) -> list[Effect]:
        one.refused += 1
        if not one.who.acknowledged and one.refused > MOST_REFUSED:
            return [Refused(one.who.member, refusal), Expel(one.who.member, refusal)]
        return [Send(one.who.member, SyncStatus(saved=False)), *_refused(one, refusal)]

    def _hold_back(self, one: Member) -> list[Effect]:
        return [
            Refused(one.who.member, Refusal.STORAGE),
            Send(one.who.member, unavailable_notice()),
        ]

    # --- the server's own moves ----------------------------------------------------------------

    def suspend(self) -> None:
        """The log cannot be written."""
        self.suspended = True

    def resume(self) -> list[Effect]:
        """The log can be written again: ask everyone whose changes we held back."""
        self.suspended = False
        return [self._ask(one) for one in self._members.values() if one.owed]

    def wake_at(self) -> float | None:
        """When `wake` wants to be called, in seconds of the steady clock; None: not at all."""
        return self._presence.next_frame_at(self.now()) if self._members else None

    def wake(self) -> list[Effect]:
        """What became due: presence that was held back for a tenth of a second, or expired."""
        return self._presence_frame()

    def catch_up(self, member: MemberId, state_vector: bytes) -> list[Effect]:
        """All that somebody missed since `state_vector`, and who is here, in one go."""
        missed = Send(member, Update(self._live.difference(state_vector)))
        return [missed, *self._who_is_here(self._members[member])]

    def state_vector(self) -> bytes:
        """What the live document has; it may count what is not yet committed."""
        return self._live.state_vector()

    def snapshot(self) -> bytes:
        """The live state as one update; it may hold what is not yet committed."""
        return self._live.state()

    def close(self) -> None:
        """This room is done; nothing may be asked of it any more."""
        self._live.close()

    def worth_keeping(self) -> bytes | None:
        """The state, when it is worth a checkpoint as this room closes; nothing may wait to be
        committed."""
        return self._live.worth_keeping()

    def survey(self) -> bool:
        """Go on for a few milliseconds; whether what was postponed can be judged now."""
        return self._survey.go_on()

    def _presence_frame(self) -> list[Effect]:
        frame = self._presence.take_frame(self.now())
        return [] if frame is None else [Broadcast(Awareness(frame))]


def _saved(one: Member) -> Effect:
    return Send(one.who.member, SyncStatus(saved=True))


def _refused(one: Member, refusal: Refusal) -> list[Effect]:
    member = one.who.member
    return [Refused(member, refusal), Send(member, refused_notice(refusal))]
