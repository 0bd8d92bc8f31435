"""What a replay has to do: where the room stands, and what comes after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from server.demo import pen
from server.demo.entries import (
    ActionEntry,
    DecisionEntry,
    Deed,
    GripEntry,
    Line,
    PhaseEntry,
    StateEntry,
    Written,
)
from server.demo.material import Story
from server.demo.sheet import Sheet

Look = Callable[[Written], Sheet]
"""Shows the document that a deed belongs in."""

LONGEST_QUIET: Final = 20.0
"""Seconds that nothing may happen at speed 1, however long it was quiet in the story."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A deed, and how many seconds of quiet come before it."""

    deed: Deed
    quiet: float


def remaining(
    story: Story,
    look: Look,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Deed]:
    """What is still to be done, in order.

    Without `start`: everything behind the last thing that the room shows, and before it what
    was left half-written. With `start`: everything from there on that the room does not show.
    """
    deeds = [deed for deed in story.timeline if end is None or deed.at <= end]
    if start is not None:
        later = [deed for deed in deeds if deed.at >= start]
        return [deed for deed in later if not _shown(look, deed)]
    reached = _reached(deeds, look)
    unfinished = [deed for deed in deeds[:reached] if _begun(look, deed)]
    return unfinished + deeds[reached:]


def cues(deeds: Sequence[Deed], speed: float) -> list[Cue]:
    """The deeds with the quiet before each: as in the story, but never long, and divided by the
    speed."""
    script = [Cue(deed, 0.0) for deed in deeds[:1]]
    for before, after in pairwise(deeds):
        gap = max(0.0, (after.at - before.at).total_seconds())
        script.append(Cue(after, min(gap, LONGEST_QUIET) / speed))
    return script


def waits_for(deed: Deed) -> tuple[str, ...]:
    """The ids of the deeds that must be done before this one."""
    match deed:
        case Line(replaces=replaces):
            return replaces
        case ActionEntry(decision=str(decision)):
            return (decision,)
        case StateEntry(action=action):
            return (action,)
        case _:
            return ()


def told(deed: Deed) -> str:
    """What is being done, in a few words for a terminal."""
    match deed:
        case GripEntry():
            return f"{deed.org} GRIP {deed.level}"
        case PhaseEntry():
            return f"phase {deed.phase.value}"
        case Line():
            return f"{deed.theme.value}: {deed.text}"
        case DecisionEntry():
            return f"decision {deed.number}: {deed.title}"
        case ActionEntry():
            return f"action: {deed.what}"
        case StateEntry():
            return f"action {deed.state.value}"
        case _:
            return f"{deed.label}: {deed.value} {deed.unit}"


def _reached(deeds: Sequence[Deed], look: Look) -> int:
    """The place behind the last text that the room shows. States and figures do not count: they
    can have come to the same value by somebody's own hand."""
    reached = 0
    for place, deed in enumerate(deeds, start=1):
        if isinstance(deed, Line | DecisionEntry | ActionEntry) and _shown(look, deed):
            reached = place
    return reached


def _shown(look: Look, deed: Deed) -> bool:
    return not isinstance(deed, GripEntry | PhaseEntry) and pen.is_written(look(deed), deed)


def _begun(look: Look, deed: Deed) -> bool:
    return not isinstance(deed, GripEntry | PhaseEntry) and pen.is_begun(look(deed), deed)
