"""What a room says to one member when something of theirs was taken, refused or held back."""

from __future__ import annotations

from collections.abc import Callable

from sync.effects import Effect, Expel, Quarantine, Refused, Send
from sync.errors import Malformed, Refusal
from sync.members import Member
from sync.messages import SyncStatus
from sync.notices import refused_notice, unavailable_notice
from sync.turns import Work


def saved(one: Member) -> Effect:
    """One frame of theirs is on the disk, once this is performed."""
    return Send(one.who.member, SyncStatus(saved=True))


def refused(one: Member, refusal: Refusal) -> list[Effect]:
    """Something of theirs was not taken; they stay."""
    member = one.who.member
    return [Refused(member, refusal), Send(member, refused_notice(refusal))]


def shown_out(one: Member, refusal: Refusal = Refusal.MALFORMED) -> list[Effect]:
    """Their stay ends here, and with it what of theirs still waits."""
    member, one.out = one.who.member, True
    return [Refused(member, refusal), Expel(member, refusal)]


def kept_apart(one: Member, error: Malformed, change: bytes) -> list[Effect]:
    """What they sent is kept for who has to find out what it was, and their stay ends."""
    return [Quarantine(one.who.member, one.who.author, str(error), change), *shown_out(one)]


def held_back(one: Member) -> list[Effect]:
    """What they sent waits with them until the log can be written."""
    return [
        Refused(one.who.member, Refusal.STORAGE),
        Send(one.who.member, unavailable_notice()),
    ]


def at_once(say: Callable[[], list[Effect]]) -> Work[list[Effect]]:
    """Something short, as a piece of work."""
    yield from ()
    return say()
