"""Changes: judging them, taking them into the document, and what is said to whom about that.

Nearly every change is a key that was pressed: it is judged and taken at once. What is larger goes
on in turns, and what an old document has to be surveyed for waits for that; the rest of the same
member waits behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from sync import guard
from sync.answers import at_once, held_back, kept_apart, refused, saved, shown_out
from sync.effects import (
    Append,
    Broadcast,
    Checkpoint,
    Continue,
    Effect,
    MemberId,
    Send,
)
from sync.epochs import naming_any
from sync.errors import Full, Malformed, Refusal
from sync.growth import Growth
from sync.in_turn import parse_in_turn
from sync.live import Live
from sync.loaded import Loaded
from sync.marks import Marks
from sync.members import Member
from sync.messages import SyncStatus, SyncStep1, SyncStep2, Update, Updates
from sync.nesting import Depths
from sync.notices import MarksInWords
from sync.pairs import Pairs
from sync.put_off import Change, PutOff, size_of
from sync.slices import SMALL, are_short, is_small
from sync.surveying import Survey
from sync.turns import SLICE, Turns, Work, in_one_go

MOST_REFUSED: Final = 20
"""Changes of a reader whose dialect cannot say no, before the socket is closed."""
MOST_WRITERS: Final = 1000
"""Client ids that one change writes under. A page makes one each time it is loaded."""
SHORT: Final = 2048
"""Bytes of one update that are read in one go, whatever they hold."""


class Changes:
    """What members change in a document, in the order in which it came."""

    def __init__(
        self,
        loaded: Loaded,
        live: Live,
        marks: Marks,
        today: Callable[[], int],
        cpu: Callable[[], float],
    ) -> None:
        self._live = live
        self._marks = marks
        self._today = today
        self._cpu = cpu
        self.marks_told = MarksInWords(marks.all())
        self.growth = Growth(loaded)
        self.suspended = False
        self._survey = Survey(live.state)
        self._pairs = Pairs(live)
        self._put_off = PutOff()
        self._turns = Turns(cpu)
        self._continues = False
        """Whether a call for one more turn is on its way: always while something is under way."""

    # --- what is under way ---------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is under way; `go_on` goes on with it."""
        return self._turns.busy or self._put_off.count > 0

    @property
    def waiting(self) -> tuple[int, int]:
        """How many messages, and bytes, wait behind something long."""
        turns, put_off = self._turns, self._put_off
        return turns.waiting + put_off.count, turns.waiting_bytes + put_off.bytes

    def go_on(self) -> list[Effect]:
        """One turn more. May raise RoomBroken."""
        self._continues = False
        effects = self._turns.go_on() if self._turns.busy else self._survey_on()
        return self._and_on(effects)

    def when_free(self, say: Callable[[], list[Effect]], size: int = 0) -> list[Effect]:
        """Say something of the document, behind a long change that is under way."""
        if not self._turns.busy:
            return say()
        return self._turns.put_off(lambda: at_once(say), size)

    def forget(self, member: MemberId) -> None:
        """Somebody is gone; what they sent is heard to the end, but for what was put off. Who was
        shown out is not heard."""
        self._put_off.forget(member)

    def close(self) -> None:
        """Nothing goes on from here."""
        self._turns.close()

    def _survey_on(self) -> list[Effect]:
        began = self._cpu()
        while not (self._survey.go_on() and self._pairs.go_on()):
            if self._cpu() - began >= SLICE:
                return []
        for one, message in self._put_off.take_all():
            self._turns.put_off(partial(self._later, one, message), size_of(message))
        return self._turns.go_on()

    def _later(self, one: Member, message: Change) -> Work[list[Effect]]:
        """What `receive` does, in turns: for what was put off."""
        if isinstance(message, Updates):
            return at_once(lambda: self._together_later(one, message))
        return self._change(one, message, None)

    def _together_later(self, one: Member, message: Updates) -> list[Effect]:
        if one.out or self._put_off.takes(one, message):
            return []
        together = self._together(one, message)
        if together is None:
            each = map(Update, message.updates)
            self._turns.put_first([(size_of(u), partial(self._later, one, u)) for u in each])
        return together or []

    def _must_come_first(self, structure: guard.Structure) -> bool:
        return self._survey.must_come_first(structure) | self._pairs.must_come_first(structure)

    def _put_aside(self, one: Member, message: Change) -> list[Effect]:
        self._put_off.add(one, message)
        return self._and_on([])

    def _and_on(self, effects: list[Effect]) -> list[Effect]:
        """These effects, and a call for one more turn when there is none yet."""
        if self.busy and not self._continues:
            self._continues = True
            effects.append(Continue())
        return effects

    # --- receiving -----------------------------------------------------------------------------

    def receive(self, one: Member, message: Change) -> list[Effect]:
        """Take a change in, refuse it, or begin with it. May raise RoomBroken."""
        if one.out:
            return []
        if isinstance(message, Update):
            return self.update(one, message)
        if self._put_off.takes(one, message):
            return []
        if isinstance(message, SyncStep2):
            return self._in_turns(one, message)
        together = None if self._turns.busy else self._together(one, message)
        return self._one_by_one(one, message.updates) if together is None else together

    def update(self, one: Member, message: Update) -> list[Effect]:
        """What `receive` does with what comes most: a key that was pressed."""
        if one.out:
            return []
        if self._continues and self._put_off.takes(one, message):
            return []
        if len(message.update) > SHORT or (self._continues and self._turns.busy):
            return self._in_turns(one, message)
        try:
            structure = guard.parse_update(message.update)
            if is_small(structure):
                if bool(one.who.former) and in_one_go(naming_any(structure, one.who.former)):
                    return shown_out(one, Refusal.STALE_EPOCH)
                instead = self._instead(one, message, structure)
                return self._small(one, message, structure) if instead is None else instead
        except Full:
            return self._full(one)
        except Malformed as error:
            return kept_apart(one, error, message.update)
        return self._in_turns(one, message, structure)

    def _small(self, one: Member, message: Update, structure: guard.Structure) -> list[Effect]:
        after = structure.after(self._live.clocks)
        if after is None:
            return self._gap(one)
        one.owed -= 1
        effects = self._take(one, (message.update,), structure, after)
        effects.append(saved(one))
        return effects

    def _in_turns(
        self, one: Member, message: SyncStep2 | Update, read: guard.Structure | None = None
    ) -> list[Effect]:
        if self._turns.busy:
            size = len(message.update)
            return self._turns.put_off(lambda: self._change(one, message, read), size)
        return self._and_on(self._turns.do(self._change(one, message, read)))

    def _change(
        self, one: Member, message: SyncStep2 | Update, read: guard.Structure | None
    ) -> Work[list[Effect]]:
        try:
            if one.out or self._put_off.takes(one, message):
                return []
            if isinstance(message, SyncStep2):
                return (yield from self._step_2(one, message))
            return (yield from self._large(one, message, read))
        except Full:
            return self._full(one)
        except Malformed as error:
            return kept_apart(one, error, message.update)

    def _step_2(self, one: Member, message: SyncStep2) -> Work[list[Effect]]:
        """The answer to a step 1 of ours. The first one of a stay is acknowledged as such, a
        later one only in place of what is owed."""
        structure = yield from self._live.reading(message.update)
        if (yield from naming_any(structure, one.who.former)):
            return shown_out(one, Refusal.STALE_EPOCH)
        if one.who.may_write and self._must_come_first(structure):
            return self._put_aside(one, message)
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
            return held_back(one) if self._is_news(structure) else self._settle(one)
        after = yield from structure.fitting(self._live.clocks)
        if after is None:
            if one.unanswered == 0:
                # it answered the state we have now and still does not fit: no honest client
                raise Malformed("a step 2 that does not fit the state it answers")
            return []
        taken = yield from self._taking(one, message.update, structure, after)
        return taken + self._settle(one)

    def _large(
        self, one: Member, message: Update, read: guard.Structure | None
    ) -> Work[list[Effect]]:
        structure = (yield from guard.reading(message.update)) if read is None else read
        if (yield from naming_any(structure, one.who.former)):
            return shown_out(one, Refusal.STALE_EPOCH)
        instead = self._instead(one, message, structure)
        if instead is not None:
            return instead
        after = yield from structure.fitting(self._live.clocks)
        if after is None:
            return self._gap(one)
        one.owed -= 1
        taken = yield from self._taking(one, message.update, structure, after)
        return [*taken, saved(one)]

    def _instead(
        self, one: Member, message: Update, structure: guard.Structure
    ) -> list[Effect] | None:
        """What happens in place of taking an update; None: it may be taken, and is owed."""
        if not one.who.may_write:
            return self._refuse(one, Refusal.READ_ONLY)
        if self._must_come_first(structure):
            return self._put_aside(one, message)
        one.owed += 1
        return held_back(one) if self.suspended else None

    def _together(self, one: Member, message: Updates) -> list[Effect] | None:
        """Changes that came in one read, as one: one row, one broadcast, and an acknowledgement
        for each. None when they have to be looked at one by one."""
        updates = message.updates
        if not one.who.may_write or self.suspended:
            return None
        if len(max(updates, key=len)) > SHORT:
            return None
        try:
            parsed = parse_in_turn(updates, self._live.clocks, SMALL)
            if parsed is None or not are_short(parsed[0].deletes):
                return None
            if in_one_go(naming_any(parsed[0], one.who.former)):
                return shown_out(one, Refusal.STALE_EPOCH)
            if self._must_come_first(parsed[0]):
                return self._put_aside(one, message)
            return self._take(one, updates, *parsed) + [saved(one)] * len(updates)
        except (Malformed, Full):
            # one of them is; what came before it is honest, and counts
            return None

    def _one_by_one(self, one: Member, updates: Sequence[bytes]) -> list[Effect]:
        return [said for update in map(Update, updates) for said in self.update(one, update)]

    # --- taking --------------------------------------------------------------------------------

    def _take(
        self,
        one: Member,
        updates: Sequence[bytes],
        structure: guard.Structure,
        after: Mapping[int, int],
    ) -> list[Effect]:
        writes = self._writes(one, structure)
        depths = self._survey.measured(structure, self._live.clocks)
        brings_pairs = self._pairs.judge(updates, structure, self._live.clocks, writes)
        emitted = self._live.apply(updates, structure)
        if brings_pairs and emitted is not None:
            self._pairs.take(emitted, after, writes)
        return self._taken(one, structure, writes, depths, after, emitted)

    def _taking(
        self, one: Member, update: bytes, structure: guard.Structure, after: Mapping[int, int]
    ) -> Work[list[Effect]]:
        writes = self._writes(one, structure)
        depths = yield from self._survey.measuring(structure, self._live.clocks)
        known = self._live.clocks
        brings_pairs = yield from self._pairs.judging((update,), structure, known, writes)
        emitted = yield from self._live.applying(update, structure)
        if brings_pairs and emitted is not None:
            yield from self._pairs.taking(emitted, after, writes)
        return self._taken(one, structure, writes, depths, after, emitted)

    def _writes(self, one: Member, structure: guard.Structure) -> dict[int, int]:
        """From which clocks on a change writes; raises Malformed when it may not, Full when it
        cannot."""
        writes = structure.writes(self._live.clocks)
        if not self._marks.bind(one.who.author, writes):
            raise Malformed("a change under somebody else's client id")
        if len(writes) > MOST_WRITERS:
            raise Malformed("a change under too many client ids")
        if writes and self.growth.is_full(self._live.state):
            raise Full
        return writes

    def _taken(
        self,
        one: Member,
        structure: guard.Structure,
        writes: dict[int, int],
        depths: Depths | None,
        after: Mapping[int, int],
        emitted: bytes | None,
    ) -> list[Effect]:
        """Say what the server's own document emitted: never a client's raw bytes."""
        if emitted is None:
            if writes:
                self._live.restore()
                raise Malformed("a change without a gap did not integrate")
            return []
        self._live.take(emitted, after)
        self._survey.note(structure, writes, depths)
        today = self._today()
        new_marks = self._marks.write(one.who.author, writes, today)
        effects: list[Effect] = [Append(emitted, one.who.author, today, new_marks)]
        if (state := self._live.checkpoint()) is not None:
            effects.append(Checkpoint(state))
        effects.append(Broadcast(Update(emitted), besides=one.who.member))
        if new_marks:
            effects.append(Broadcast(self.marks_told.add(new_marks)))
        effects += self.growth.grew(len(emitted), self._live.state)
        return effects

    # --- instead of taking ---------------------------------------------------------------------

    def ask(self, one: Member) -> Effect:
        """Our step 1: what does this member have that we do not?"""
        one.unanswered += 1
        self._live.nothing_new()  # so that the answer is known when it comes
        return Send(one.who.member, SyncStep1(self._live.state_vector()))

    def _gap(self, one: Member) -> list[Effect]:
        return [self.ask(one)] if one.unanswered == 0 else []

    def _settle(self, one: Member) -> list[Effect]:
        """Acknowledge all that is owed, once our latest step 1 was answered: the answer was
        made after everything the client had sent, so it holds it all."""
        if one.unanswered:
            return []
        owed, one.owed = one.owed, 0
        return [saved(one)] * owed

    def _readers_step_2(self, one: Member, structure: guard.Structure) -> list[Effect]:
        """Every honest reader answers our step 1; only news in it is a change."""
        if self._is_news(structure):
            one.owed = 0
            return self._refuse(one, Refusal.READ_ONLY)
        return self._settle(one)

    def _is_news(self, structure: guard.Structure) -> bool:
        """Whether a step 2 adds or deletes anything."""
        return bool(structure.writes(self._live.clocks) or structure.deletes)

    def _full(self, one: Member) -> list[Effect]:
        one.owed = 0
        return self._refuse(one, Refusal.FULL)

    def _refuse(self, one: Member, refusal: Refusal) -> list[Effect]:
        one.refused += 1
        if not one.who.acknowledged and one.refused > MOST_REFUSED:
            return shown_out(one, refusal)
        return [Send(one.who.member, SyncStatus(saved=False)), *refused(one, refusal)]
