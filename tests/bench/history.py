"""A long history of one document: what somebody typed, wiped out and put in elsewhere."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from pycrdt import Doc, Text

from sync import lib0
from sync.codec import read_sync
from sync.messages import MessageType, SyncStep1, SyncStep2, Update
from tests.bench.edits import ROOT

PER_UPDATE: Final = 20
_AUTHOR: Final = 7
_LETTERS: Final = "etaoinshrdlu    "


@cache
def a_history(updates: int, seed: int = 1) -> tuple[tuple[bytes, ...], str]:
    """So many updates of twenty keys each, and the text at the end."""
    rng = random.Random(seed)
    doc: Doc[Any] = Doc(client_id=_AUTHOR)
    text = doc.get(ROOT, type=Text)
    made: list[bytes] = []
    watching = doc.observe(lambda event: made.append(event.update))
    at = length = 0
    for _ in range(updates):
        with doc.transaction():
            for _ in range(PER_UPDATE):
                at, length = _key(text, at, length, rng)
    doc.unobserve(watching)
    return tuple(made), str(text)


def _key(text: Text, at: int, length: int, rng: random.Random) -> tuple[int, int]:
    """One key: mostly a letter where the caret is; the caret moves now and then."""
    if rng.random() < 0.01:
        at = rng.randint(0, length)
    if at and rng.random() < 0.25:
        del text[at - 1 : at]
        return at - 1, length - 1
    text.insert(at, rng.choice(_LETTERS))
    return at + 1, length + 1


def text_of(messages: Iterable[bytes], head: bytes) -> str:
    """The text that a client has who got these sync messages; `head` stands before each."""
    doc: Doc[Any] = Doc()
    for message in messages:
        reader = lib0.Reader(message, len(head))
        assert reader.number() in (MessageType.SYNC, MessageType.SYNC_REPLY)
        match read_sync(reader):
            case SyncStep2(update) | Update(update):
                doc.apply_update(update)
            case SyncStep1():
                pass
    return str(doc.get(ROOT, type=Text))
