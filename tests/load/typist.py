"""Somebody who types, and whose words say when they were written."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from pycrdt import Doc, Text

from models.vocabulary import IncidentId
from sync import codec
from sync.messages import Update
from tests.load.house import a_history
from tests.load.page import Page, Stay, stamp

KEYS_EVERY: Final = 0.2


class Typist:
    """One page that writes in the picture; it does not take in what others write."""

    def __init__(self, incident: IncidentId, number: int) -> None:
        self.name = f"{incident}/picture@1"
        history = a_history(0)
        self.page = Page({self.name: Stay(history.state_vector, history.nothing_new)})
        self.doc: Doc[Any] = Doc(client_id=1000 + number)
        self.doc.apply_update(history.state)
        self.doc.observe(lambda event: self._emitted.append(event.update))
        self._emitted: list[bytes] = []
        self.typed = 0
        self._pasted = 0

    @property
    def text(self) -> Text:
        return self.doc.get("t", type=Text)

    def type(self) -> None:
        """One word."""
        self.text.insert(0, stamp())
        self.typed += 1
        self._send()

    def paste(self, size: int) -> None:
        """Much at once, in the place of what was pasted before."""
        with self.doc.transaction():
            if self._pasted:
                del self.text[: self._pasted]
            self.text.insert(0, "x" * size)
        self._pasted = size
        self._send()

    def _send(self) -> None:
        assert self.page.line is not None
        self.page.line.send(codec.encode(self.name, Update(self._emitted.pop())))

    async def go_on(self, pause: float, every: float = KEYS_EVERY) -> None:
        """Type for ever."""
        await asyncio.sleep(pause)
        while True:
            self.type()
            await asyncio.sleep(every)

    async def paste_on(self, size: int, every: float) -> None:
        """Paste for ever."""
        while True:
            self.paste(size)
            await asyncio.sleep(every)
