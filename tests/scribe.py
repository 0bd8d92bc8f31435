"""Somebody who writes with pycrdt as a program would, and their provider: `tests/interop.py`."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from pycrdt import Array, Doc, Map, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

from sync.messages import SyncStep1, SyncStep2, Update

WORDS: Final = ("De Geul", " zakt", "é", "🚒", "👩‍🚒 snel", "\n", "ĳ", " 💧💧", "a\u0301")
VALUES: Final = (1, 2.5, -3, None, True, "twee", {"a": {"b": [1, 2]}}, [1, [2]], b"\x01\x02")
FORMATS: Final[tuple[dict[str, Any], ...]] = ({"bold": True}, {"bold": None}, {"mark": "é"})


class Scribe:
    """A document in Python, under dice; `posted` are the messages that it has for the server."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._outbox: list[SyncStep1 | SyncStep2 | Update] = []
        self._connected = self._applying = False
        self._begin()

    def _begin(self) -> None:
        self.doc: Doc[Any] = Doc(client_id=self._rng.getrandbits(32))
        self._subscription = self.doc.observe(self._changed)

    def _changed(self, event: TransactionEvent) -> None:
        if self._connected and not self._applying:
            self._outbox.append(Update(event.update))

    # --- the line ------------------------------------------------------------------------------

    def connect(self, _: None) -> None:
        """A new line."""
        self._connected = True
        self._outbox.append(SyncStep1(self.doc.get_state()))

    def disconnect(self, _: None) -> None:
        """No line."""
        self._connected = False
        self._outbox.clear()

    def reload(self, _: None) -> None:
        """The program is started again, with what it had on its disk."""
        state = self.doc.get_update()
        self._begin()
        self._apply(state)

    def take(self, messages: list[SyncStep1 | SyncStep2 | Update]) -> None:
        """What arrived."""
        for message in messages:
            match message:
                case SyncStep1(state_vector):
                    self._outbox.append(SyncStep2(self.doc.get_update(state_vector)))
                case SyncStep2(update) | Update(update):
                    self._apply(update)

    def posted(self) -> list[SyncStep1 | SyncStep2 | Update]:
        """What is to be sent."""
        posted, self._outbox = self._outbox, []
        return posted

    def _apply(self, update: bytes) -> None:
        self._applying = True
        self.doc.apply_update(update)
        self._applying = False

    # --- writing -------------------------------------------------------------------------------

    def act(self, times: int) -> None:
        """Edit at random."""
        acts: tuple[Callable[[], None], ...] = (
            self._insert,
            self._append,
            self._delete,
            self._format,
            self._set,
            self._list,
            self._page,
            self._paragraph,
        )
        for _ in range(times):
            self._rng.choice(acts)()

    @property
    def _text(self) -> Text:
        return self.doc.get("t", type=Text)

    def _word(self) -> str:
        return self._rng.choice(WORDS)

    def _insert(self) -> None:
        self._text.insert(self._rng.choice(edges(self._text)), self._word())

    def _append(self) -> None:
        text = self._text
        text += self._word()

    def _delete(self) -> None:
        start, stop = self._range()
        if start < stop:
            del self._text[start:stop]

    def _format(self) -> None:
        start, stop = self._range()
        if start < stop:
            self._text.format(start, stop, self._rng.choice(FORMATS))

    def _range(self) -> tuple[int, int]:
        found = edges(self._text)
        at = self._rng.randrange(len(found))
        return found[at], found[min(len(found) - 1, at + self._rng.randint(1, 4))]

    def _set(self) -> None:
        table = self.doc.get("m", type=Map)
        key = self._rng.choice("abc")
        if key in table and self._rng.random() < 0.2:
            del table[key]
        elif self._rng.random() < 0.3:
            row = {"title": Text(self._word()), "order": self._rng.randrange(9)}
            table[f"row{self._rng.randrange(4)}"] = Map(row)
        else:
            table[key] = self._rng.choice(VALUES)

    def _list(self) -> None:
        items = self.doc.get("a", type=Array)
        if len(items) and self._rng.random() < 0.4:
            del items[self._rng.randrange(len(items))]
        else:
            items.insert(self._rng.randint(0, len(items)), self._rng.choice(VALUES))

    def _page(self) -> None:
        page = self.doc.get("x", type=XmlFragment)
        if len(page.children) and self._rng.random() < 0.3:
            del page.children[self._rng.randrange(len(page.children))]
        else:
            element = XmlElement("paragraph", {"level": "2"}, [self._word()])
            page.children.insert(self._rng.randint(0, len(page.children)), element)

    def _paragraph(self) -> None:
        page = self.doc.get("x", type=XmlFragment)
        found = [one for one in page.children if isinstance(one, XmlElement)]
        texts = [one for element in found for one in element.children if isinstance(one, XmlText)]
        if texts:
            text = self._rng.choice(texts)
            text.insert(self._rng.choice(edges(text)), self._word(), {"strong": {}})


def edges(text: Text | XmlText) -> list[int]:
    """Where a change may begin or end: pycrdt counts bytes, and must not cut a character."""
    found = [0]
    for part, _ in text.diff():
        sizes = [len(one.encode()) for one in part] if isinstance(part, str) else [1]
        for size in sizes:
            found.append(found[-1] + size)
    return found
