"""The update log in memory: the same promises as the one in SQL, and one suite for both."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.journal import Entry, Mark, chained, first_break
from models.update_log import Head, NewRow, Overtaken, Stored, head_before_the_first


@dataclass
class MemoryLog:
    """What was committed; `append` is one transaction."""

    rows: dict[str, list[tuple[Entry, bytes]]] = field(default_factory=dict)
    marks: dict[str, list[Mark]] = field(default_factory=dict)
    checkpoints: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def head(self, document: str) -> Head:
        rows = self.rows.get(document)
        if not rows:
            return head_before_the_first()
        entry, last = rows[-1]
        return Head(entry.epoch, entry.seq, last)

    def append(self, document: str, head: Head, new: tuple[NewRow, ...]) -> Head:
        if self.head(document) != head:
            raise Overtaken(document)
        seq, last = head.seq, head.hash
        for row in new:
            seq += 1
            who = row.author
            entry = Entry(
                document, head.epoch, seq, who.person, who.organisation, row.at, row.payload
            )
            last = chained(last, entry)
            self.rows.setdefault(document, []).append((entry, last))
            self.marks.setdefault(document, []).extend(row.marks)
        return Head(head.epoch, seq, last)

    def checkpoint(self, document: str, head: Head, state: bytes) -> None:
        self.checkpoints[document] = (head.seq, state)

    def load(self, document: str) -> Stored:
        seq, state = self.checkpoints.get(document, (0, None))
        tail = tuple(entry.payload for entry, _ in self.rows.get(document, [])[seq:])
        return Stored(self.head(document), state, tail, tuple(self.marks.get(document, [])))

    def holds(self, document: str) -> bool:
        """Whether every number and hash of the chain is right."""
        return first_break(self.rows.get(document, [])) is None
