"""Edits of a load client: written and found again without a CRDT.

Every edit is a valid Yjs update (version 1) that appends a token of twelve characters, which says
who wrote it and as which of theirs, to what that writer wrote before in the Text `t`. However a
server joins, splits or repeats updates, the tokens stay whole, so a receiver only looks for those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sync import lib0

ROOT: Final = "t"
TOKEN: Final = 12
NOTHING: Final = b"\x00\x00"
"""The update without a change."""

_SHAPE: Final = re.compile(rb"<([0-9a-f]{4})([0-9a-f]{6})>")
_FIRST_CLIENT: Final = 1 << 24
_STRING: Final = 4
_BEHIND: Final = 0x80
"""Flag of an item that says behind which character it stands."""


class Stretch(NamedTuple):
    """Consecutive edits of one writer; `end` is not among them."""

    writer: int
    first: int
    end: int


def token(writer: int, edit: int) -> str:
    """Twelve characters that only this edit has."""
    return f"<{writer:04x}{edit:06x}>"


def appended(writer: int, edit: int) -> bytes:
    """The update of a writer's next edit; `edit` counts from 0."""
    client = lib0.number(_FIRST_CLIENT + writer)
    clock = edit * TOKEN
    if edit:
        place = bytes((_STRING | _BEHIND,)) + client + lib0.number(clock - 1)
    else:
        place = bytes((_STRING, 1)) + lib0.text(ROOT)
    one_item = b"\x01\x01" + client + lib0.number(clock)
    return one_item + place + lib0.text(token(writer, edit)) + b"\x00"


def state_vector(known: Mapping[int, int]) -> bytes:
    """What somebody has who knows so many edits of each writer."""
    entries = [
        lib0.number(_FIRST_CLIENT + writer) + lib0.number(edits * TOKEN)
        for writer, edits in known.items()
    ]
    return lib0.number(len(entries)) + b"".join(entries)


def presence(number: int, clock: int) -> bytes:
    """An awareness update: a name, as every page sends it when it comes."""
    who = lib0.text(f'{{"user":{{"name":"client {number}"}}}}')
    return b"\x01" + lib0.number((_FIRST_CLIENT << 1) + number) + lib0.number(clock) + who


def found(message: bytes) -> tuple[Stretch, ...]:
    """The edits in a message, in its order."""
    matches = _SHAPE.findall(message)
    return tuple(_joined((int(writer, 16), int(edit, 16)) for writer, edit in matches))


def _joined(tokens: Iterable[tuple[int, int]]) -> Iterable[Stretch]:
    now: Stretch | None = None
    for writer, edit in tokens:
        if now is not None and now.writer == writer and now.end == edit:
            now = Stretch(writer, now.first, edit + 1)
            continue
        if now is not None:
            yield now
        now = Stretch(writer, edit, edit + 1)
    if now is not None:
        yield now
