"""The update log in memory: the same promises as the one in SQL, and one suite for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.journal import RESTORER, Entry, Mark, chained, first_break
from models.update_log import FIRST_EPOCH, Head, NewRow, Overtaken, Stored, head_before_the_first


@dataclass
class Life:
    """One epoch of a document: its rows with their hashes, its marks and its newest checkpoint."""

    epoch: int = FIRST_EPOCH
    rows: list[tuple[Entry, bytes]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    checkpoint: tuple[int, bytes | None] = (0, None)

    @property
    def head(self) -> Head:
        if not self.rows:
            return Head(self.epoch, 0, head_before_the_first().hash)
        entry, last = self.rows[-1]
        return Head(self.epoch, entry.seq, last)


@dataclass
class MemoryLog:
    """What was committed; `append` is one transaction. The lives of a document stand in order."""

    lives: dict[str, list[Life]] = field(default_factory=dict)
    replaced: dict[str, frozenset[int]] = field(default_factory=dict)
    """Client ids that wrote in what restores took away."""

    def life(self, document: str) -> Life:
        """The newest epoch of a document; one never written is at its first."""
        return self.lives[document][-1] if document in self.lives else Life()

    def head(self, document: str) -> Head:
        return self.life(document).head

    def append(self, document: str, head: Head, new: Sequence[NewRow]) -> Head:
        life = self.life(document)
        if life.head != head:
            raise Overtaken(document)
        if new:
            self.lives.setdefault(document, [life])
        seq, last = head.seq, head.hash
        for row in new:
            seq += 1
            who = row.author
            entry = Entry(
                document, head.epoch, seq, who.person, who.organisation, row.at, row.payload
            )
            last = chained(last, entry)
            life.rows.append((entry, last))
            life.marks.extend(row.marks)
        return Head(head.epoch, seq, last)

    def checkpoint(self, document: str, head: Head, state: bytes) -> None:
        life = [one for one in self.lives[document] if one.epoch == head.epoch][-1]
        if head.seq >= life.checkpoint[0]:
            life.checkpoint = head.seq, state

    def begin(
        self, document: str, epoch: int, state: bytes | None, carried: tuple[Mark, ...], at: int
    ) -> None:
        """Begin an epoch, with `state` as its first row and as a checkpoint; None: with nothing."""
        self.lives.setdefault(document, []).append(Life(epoch))
        if state is not None:
            start = Head(epoch, 0, head_before_the_first().hash)
            head = self.append(document, start, [NewRow(RESTORER, at, state, carried)])
            self.checkpoint(document, head, state)

    def clients_before(self, document: str, epoch: int) -> frozenset[int]:
        """Every client id that wrote in an earlier epoch, also where a restore took that away."""
        earlier = [one for one in self.lives.get(document, []) if one.epoch < epoch]
        wrote = frozenset(mark.client for one in earlier for mark in one.marks)
        return wrote | self.replaced.get(document, frozenset())

    def load(self, document: str) -> Stored:
        life = self.life(document)
        seq, state = life.checkpoint
        tail = tuple(entry.payload for entry, _ in life.rows[seq:])
        marks = sorted(life.marks, key=lambda mark: (mark.at, mark.client, mark.clock))
        return Stored(life.head, state, tail, tuple(marks))

    def holds(self, document: str) -> bool:
        """Whether every number and hash of every chain is right."""
        return all(first_break(life.rows) is None for life in self.lives.get(document, []))

    def copied(self) -> MemoryLog:
        """A backup: what is appended later is not in it."""
        return MemoryLog(
            {
                document: [
                    Life(one.epoch, list(one.rows), list(one.marks), one.checkpoint)
                    for one in lives
                ]
                for document, lives in self.lives.items()
            },
            dict(self.replaced),
        )
