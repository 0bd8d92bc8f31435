"""Walking the content of one struct: what it is made of is bounded, and nothing of it is kept.

Source of the format: yjs `src/structs/Content*.js`, lib0 `encoding.js` (`writeAny`).
"""

from __future__ import annotations

from typing import Final

from sync.errors import Malformed
from sync.lib0 import Reader
from sync.turns import Work, in_one_go

LARGEST_UPDATE: Final = 1 << 20
"""Bytes; the same limit as the socket's, so what can be sent can be stored and loaded."""
DEEPEST_VALUE: Final = 32
LONGEST_STRUCT: Final = 1 << 24
"""Clock units; longer than any text that fits in a message. A collected run (GC) needs few bytes
for any length, and would use up its client id for ever."""
VALUES: Final = 8
SUBDOCUMENT: Final = 9
_PARTS_A_TURN: Final = (1 << 10) - 1


def bounded(reader: Reader, limit: int, what: str) -> int:
    """How many of something come next."""
    count = reader.number()
    # each counted thing takes a byte at least, so a huge count in a short frame is a lie
    if count > limit or count > reader.left:
        raise Malformed(f"too many {what}")
    return count


def length(reader: Reader) -> int:
    """How many clock units a struct says that it takes."""
    length = reader.number()
    if not 0 < length <= LONGEST_STRUCT:
        raise Malformed("a struct of an impossible length")
    return length


def content_length(reader: Reader, kind: int) -> int:
    """Walk one content and return its length in clock units."""
    match kind:
        case 1:  # deleted
            return length(reader)
        # 2, an old form of 8, is not read: Yjs writes it no more, and pycrdt counts one too many
        case 3:  # binary
            reader.skip(reader.number())
            return 1
        case 4:  # text, counted as JavaScript does
            return _utf16_length(reader.text())
        case 5:  # embed
            reader.json()
            return 1
        case 6:  # format
            reader.text()
            reader.json()
            return 1
        case 7:  # shared type
            _shared_type(reader)
            return 1
        case 8 | 9:
            return in_one_go(values_of(reader, kind))
        case _:
            raise Malformed(f"unknown content {kind}")


def values_of(reader: Reader, kind: int) -> Work[int]:
    """Walk what holds lib0 `any` values: a million of them fit in one struct."""
    if kind == SUBDOCUMENT:
        reader.text()
        yield from _values(reader, 1)
        return 1
    count = _counted(reader)
    yield from _values(reader, count)
    return count


def _counted(reader: Reader) -> int:
    count = length(reader)
    if count > reader.left:
        raise Malformed("too many values")
    return count


def _utf16_length(text: str) -> int:
    if not text:
        raise Malformed("a struct of no length")
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


_XML_ELEMENT: Final = 3
_XML_HOOK: Final = 5
_LAST_TYPE: Final = 6


def _shared_type(reader: Reader) -> None:
    kind = reader.number()
    if kind > _LAST_TYPE or kind == _XML_HOOK:
        # pycrdt reads a hook without the name that Yjs writes, and all behind it as something else
        raise Malformed(f"unknown shared type {kind}")
    if kind == _XML_ELEMENT:
        reader.text()


def _values(reader: Reader, count: int) -> Work[None]:
    """Walk `any` values with a stack of our own: nesting must not use the machine's."""
    open_counts = [count]
    keyed = [False]
    walked = 0
    while open_counts:
        walked += 1
        if walked & _PARTS_A_TURN == 0:
            yield
        if open_counts[-1] == 0:
            open_counts.pop()
            keyed.pop()
            continue
        open_counts[-1] -= 1
        if keyed[-1]:
            reader.text()
        nested = _scalar_or_nested(reader)
        if nested is not None:
            if len(open_counts) > DEEPEST_VALUE:
                raise Malformed("a value is nested too deeply")
            count, has_keys = nested
            open_counts.append(count)
            keyed.append(has_keys)


def _scalar_or_nested(reader: Reader) -> tuple[int, bool] | None:
    """One value's own bytes; for an object or array its count, and whether keys come first."""
    match reader.byte():
        case 127 | 126 | 121 | 120:  # undefined, null, false, true
            return None
        case 125:  # integer
            reader.number()
        case 124:  # float32
            reader.skip(4)
        case 123 | 122:  # float64, bigint
            reader.skip(8)
        case 119:  # text
            reader.text()
        case 116:  # bytes
            reader.skip(reader.number())
        case 118:
            return bounded(reader, LARGEST_UPDATE, "keys"), True
        case 117:
            return bounded(reader, LARGEST_UPDATE, "values"), False
        case kind:
            raise Malformed(f"unknown value {kind}")
    return None
