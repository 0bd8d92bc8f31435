"""What the server tells a page beside the documents: JSON with a `kind`, in Stateless messages."""

from __future__ import annotations

import json
from collections.abc import Iterable

from models.journal import Mark
from sync.errors import CATALOGUE, Refusal
from sync.messages import Stateless


def _notice(kind: str, **more: object) -> Stateless:
    return Stateless(json.dumps({"kind": kind, **more}, separators=(",", ":")))


def told_marks(told: Iterable[str]) -> Stateless:
    """Who writes from which clock on, of marks in words: an old document has ten thousand."""
    return Stateless(f'{{"kind":"marks","marks":[{",".join(told)}]}}')


def told_mark(mark: Mark) -> str:
    """One mark in words: `[client, clock, organisation, name, at]`."""
    said = [mark.client, mark.clock, mark.author.organisation, mark.author.name, mark.at]
    return json.dumps(said, separators=(",", ":"))


def refused_notice(refusal: Refusal) -> Stateless:
    """Why a frame was refused, and whether it is sent again by itself."""
    return _notice("refused", reason=refusal, retry=CATALOGUE[refusal].retry)


def unavailable_notice() -> Stateless:
    """The server cannot store now; it asks again when it can."""
    return _notice("unavailable", reason=Refusal.STORAGE)


def incident_changed_notice() -> Stateless:
    """The incident's phase, participations or GRIP levels changed: a page shows them anew."""
    return _notice("incident-changed")


def moving_notice() -> Stateless:
    """The server is about to stop or restart."""
    return _notice("moving")


def session_ended_notice() -> Stateless:
    """The session behind this socket has ended; the socket closes next."""
    return _notice("session-ended")
