"""What pages and other programs have in common: a document that somebody writes in."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pycrdt import Doc, Map, Text, TransactionEvent

from models.documents import DocumentName
from models.policy import Actor
from sync.errors import Refusal
from sync.messages import SyncStep2, Update
from tests.simulation.network import LOST, Closed, Wire
from tests.simulation.witness import Place, Witness
from tests.simulation.world import TOKEN, Rights, tokens_in


class Paper:
    """A document as a client holds it, under a client id of its own. `wrote` is called with each
    change that is made here; `seen` are the tokens in it."""

    def __init__(self, witness: Witness, actor: Actor, wrote: Callable[[bytes], None]) -> None:
        self.doc: Doc[Any] = Doc(client_id=witness.new_client_id(actor.person))
        self.seen: set[str] = set()
        self._witness = witness
        self._wrote = wrote
        self._actor = actor
        self._applying = self._in_step = False
        self._subscription = self.doc.observe(self._changed)

    def _changed(self, event: TransactionEvent) -> None:
        if not self._applying:
            self._wrote(event.update)

    def new_line(self) -> None:
        """A new stay begins: until its step 1 is answered, something may be missing."""
        self._in_step = False

    def write(self, rng: random.Random, token: str) -> None:
        """Insert a token between two others."""
        text = self.doc.get("t", type=Text)
        self.seen.add(token)
        text.insert(rng.randint(0, len(str(text)) // TOKEN) * TOKEN, token)

    def erase(self, rng: random.Random) -> None:
        """Delete anybody's notes, and make one."""
        notes = self.doc.get("n", type=Text)
        if len(str(notes)) > 4:
            at = rng.randrange(len(str(notes)) - 3)
            del notes[at : at + 3]
        notes += "note"

    def set(self, rng: random.Random) -> None:
        """Write over a key of a map."""
        self.doc.get("m", type=Map)[rng.choice("abc")] = rng.randrange(1000)

    def take(self, message: SyncStep2 | Update, place: Place, wire: Wire) -> None:
        """What the server sent: whatever is new in it must be stored already. An answer to our
        step 1 fits on what we have, and so does everything after it."""
        self._in_step |= isinstance(message, SyncStep2)
        if self._in_step and not wire.ever_behind:
            self._witness.fits(message.update, self.doc, self._actor.name)
        self.load(message.update)
        now = set(tokens_in(self.doc))
        self._witness.promised(place, now - self.seen, self._actor.name)
        self.seen |= now

    def load(self, update: bytes) -> None:
        """What was known before."""
        self._applying = True
        self.doc.apply_update(update)
        self._applying = False


class Client:
    """Somebody with a socket, or without one. `wrote` is all that they ever wrote, `kept` what
    they hold as copies because it was refused."""

    def __init__(self, actor: Actor, rights: Rights, witness: Witness) -> None:
        self.actor = actor
        self.name = actor.name
        self.wire: Wire | None = None
        self.wrote: dict[DocumentName, list[str]] = defaultdict(list)
        self.kept: set[str] = set()
        self.rights = rights
        self.witness = witness

    def put_aside(self, tokens: set[str], refusal: Refusal) -> None:
        """The server refused something for a reason, and said so: its writer keeps it."""
        assert self.rights.had_cause(self.actor, refusal), f"{self.name} was refused: {refusal}"
        self.kept |= tokens
        self.witness.figures["put aside"] += 1

    def hang_up(self) -> None:
        """Close the socket; what was sent before still arrives."""
        wire, self.wire = self.wire, None
        if wire is not None:
            wire.to_client.clear()
            wire.send(LOST)
            self.lost()

    def closed(self, why: Closed) -> None:
        """The socket is gone."""
        assert why.refusal not in {Refusal.MALFORMED, Refusal.INTERNAL}, f"{self.name}: {why}"
        if self.wire is not None:
            self.hang_up()

    def lost(self) -> None:
        """There is no line any more."""
