"""Reading and writing the lib0 encoding that the Yjs protocols are built on.

Source: https://github.com/dmonad/lib0, `encoding.js` and `decoding.js`. The reader is made for
untrusted bytes: a number has at most nine bytes, and each length is checked against what is
left before it is used, so no input costs more than its own size.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

from sync.errors import Malformed

_NUMBER_BYTES: Final = 9
"""Enough for 2^53 - 1, the largest whole number that a browser can count to, and some."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is JSON to Python only")


class Reader:
    """A position in a run of bytes; every method raises Malformed where the bytes run out."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at
        self.end = len(data)

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return self.end - self.at

    def byte(self) -> int:
        """The next byte."""
        if self.at >= self.end:
            raise Malformed("ends too early")
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self) -> int:
        """A variable-length unsigned integer (`readVarUint`)."""
        at = self.at
        data = self.data
        if at >= self.end:
            raise Malformed("ends too early")
        value = data[at]
        at += 1
        if value < 0x80:
            self.at = at
            return value
        value &= 0x7F
        shift = 7
        limit = min(self.end, at + _NUMBER_BYTES - 1)
        while at < limit:
            part = data[at]
            at += 1
            value |= (part & 0x7F) << shift
            if part < 0x80:
                self.at = at
                return value
            shift += 7
        raise Malformed("a number does not end")

    def skip(self, length: int) -> None:
        """Move on over `length` bytes."""
        if length > self.end - self.at:
            raise Malformed("a length goes past the end")
        self.at += length

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        start = self.at
        self.skip(length)
        return self.data[start : self.at]

    def block(self) -> bytes:
        """Bytes behind their length (`readVarUint8Array`)."""
        return self.take(self.number())

    def text(self) -> str:
        """UTF-8 behind its length in bytes (`readVarString`)."""
        try:
            return self.block().decode()
        except UnicodeDecodeError:
            raise Malformed("text is not UTF-8") from None

    def json(self) -> None:
        """Move on over JSON text behind its length; raises Malformed when it is none."""
        try:
            json.loads(self.text(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Malformed("text is not JSON") from None

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)


def number(value: int) -> bytes:
    """A variable-length unsigned integer (`writeVarUint`)."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def block(data: bytes) -> bytes:
    """Bytes behind their length (`writeVarUint8Array`)."""
    return number(len(data)) + data


def text(value: str) -> bytes:
    """UTF-8 behind its length in bytes (`writeVarString`)."""
    return block(value.encode())
