"""One websocket of a load client: a thin protocol, no library, no task of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Final

_BINARY: Final = 0x82
_CLOSE: Final = 0x88
_PING: Final = 0x89
_PONG: Final = 0x8A
_KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="


class TurnedAway(Exception):
    """The handshake was refused: the status, and when to come back if that was told."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        super().__init__(f"{status}, Retry-After {retry_after}")
        self.status = status
        self.retry_after = retry_after


class Frames:
    """Bytes from a server to whole frames: `(first byte, payload)`."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are complete now."""
        held, at = self._bytes, 0
        held += data
        while len(held) >= at + 2:
            size, begins = held[at + 1], at + 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                size, begins = int.from_bytes(held[begins : begins + wide], "big"), begins + wide
            if len(held) < begins + size:
                break
            yield held[at], bytes(held[begins : begins + size])
            at = begins + size
        del held[:at]


def masked(payload: bytes, first: int = _BINARY) -> bytes:
    """A client's frame. The mask is zero: only a proxy on the way would mind."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def request(path: str, headers: Mapping[str, str]) -> bytes:
    """The opening handshake."""
    own = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade"}
    keys = {"Sec-WebSocket-Key": _KEY, "Sec-WebSocket-Version": "13"}
    lines = (f"{name}: {value}\r\n" for name, value in {**own, **keys, **headers}.items())
    return f"GET {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()


class Line(asyncio.Protocol):
    """Hands every message to `heard` the moment it is complete. `gone` is done when the socket
    is: with the close code and reason, or 1006."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[tuple[int, str]] = loop.create_future()
        self.received = 0
        self._heard = heard
        self._frames = Frames()
        self._open: asyncio.Future[None] = loop.create_future()
        self._head = b""
        self._closed = 1006, ""
        self._transport: asyncio.Transport

    @classmethod
    async def to(
        cls,
        port: int,
        path: str,
        headers: Mapping[str, str],
        heard: Callable[[bytes], None],
        receive_buffer: int | None = None,
    ) -> Line:
        """An open line; raises TurnedAway, OSError."""
        made = socket.socket()
        if receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(made, ("127.0.0.1", port))
        _, line = await loop.create_connection(lambda: cls(heard), sock=made)
        line._transport.write(request(path, headers))
        await line._open
        return line

    def send(self, *messages: bytes) -> None:
        """Messages in one write; on a line that is gone they are lost."""
        if not self._transport.is_closing():
            self._transport.write(b"".join(map(masked, messages)))

    def stall(self) -> None:
        """Read nothing from here on."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def read_on(self) -> None:
        """Read again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    async def sip(self, size: int) -> None:
        """Of a stalled line: take at most `size` bytes from the kernel."""
        kernel: socket.socket = self._transport.get_extra_info("socket")
        try:
            data = socket.socket.recv(kernel._sock, size)  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        if data:
            self.data_received(data)

    def drop(self) -> None:
        """As a cable that is pulled."""
        self._transport.abort()

    # --- asyncio -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if not self._open.done():
            data = self._greeted(data)
        for first, payload in self._frames.feed(data):
            self._take(first, payload)

    def _greeted(self, data: bytes) -> bytes:
        self._head += data
        head, ended, rest = self._head.partition(b"\r\n\r\n")
        if not ended:
            return b""
        status, *lines = head.decode("latin-1").split("\r\n")
        if (code := int(status.split()[1])) == 101:
            self._open.set_result(None)
            return rest
        told = dict(line.lower().split(": ", 1) for line in lines)
        self._open.set_exception(TurnedAway(code, told.get("retry-after")))
        return b""

    def _take(self, first: int, payload: bytes) -> None:
        if first == _BINARY:
            self._heard(payload)
        elif first == _PING:
            self._transport.write(masked(payload, _PONG))
        elif first == _CLOSE:
            self._closed = int.from_bytes(payload[:2], "big"), payload[2:].decode()
            self._transport.write(masked(payload[:2], _CLOSE))
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._open.done():
            self._open.set_exception(error or ConnectionResetError("the server hung up"))
        if not self.gone.done():
            self.gone.set_result(self._closed)
