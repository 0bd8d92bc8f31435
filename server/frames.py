"""Frames of the websocket protocol as bytes: what is written as it is, and the short way in.

Nearly all that clients send are whole binary messages in one frame. Those are cut out here, for a
fifth of what a complete parser costs; every other frame goes on, whole, to the parser of the
websocket library, which sees nothing but complete frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # a machine for which there is no compiled part
    from websockets.utils import apply_mask

_BINARY: Final = 0x82
"""FIN and opcode 2, no reserved bit (RFC 6455 §5.2)."""
_MASKED: Final = 0x80
_FIN: Final = 0x80
_FIRST_CONTROL: Final = 8
"""Opcodes below are data: a message that comes in pieces begins and ends with them."""


def framed(message: bytes) -> bytes:
    """A binary message as one unmasked frame (RFC 6455 §5.2)."""
    size = len(message)
    if size < 126:
        return bytes((_BINARY, size)) + message
    if size < 1 << 16:
        return b"\x82\x7e" + size.to_bytes(2, "big") + message
    return b"\x82\x7f" + size.to_bytes(8, "big") + message


class Unusual(bytes):
    """Bytes for the complete parser: one frame that is not a whole binary message, or, when they
    cannot become a frame within the limits, all that is left."""


class FrameCutter:
    """Cuts the bytes of one client into whole messages (`bytes`) and `Unusual` frames.

    `largest` bounds a message, in bytes. After an `Unusual` that is too large or not masked, the
    complete parser has failed the connection; what still comes is passed on to it.
    """

    __slots__ = ("_beyond", "_buffer", "_in_pieces", "_largest", "_needed")

    def __init__(self, largest: int) -> None:
        self._buffer = bytearray()
        self._largest = largest
        self._needed = 2
        self._in_pieces = False
        self._beyond = False

    def take(self, data: bytes) -> Iterator[bytes]:
        """What is complete with `data`, in order."""
        if self._beyond:
            yield Unusual(data)
            return
        buffer = self._buffer
        buffer += data
        at, end = 0, len(buffer)
        while end - at >= self._needed:
            start, size = _header(buffer, at)
            if size > self._largest or not buffer[at + 1] & _MASKED:
                self._beyond = True
                yield Unusual(buffer[at:])
                buffer.clear()
                return
            self._needed = start - at + size
            if end - at < self._needed:
                break
            if buffer[at] == _BINARY and not self._in_pieces:
                yield apply_mask(buffer[start : start + size], buffer[start - 4 : start])
            else:
                yield self._unusual(bytes(buffer[at : start + size]))
            at = start + size
            self._needed = 2
        if at:
            del buffer[:at]

    def _unusual(self, frame: bytes) -> Unusual:
        opcode = frame[0] & 0x0F
        if opcode < _FIRST_CONTROL:
            self._in_pieces = not frame[0] & _FIN
        return Unusual(frame)


def _header(buffer: bytearray, at: int) -> tuple[int, int]:
    """Where the payload of the frame at `at` starts, and its size. With less than the whole header
    there, both are such that more bytes are asked for."""
    size = buffer[at + 1] & 0x7F
    if size < 126:
        return at + 6, size
    width = 2 if size == 126 else 8
    if len(buffer) < at + 2 + width:
        return at + 2 + width, 0
    return at + 6 + width, int.from_bytes(buffer[at + 2 : at + 2 + width], "big")
