"""Listening to what members say about their own place: of each at most ten times a second.

What comes in between is not lost: the last word under each client id counts.
"""

from __future__ import annotations

from sync.answers import shown_out
from sync.effects import Effect, MemberId
from sync.errors import Malformed
from sync.members import Member
from sync.presence import SHORTEST_PAUSE, Presence


class Hearing:
    """Who has said something that was not taken in yet."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._unheard: dict[MemberId, Member] = {}

    def spoke(self, one: Member) -> None:
        """A member said something; it is in `one.told`."""
        self._unheard[one.who.member] = one

    def left(self, member: MemberId) -> None:
        """A member is gone."""
        self._unheard.pop(member, None)

    def hear(self, now: float) -> list[Effect]:
        """Take in what is due; who said what nothing honest says is shown out."""
        effects: list[Effect] = []
        for member, one in list(self._unheard.items()):
            if now >= one.heard_at + SHORTEST_PAUSE:
                del self._unheard[member]
                effects += self._take_in(one, now)
        return effects

    def _take_in(self, one: Member, now: float) -> list[Effect]:
        told, one.told, one.heard_at = one.told.values(), {}, now
        who = one.who
        try:
            self._presence.see(who.member, who.author, who.role, who.function, told, now)
        except Malformed:
            return shown_out(one)
        return []

    def next_at(self, now: float) -> float | None:
        """When something is due: to be heard, or to be told."""
        at = self._presence.next_frame_at(now)
        if not self._unheard:
            return at
        heard = min(one.heard_at for one in self._unheard.values()) + SHORTEST_PAUSE
        return heard if at is None else min(at, heard)
