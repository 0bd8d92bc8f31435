"""What the server tells a page beside the documents: JSON with a `kind`, in Stateless messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from models.journal import Mark
from sync.errors import CATALOGUE, Refusal
from sync.messages import Stateless


def _notice(kind: str, **more: object) -> Stateless:
    return Stateless(json.dumps({"kind": kind, **more}, separators=(",", ":")))


class MarksInWords:
    """Who writes from which clock on: `[client, clock, organisation, name, at]` each. An old
    document has ten thousand marks, so each is put in words once, and all are joined once for
    whoever comes until there is a new one."""

    def __init__(self, known: Iterable[Mark]) -> None:
        self._known: Iterable[Mark] = known
        self._told: list[str] | None = None
        self._all: Stateless | None = None

    def all(self) -> Stateless:
        """Every mark, for somebody who comes in."""
        if self._told is None:
            self._told = [_in_words(mark) for mark in self._known]
            self._known = ()
        if self._all is None:
            self._all = _marks_notice(self._told)
        return self._all

    def add(self, new: Sequence[Mark]) -> Stateless:
        """Marks that were made now, for everybody."""
        told = [_in_words(mark) for mark in new]
        if self._told is None:
            self._known = (*self._known, *new)
        else:
            self._told += told
        self._all = None
        return _marks_notice(told)


def _marks_notice(told: Iterable[str]) -> Stateless:
    return Stateless(f'{{"kind":"marks","marks":[{",".join(told)}]}}')


def _in_words(mark: Mark) -> str:
    said = [mark.client, mark.clock, mark.author.organisation, mark.author.name, mark.at]
    return json.dumps(said, separators=(",", ":"))


def refused_notice(refusal: Refusal) -> Stateless:
    """Why a frame was refused, and whether it is sent again by itself."""
    return _notice("refused", reason=refusal, retry=CATALOGUE[refusal].retry)


def large_notice(size: int, most: int) -> Stateless:
    """The document has become large: `size` bytes of the `most` that it may be."""
    return _notice("large", size=size, most=most)


def come_back_notice(seconds: int) -> Stateless:
    """Too much was sent for too long; the socket closes next. Come back in `seconds`."""
    return _notice("come-back", reason=Refusal.TOO_MANY, seconds=seconds)


def unavailable_notice() -> Stateless:
    """The server cannot store now; it asks again when it can."""
    return _notice("unavailable", reason=Refusal.STORAGE)


def incident_changed_notice() -> Stateless:
    """The incident's phase, participations or GRIP levels changed: a page shows them anew."""
    return _notice("incident-changed")


def moving_notice(seconds: int) -> Stateless:
    """The server is about to stop or restart; come back after so many seconds, and not before."""
    return _notice("moving", seconds=seconds)


def session_ended_notice() -> Stateless:
    """The session behind this socket has ended; the socket closes next."""
    return _notice("session-ended")
