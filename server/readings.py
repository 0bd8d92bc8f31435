"""Documents read from the log as plain values, once per state, however many people look."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Final

from sqlalchemy import Connection

from models import update_log
from models.documents import ACTIONS, DECISIONS, PICTURE, DocumentName
from models.update_log import Head
from models.vocabulary import Theme
from server.reading import Reader
from sync.room import Loaded, rebuilt
from sync.shapes import read_actions, read_decisions, read_picture

MOST: Final = 200
"""Documents kept; a rendered picture of a long incident takes about 100 kB."""


class Unreadable(Exception):
    """What the log holds of a document cannot be read."""


class Readings:
    """The latest reading of each document; an older one is used only while nothing was added."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._kept: OrderedDict[DocumentName, tuple[Head, Any]] = OrderedDict()
        self._loading: dict[tuple[DocumentName, Head], asyncio.Task[Any]] = {}

    async def of(self, name: DocumentName) -> Any:
        """A picture as its themes by name, decisions and actions as rows in order.

        Rights are the caller's question. Raises Unreadable.
        """
        head = await self._read(lambda connection: update_log.head_of(connection, str(name)))
        kept = self._kept.get(name)
        if kept is not None and kept[0] == head:
            return kept[1]
        key = (name, head)
        if key not in self._loading:
            task = asyncio.create_task(self._load(name))
            self._loading[key] = task
            task.add_done_callback(lambda _: self._loading.pop(key))
        # Somebody who goes away meanwhile must not end the reading for the others.
        return await asyncio.shield(self._loading[key])

    async def _load(self, name: DocumentName) -> Any:
        # On a reader's thread: a long document takes a tenth of a second, and people type.
        head, value = await self._read(lambda connection: _reading(connection, name))
        self._kept[name] = (head, value)
        self._kept.move_to_end(name)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return value


def _reading(connection: Connection, name: DocumentName) -> tuple[Head, Any]:
    stored = update_log.load(connection, str(name))
    try:
        return stored.head, _values(name, Loaded(stored.state, stored.tail, stored.marks))
    except (Exception, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic inside pycrdt is no Exception
        raise Unreadable(str(name)) from error


def _values(name: DocumentName, loaded: Loaded) -> Any:
    doc = rebuilt(loaded)
    kind = name.kind
    if kind is PICTURE:
        return {each.theme: each for each in read_picture(doc, Theme)}
    if kind is DECISIONS:
        return read_decisions(doc)
    if kind is ACTIONS:
        return read_actions(doc)
    raise ValueError(f"{kind.name} has no reading")
