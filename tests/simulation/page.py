"""A page in a browser: its documents on one socket, the provider's way of counting, and what it
does with text that the server will not have (`web/src/docs/replica.ts`, `refusals.ts`)."""

from __future__ import annotations

import json
import random
from typing import Any, Final

from models.documents import DocumentName
from models.policy import Actor
from sync import codec
from sync.codec import Hocuspocus
from sync.errors import Refusal
from sync.messages import (
    Addressed,
    Authenticated,
    Awareness,
    Close,
    FromClient,
    FromServer,
    PermissionDenied,
    Stateless,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
)
from tests.simulation.clients import Client, Paper
from tests.simulation.network import Wire
from tests.simulation.witness import Witness
from tests.simulation.world import DOCUMENTS, Rights

DIALECT: Final = Hocuspocus()
NO_TOKEN: Final = ""
"""A change that writes no token."""


class Replica:
    """One life of a document in a page. `former` is what the life before it was known to have:
    it stays on the device until this one is in step, and is then compared with it for what a
    restore took away."""

    def __init__(
        self, page: Page, document: DocumentName, epoch: int, former: frozenset[str] = frozenset()
    ) -> None:
        self.page = page
        self.document = document
        self.epoch = epoch
        self.spelling = f"{document}@{epoch}"
        self.paper = Paper(page.witness, page.actor, self._wrote)
        self.may_write = page.rights.may_write(page.actor, document)
        self.unsynced = 0
        self.unsent: list[str] = []
        self.shut = False
        self.former = former
        self._token = NO_TOKEN
        self._exchanged = self._admitted = False

    # --- writing -------------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        return self.may_write and not self.shut

    def write(self, rng: random.Random, token: str) -> None:
        self.page.wrote[self.document].append(token)
        self._token = token
        self.paper.write(rng, token)
        self._token = NO_TOKEN

    def _wrote(self, update: bytes) -> None:
        self.unsent.append(self._token)
        if self.page.wire is not None:
            self.unsynced += 1
            self._post(Update(update))

    def _post(self, message: FromClient) -> None:
        if self.page.wire is not None:
            self.page.wire.send(codec.encode(self.spelling, message))

    # --- in step -------------------------------------------------------------------------------

    def greet(self) -> None:
        """A new socket, or a new document on it."""
        self.unsynced = 1
        self.paper.new_line()
        self._exchanged = self._admitted = False
        if not self.shut:
            self._post(Token("session"))
            self._post(SyncStep1(self.paper.doc.get_state()))

    def take(self, message: FromServer) -> None:
        match message:
            case SyncStep1(state_vector):
                self._post(SyncStep2(self.paper.doc.get_update(state_vector)))
            case SyncStep2() | Update():
                assert self.page.wire is not None
                self.paper.take(message, (self.document, self.epoch), self.page.wire)
                if isinstance(message, SyncStep2):
                    self._compare_with_former()
            case SyncStatus(saved):
                self._counted() if saved else self._refuse(Refusal.READ_ONLY)
            case Authenticated(may_write):
                self.may_write, self._admitted = may_write, True
            case PermissionDenied(reason):
                self._refuse(Refusal(reason))
            case Stateless(payload):
                self._noticed(json.loads(payload))
            case Awareness() | Close():
                pass

    def _noticed(self, notice: dict[str, Any]) -> None:
        if notice["kind"] == "refused" and not notice["retry"]:
            self._refuse(Refusal(notice["reason"]))

    def _counted(self) -> None:
        """Confirmations come in order, one for the exchange and one for each change since; only
        when nothing is left it is known that the exchange was among them."""
        assert self.unsynced > 0, f"{self.page.name} was acknowledged too often"
        self.unsynced -= 1
        if self.unsynced == 0 and self._admitted:
            self._exchanged = True
        if self._exchanged:
            self._stored_all_but(self.unsynced)

    def _stored_all_but(self, left: int) -> None:
        stored = self.unsent[: max(0, len(self.unsent) - left)]
        del self.unsent[: len(stored)]
        self.page.witness.promised(
            (self.document, self.epoch), set(stored) - {NO_TOKEN}, self.page.name
        )

    @property
    def waiting(self) -> set[str]:
        """The tokens that nobody has confirmed."""
        return set(self.unsent) - {NO_TOKEN}

    @property
    def known(self) -> frozenset[str]:
        """The tokens that the server is known to have had."""
        return frozenset(self.paper.seen - self.waiting)

    # --- refused -------------------------------------------------------------------------------

    def _refuse(self, refusal: Refusal) -> None:
        """What is unsent becomes a copy, and a fresh document begins where there is one."""
        if self.shut:
            return
        self.page.put_aside(self.waiting, refusal)
        self._post(Close())
        self.shut = True
        if refusal is not Refusal.STALE_EPOCH:
            self.page.let_go |= self.known
        match refusal:
            case Refusal.READ_ONLY:
                self.page.begin_again(self, self.epoch, self.former)
                self.page.hang_up()
            case Refusal.STALE_EPOCH:
                now = self.page.witness.epoch(self.document)
                self.page.begin_again(self, now, self.former | self.known)
            case Refusal.FORBIDDEN | Refusal.UNKNOWN_DOCUMENT:
                self.unsent.clear()
            case _:
                raise AssertionError(f"an honest page was refused: {refusal}")

    def _compare_with_former(self) -> None:
        self.page.kept |= self.former - self.paper.seen
        self.former = frozenset()

    def reloaded(self) -> Replica:
        """The same after a reload: what the device kept, under a new client id."""
        fresh = Replica(self.page, self.document, self.epoch, self.former)
        fresh.paper.load(self.paper.doc.get_update())
        fresh.paper.seen |= self.paper.seen
        fresh.unsent = list(self.unsent)
        return fresh


class Page(Client):
    """Somebody's page with both documents on one socket. `let_go` is what it knew to be
    stored when it let go of a document because of its rights."""

    def __init__(self, actor: Actor, rights: Rights, witness: Witness) -> None:
        super().__init__(actor, rights, witness)
        self.let_go: set[str] = set()
        self.replicas = {name: Replica(self, name, witness.epoch(name)) for name in DOCUMENTS}

    dialect = DIALECT
    spelling = None

    @property
    def wants_line(self) -> bool:
        return any(not one.shut for one in self.replicas.values())

    def opened(self, wire: Wire) -> None:
        self.wire = wire
        for replica in self.replicas.values():
            replica.greet()

    def receive(self, frame: bytes) -> None:
        decoded = codec.decode_from_server(frame)
        assert isinstance(decoded, Addressed)
        for replica in list(self.replicas.values()):
            if replica.spelling == decoded.spelling:
                replica.take(decoded.message)

    def begin_again(self, old: Replica, epoch: int, former: frozenset[str]) -> None:
        """A fresh document takes the place of one that was left."""
        fresh = self.replicas[old.document] = Replica(self, old.document, epoch, former)
        if self.wire is not None:
            fresh.greet()

    def reload(self) -> None:
        """The page is loaded again: documents that were shut begin where they are now."""
        self.hang_up()
        for name, replica in self.replicas.items():
            self.replicas[name] = (
                Replica(self, name, self.witness.epoch(name), replica.former)
                if replica.shut
                else replica.reloaded()
            )

    def has_settled(self) -> None:
        """Nothing waits, everything is the same as elsewhere, and nothing was lost."""
        for name, replica in self.replicas.items():
            if not replica.shut:
                assert replica.unsynced == 0, f"{self.name} still says saving {replica.unsynced}"
                assert not replica.unsent, f"{self.name} never heard of {replica.unsent}"
                self.witness.converged(name, replica.paper.doc, self.name)
        lost_by_restore = self.let_go & self.witness.forgone
        on_device = frozenset().union(*(one.former for one in self.replicas.values()))
        self.witness.accounted_for(self.wrote, self.kept | on_device | lost_by_restore, self.name)
