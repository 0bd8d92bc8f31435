"""The network: sockets whose frames stay in order, lines that break, and lines that go silent.

Within one socket nothing overtakes anything; between sockets everything may. A line that is cut
off loses what is sent into it without either side knowing; because a piece of the stream is gone,
nothing arrives on it ever again, and each side finds out by itself, by waiting too long.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final, Protocol

from server.connection import Connection
from sync.errors import Refusal
from tests.simulation.world import Fuse


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a stream; the server's own says why."""

    refusal: Refusal | None = None


LOST: Final = Closed()
Piece = bytes | Closed


class Caller(Protocol):
    """A client, as its socket sees it."""

    name: str
    wire: Wire | None

    def receive(self, frame: bytes) -> None:
        """One frame from the server."""

    def closed(self, why: Closed) -> None:
        """The socket is gone."""


@dataclass(eq=False)
class Wire:
    """One socket: two queues in order, a client at one end and a connection at the other."""

    client: Caller
    fuse: Fuse
    to_server: deque[Piece] = field(default_factory=deque)
    to_client: deque[Piece] = field(default_factory=deque)
    silent: bool = False
    connection: Connection | None = None
    """The server's end, until the server knows that the socket is gone."""
    epoch: int = 0
    """Of the documents, when the socket was opened: a server lives in one epoch."""

    ever_behind: bool = False
    """Whether the client ever did not keep up: then it may be told something before the one
    difference that holds all it missed."""

    @property
    def held(self) -> bool:
        """Whether the client still takes this for its line."""
        return self.client.wire is self

    def go_silent(self) -> None:
        """What is on its way is lost, and so is all that follows."""
        self.silent = True
        self.to_server.clear()
        self.to_client.clear()

    def send(self, piece: Piece) -> None:
        """From the client."""
        if not self.silent:
            self.to_server.append(piece)

    # --- the server's end, as a connection writes to it ----------------------------------------

    def write(self, frames: bytes) -> None:
        self.fuse.burn()
        if not self.silent and self.held:
            self.to_client.extend(unframed(frames))

    def rest(self, seconds: float) -> None:
        """What is not read yet waits; here it waits for any time anyway."""

    def close(self, code: int, reason: str) -> None:
        self.fuse.burn()
        if not self.silent and self.held:
            self.to_client.append(Closed(Refusal(reason)))

    def waiting(self) -> int:
        return 0

    def in_one_write(self) -> AbstractContextManager[None]:
        return nullcontext()  # what leaves together may as well be lost one by one


class Network:
    """Every socket that one side at least believes in, and who cannot be reached at all."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.wires: list[Wire] = []
        self.cut_off: set[str] = set()

    def joined(self, wire: Wire) -> None:
        """A socket opened at both ends."""
        self.wires.append(wire)

    def tidy(self) -> None:
        """Forget sockets that neither side believes in."""
        self.wires = [one for one in self.wires if one.held or one.connection is not None]

    def part(self, names: set[str]) -> None:
        """A group of clients is cut off: their lines go silent, and no new one can be made."""
        self.cut_off = names
        for wire in self.wires:
            if wire.client.name in names:
                wire.go_silent()

    def heal(self) -> None:
        """Everybody can be reached again; a line that went silent stays so."""
        self.cut_off = set()

    def server_died(self) -> None:
        """All the server's ends are gone: some clients still get what was on its way and see
        their line break, others hear nothing more."""
        for wire in self.wires:
            wire.connection = None
            if self._rng.random() < 0.2:
                wire.go_silent()
            elif not wire.silent:
                if self._rng.random() < 0.5:
                    wire.to_client.clear()
                wire.to_client.append(LOST)


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
