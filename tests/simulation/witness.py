"""Who sees everything: what was written, applied, stored and promised, held against each other.

Checks are made as things happen, so that a history of any length costs no more per step.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from pycrdt import Doc

from models.documents import DocumentName
from models.policy import Actor
from models.vocabulary import PersonId
from server.committer import Batch
from sync import guard
from sync.effects import Append
from sync.loaded import Loaded, rebuilt
from tests.memory_log import MemoryLog
from tests.simulation.world import DOCUMENTS, Rights, contents, tokens_in

Place = tuple[DocumentName, int]
"""A document in one of its epochs."""


class Witness:
    """The truth of one history. Every method that finds something wrong raises AssertionError."""

    def __init__(self, rng: random.Random, log: MemoryLog, rights: Rights) -> None:
        self._rng = rng
        self.log = log
        self.figures: Counter[str] = Counter()
        self._rights = rights
        self._found: list[str] = []
        self._owners: dict[int, PersonId] = {}
        self._applied: dict[DocumentName, deque[tuple[bytes, PersonId]]] = defaultdict(deque)
        self._stored: dict[DocumentName, Doc[Any]] = {name: Doc() for name in DOCUMENTS}
        self._ever: dict[Place, set[str]] = defaultdict(set)
        self.forgone: set[str] = set()
        """What a restored backup lacks."""

    # --- what happens --------------------------------------------------------------------------

    def new_client_id(self, person: PersonId) -> int:
        """A document of `person` begins, and writes under this client id."""
        client = self._rng.getrandbits(32)
        self._owners[client] = person
        return client

    def applied(self, document: DocumentName, sender: Actor, heard: bool, one: Append) -> None:
        """A room took a change of `sender`: I3, at the moment that it counts. The server survives
        whatever is raised here, so it is told by `look`."""
        if not heard:
            self._found.append(f"I3: {sender.name} was heard after the server hung up")
        if not self._rights.may_write(sender, document):
            self._found.append(f"I3: {sender.name} may not write")
        if one.author.person != sender.person:
            self._found.append(f"I4: {one.author} for {sender.name}")
        self._applied[document].append((one.update, sender.person))

    def look(self) -> None:
        """What was found inside the server, if anything."""
        assert not self._found, self._found

    def forgotten(self, document: DocumentName) -> None:
        """A room is gone, with all that it had not stored."""
        self._applied[document].clear()

    def committed(self, document: DocumentName, batch: Batch) -> None:
        """Rows are on the disk: each of them was applied, in this order, for who sent it (I4)."""
        stored = self._stored[document]
        for row in batch.rows:
            update, sender = self._applied[document].popleft()
            assert row.payload == update, "I1: rows were stored in another order"
            assert row.author.person == sender, "I4: stored for somebody else"
            self._check_authors(row.payload, sender)
            stored.apply_update(update)
        if batch.rows:
            self._ever[document, batch.head.epoch].update(tokens_in(stored))
            self.figures.update(commits=1, rows=len(batch.rows))

    def _check_authors(self, payload: bytes, sender: PersonId) -> None:
        for run in guard.parse_update(payload).runs:
            owner = self._owners.get(run.client)
            assert owner == sender, f"I4: {sender} stored what {owner} wrote"

    def loaded(self, document: DocumentName, snapshot: bytes) -> None:
        """A room was made from the log: it is what was stored."""
        self._compare(document, rebuilt(Loaded(snapshot)), "the room that was loaded")

    def restored(self) -> None:
        """A backup was put back, and every document began anew."""
        for document in DOCUMENTS:
            self.forgotten(document)
            life = self.log.life(str(document))
            doc = rebuilt(Loaded(tail=tuple(entry.payload for entry, _ in life.rows)))
            had = set(tokens_in(self._stored[document]))
            self._stored[document] = doc
            self._ever[document, life.epoch] = set(tokens_in(doc))
            self.forgone |= had - self._ever[document, life.epoch]

    # --- what is promised ----------------------------------------------------------------------

    def promised(self, place: Place, tokens: set[str], who: str) -> None:
        """Somebody was told that this is saved, or sees it: it is in the log (I1)."""
        lost = tokens - self._ever[place]
        assert not lost, f"I1: lost: {who} counts on {sorted(lost)} in {place}"

    def fits(self, update: bytes, doc: Doc[Any], who: str) -> None:
        """Somebody who is in step is told something: it builds on nothing that they lack (I2)."""
        known = guard.parse_state_vector(doc.get_state())
        assert guard.parse_update(update).after(known) is not None, f"I2: a gap for {who}"

    def holds(self, document: DocumentName, tokens: set[str]) -> set[str]:
        """Those of `tokens` that the document has now."""
        return tokens & self._ever[document, self.epoch(document)]

    def epoch(self, document: DocumentName) -> int:
        return self.log.life(str(document)).epoch

    # --- at the end ----------------------------------------------------------------------------

    def converged(self, document: DocumentName, doc: Doc[Any], who: str) -> None:
        """Somebody who is connected holds what everybody holds (I2)."""
        self._compare(document, doc, who)

    def _compare(self, document: DocumentName, doc: Doc[Any], who: str) -> None:
        stored = self._stored[document]
        ours, theirs = guard.parse_state_vector(stored.get_state()), doc.get_state()
        assert guard.parse_state_vector(theirs) == ours, f"I2: {who} differs in {document}"
        assert contents(doc) == contents(stored), f"I2: {who} reads something else in {document}"

    def ended(self) -> None:
        """The log by itself: chains hold, nothing is there twice, every id is its writer's."""
        for document in DOCUMENTS:
            assert self.log.holds(str(document)), "I5: the chain is broken"
            found = tokens_in(self._stored[document])
            assert len(found) == len(set(found)), f"I6: doubled in {document}"
            self._check_marks(document)

    def _check_marks(self, document: DocumentName) -> None:
        """Whatever the clock on the wall did, each client id is its owner's from its start."""
        life = self.log.life(str(document))
        began: dict[int, int] = {}
        for mark in life.marks:
            owner = self._owners.get(mark.client, mark.author.person)
            assert mark.author.person == owner, "I4: a mark of somebody else"
            began[mark.client] = min(mark.clock, began.get(mark.client, mark.clock))
        clocks = guard.parse_state_vector(self._stored[document].get_state())
        assert began == dict.fromkeys(clocks, 0), "I4: a client id without its first mark"

    def accounted_for(
        self, wrote: Mapping[DocumentName, Sequence[str]], kept: set[str], who: str
    ) -> None:
        """Everything that somebody wrote is in the log or in their hands (I6)."""
        for document, tokens in wrote.items():
            missing = set(tokens) - kept
            missing -= self.holds(document, missing)
            assert not missing, f"I6: {who} lost {sorted(missing)} in {document}"
