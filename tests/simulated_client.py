"""A browser in the simulator: its document, its socket, and the provider's way of counting."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pycrdt import Doc, Map, Text

from models.documents import DocumentName
from models.vocabulary import IncidentId, Role
from server.frames import framed
from sync import codec
from sync.codec import Hocuspocus
from sync.effects import MemberId
from sync.errors import Refusal
from sync.messages import (
    Addressed,
    Authenticated,
    FromClient,
    FromServer,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Update,
)

NAME: Final = DocumentName(IncidentId("sim"), "picture")
SPELLING: Final = f"{NAME}@1"


def unframed(frames: bytes) -> Iterator[bytes]:
    """The messages in a run of websocket frames, as a browser reads them."""
    at = 0
    while at < len(frames):
        assert frames[at] == 0x82
        size, at = frames[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(frames[at : at + width], "big"), at + width
        yield frames[at : at + size]
        at += size


@dataclass
class Wire:
    """One socket: two queues in order. Cutting it loses what is on its way."""

    client: Client
    member: MemberId
    to_server: deque[bytes] = field(default_factory=deque)
    to_client: deque[bytes] = field(default_factory=deque)
    cut: bool = False
    behind: bool = False

    def write(self, frames: bytes) -> None:
        if not self.cut:
            self.to_client.extend(unframed(frames))

    dialect = Hocuspocus()
    actor = None

    def say(self, spelling: str, message: FromServer) -> bool:
        self.write(framed(codec.encode(spelling, message)))
        return True

    def expelled(self, spelling: str, refusal: Refusal) -> None:
        raise AssertionError("an honest client was expelled")

    def hang_up(self, refusal: Refusal) -> None:
        self.cut = True


@dataclass
class Client:
    """A browser: its document, and the provider's count of what is not acknowledged."""

    name: str
    role: Role
    doc: Doc[Any] = field(default_factory=Doc)
    wire: Wire | None = None
    unsynced: int = 0
    wrote: list[str] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)
    received: set[str] = field(default_factory=set)
    applying: bool = False

    def __post_init__(self) -> None:
        self._subscription = self.doc.observe(self._changed)

    @property
    def may_write(self) -> bool:
        return self.role in {Role.EDITOR, Role.COORDINATOR}

    def _changed(self, event: Any) -> None:
        if not self.applying and self.wire is not None:
            self.unsynced += 1
            self._post(Update(event.update))

    def _post(self, message: FromClient) -> None:
        if self.wire is not None and not self.wire.cut:
            self.wire.to_server.append(codec.encode(SPELLING, message))

    def connect(self, wire: Wire) -> None:
        self.wire = wire
        self.unsynced = 1
        self._post(SyncStep1(self.doc.get_state()))

    def write(self, rng: random.Random, token: str) -> None:
        text = self.doc.get("t", type=Text)
        self.wrote.append(token)
        text.insert(rng.randint(0, len(str(text)) // 6) * 6, token)

    def erase(self, rng: random.Random) -> None:
        notes = self.doc.get("n", type=Text)
        if len(str(notes)) > 4:
            at = rng.randrange(len(str(notes)) - 3)
            del notes[at : at + 3]
        notes += "note"

    def set(self, rng: random.Random) -> None:
        self.doc.get("m", type=Map)[rng.choice("abc")] = rng.random()

    def receive(self, frame: bytes) -> None:
        decoded = codec.decode_from_server(frame)
        assert isinstance(decoded, Addressed)
        match decoded.message:
            case SyncStep1(state_vector):
                self._post(SyncStep2(self.doc.get_update(state_vector)))
            case SyncStep2(update) | Update(update):
                self.applying = True
                self.doc.apply_update(update)
                self.applying = False
                self.received |= tokens(self.doc) - set(self.wrote)
            case SyncStatus(True):
                assert self.unsynced > 0, f"{self.name} was acknowledged too often"
                self.unsynced -= 1
            case Authenticated():
                pass
        if self.unsynced == 0 and self.may_write:
            self.saved |= set(self.wrote)


def tokens(doc: Doc[Any]) -> set[str]:
    text = str(doc.get("t", type=Text))
    return {text[at : at + 6] for at in range(0, len(text), 6)}
