"""Another program on the plain y-websocket dialect: one document on one socket, nothing is ever
acknowledged, and everything that the server lacks is sent again on each new socket."""

from __future__ import annotations

import random
from typing import Final

from models.documents import DocumentName
from models.policy import Actor
from sync import lib0
from sync.codec import read_sync
from sync.errors import CATALOGUE, Refusal
from sync.messages import MessageType, SyncStep1, SyncStep2, SyncType, Update
from sync.plain import Plain
from tests.simulation.clients import Client, Paper
from tests.simulation.network import Closed, Wire
from tests.simulation.witness import Witness
from tests.simulation.world import DOCUMENTS, Rights, tokens_in

_FINAL: Final = range(4400, 4500)
"""Close codes after which a program does not come back by itself."""


class Program(Client):
    """A program that writes whether it may or not; it is told nothing but its end. Only one that
    names the epoch knows in which one it is."""

    def __init__(self, actor: Actor, rights: Rights, witness: Witness, names_epoch: bool) -> None:
        super().__init__(actor, rights, witness)
        self.document: DocumentName = DOCUMENTS[0]
        self.wants_line = True
        self._names_epoch = names_epoch
        self._begin()

    def _begin(self) -> None:
        self._epoch = self.witness.epoch(self.document)
        self.paper = Paper(self.witness, self.actor, self._wrote)

    @property
    def spelling(self) -> str:
        return f"{self.document}@{self._epoch}" if self._names_epoch else str(self.document)

    @property
    def dialect(self) -> Plain:
        return Plain(self.spelling)

    def write(self, rng: random.Random, token: str) -> None:
        self.wrote[self.document].append(token)
        self.paper.write(rng, token)

    def _wrote(self, update: bytes) -> None:
        self._post(SyncType.UPDATE, update)

    def _post(self, kind: SyncType, data: bytes) -> None:
        if self.wire is not None:
            self.wire.send(bytes((MessageType.SYNC, kind)) + lib0.block(data))

    def opened(self, wire: Wire) -> None:
        self.wire = wire
        self.wants_line = True
        self.paper.new_line()
        self._post(SyncType.STEP_1, self.paper.doc.get_state())

    def receive(self, frame: bytes) -> None:
        reader = lib0.Reader(frame)
        if reader.number() == MessageType.AWARENESS:
            return
        match message := read_sync(reader):
            case SyncStep1(state_vector):
                self._post(SyncType.STEP_2, self.paper.doc.get_update(state_vector))
            case SyncStep2() | Update():
                assert self.wire is not None
                self.paper.take(message, (self.document, self.wire.epoch), self.wire)

    def closed(self, why: Closed) -> None:
        super().closed(why)
        if why.refusal is None or CATALOGUE[why.refusal].close not in _FINAL:
            return
        self.wants_line = why.refusal in {Refusal.STALE_EPOCH, Refusal.READ_ONLY}
        if why.refusal is not Refusal.SESSION_ENDED:
            self.put_aside(set(tokens_in(self.paper.doc)), why.refusal)
            self._begin()

    def reload(self) -> None:
        """The program is started again, and reads what it had from its disk."""
        self.hang_up()
        self.wants_line = True
        old = self.paper
        self.paper = Paper(self.witness, self.actor, self._wrote)
        self.paper.load(old.doc.get_update())
        self.paper.seen |= old.seen

    def has_settled(self) -> None:
        """It reads what everybody reads; what it may not write it still has itself."""
        if self.rights.may_write(self.actor, self.document):
            self.witness.converged(self.document, self.paper.doc, self.name)
        self.witness.accounted_for(self.wrote, self.kept | self.paper.seen, self.name)
