"""The websocket on its own, past ASGI: frames are read in the protocol and written as they are.

Starlette decides about the handshake. Then the collaboration socket takes over: each message
goes straight to its `Connection`, and what goes out is bytes that were framed once for everybody.
This builds on uvicorn's sans-IO protocol, which is not public: uvicorn is pinned, and
`tests/server/test_websocket.py` fails when what we rely on changes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Any, Final, Protocol

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from server.frames import FrameCutter, Unusual

EXTENSION: Final = "samenbeeld.socket"
"""Where the ASGI scope carries the protocol, for the endpoint to take it over."""

MOST_FRAGMENTS: Final = 64
"""Of one message: thousands of tiny ones would cost more than any honest message."""
PIECE: Final = 4096
"""Bytes that are taken in together: hundreds of the smallest messages there are."""
TURN: Final = 0.005
"""Seconds for what one socket sent, before others have their turn."""
PAUSE: Final = 0.01
HIGH_WATER: Final = 256 * 1024
"""Bytes that wait for a client before it counts as slow."""
KERNEL_HOLDS: Final = 32 * 1024
"""Unsent bytes that the kernel may hold for one client. It would take megabytes, and nobody would
notice for minutes that a client does not read: what waits there can neither be left out nor
overtaken by a ping."""
MOST_GATHERED: Final = 64 * 1024
"""Bytes that may wait to be written together: more would hide from us that a client is slow."""
_NOT_SENT: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)


class Receiver(Protocol):
    """Who takes a socket over."""

    def receive(self, messages: Sequence[bytes]) -> None:
        """The binary messages that one read from the network brought, in order."""

    def received_text(self) -> None:
        """A text message, which this dialect does not have."""

    def talked(self) -> None:
        """Something that is no message: a ping of the websocket."""

    def paused(self) -> None:
        """More waits for the client than it reads."""

    def resumed(self) -> None:
        """The client reads again."""

    def gone(self) -> None:
        """The socket is gone, however it went; said once."""


class _Nowhere(asyncio.Queue[Any]):
    """Takes the place of the queue to an endpoint that has ended."""

    def put_nowait(self, item: Any) -> None:
        """Nobody reads it."""


_NOWHERE: Final = _Nowhere()
_OPEN: Final = asyncio.Event()
_OPEN.set()


class _OneWrite(AbstractContextManager[None]):
    """A stretch in which what is written gathers; inside another one it changes nothing."""

    __slots__ = ("_of", "_outer")

    def __init__(self, of: CollabProtocol) -> None:
        self._of = of

    def __enter__(self) -> None:
        self._outer = self._of._gathered
        if self._outer is None:
            self._of._gathered = []

    def __exit__(self, *_: object) -> None:
        if self._outer is None:
            self._of._let_go()


class CollabProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, until `serve` gives its frames to a receiver. After that the
    endpoint ends: an idle socket keeps no task, no headers and no queue."""

    _receiver: Receiver | None = None
    _cutter: FrameCutter | None = None
    _waited: int = 0
    """How much waited when a pong was last overdue."""
    _gathered: list[bytes] | None = None
    """What is said to this client while its own bytes are read: one write."""
    _gathered_bytes: int = 0
    _unread: bytes = b""
    """What was received and not looked at yet; no more is received meanwhile."""
    _rest: asyncio.Handle | None = None
    _rest_until: float = 0.0

    def handle_connect(self, event: Request) -> None:
        """Let the endpoint find us."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    async def run_asgi(self) -> None:
        """As uvicorn's, but a socket that was handed over outlives its endpoint."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            self.logger.exception("the handshake of a socket failed")
            self.send_500_response()
            self.transport.close()
        if self._receiver is None:
            if self.close_timer is None:
                self.transport.close()
        else:
            self._forget_the_handshake()

    def serve(self, receiver: Receiver) -> None:
        """Give every frame to `receiver` until the socket is gone. To be called without waiting
        after the handshake was accepted: what comes in between would be lost."""
        if self.disconnected:
            receiver.gone()
            return
        self._receiver = receiver
        if not self.conn.reader.buffer:
            # nothing lies half-read in the complete parser: from here on it gets whole frames
            self._cutter = FrameCutter(self.config.ws_max_size)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        kernel: socket.socket | None = self.transport.get_extra_info("socket")
        if kernel is not None and _NOT_SENT is not None and kernel.family != socket.AF_UNIX:
            kernel.setsockopt(socket.IPPROTO_TCP, _NOT_SENT, KERNEL_HOLDS)

    def _forget_the_handshake(self) -> None:
        """Some kilobytes, for as long as a page stays open."""
        self.queue, self.writable = _NOWHERE, _OPEN
        for name in ("scope", "request", "response"):
            self.__dict__.pop(name, None)

    # --- from the client -----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take in what came, piece by piece: others are not kept waiting."""
        if self._rest is not None:
            self._unread += data
        elif len(data) <= PIECE:
            self._cut(data)
        else:
            self._take_in(data)

    def _take_in(self, data: bytes) -> None:
        began = perf_counter()
        for at in range(0, len(data), PIECE):
            if self._rest is None and perf_counter() - began > TURN:
                self.rest(PAUSE)
            if self._rest is not None:
                self._unread = data[at:] + self._unread
                return
            self._cut(data[at : at + PIECE])

    def rest(self, seconds: float) -> None:
        """Read nothing from this client for a while; what was read already waits. The client
        goes on hearing."""
        until = self.loop.time() + seconds
        if self.close_sent or self.transport.is_closing() or until < self._rest_until:
            return
        if self._rest is None:
            self.transport.pause_reading()
        else:
            self._rest.cancel()
        self._rest_until = until
        self._rest = self.loop.call_later(seconds, self._read_on)

    def _read_on(self) -> None:
        self._stop_resting()
        unread, self._unread = self._unread, b""
        if unread:
            self._take_in(unread)
        if self._rest is None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _stop_resting(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def handle_ping(self) -> None:
        """Answer, and count it: pings cost as much as messages."""
        super().handle_ping()
        if self._receiver is not None:
            self._receiver.talked()

    def _cut(self, data: bytes) -> None:
        """Take in bytes; whole binary messages go to the receiver together."""
        if self._cutter is None:
            super().data_received(data)
            return
        messages: list[bytes] = []
        for cut in self._cutter.take(data):
            if isinstance(cut, Unusual):
                self._hand_on(messages)
                messages = []
                super().data_received(cut)
            else:
                messages.append(cut)
        self._hand_on(messages)

    def _hand_on(self, messages: list[bytes]) -> None:
        if messages and self._receiver is not None and not self.close_sent:
            self._receiver.receive(messages)

    def in_one_write(self) -> _OneWrite:
        """While this lasts, what is written waits, and then leaves together."""
        return _OneWrite(self)

    def handle_cont(self, event: Frame) -> None:
        """Bound the pieces that a message may come in."""
        if len(self.frames) >= MOST_FRAGMENTS:
            self.close(1009, "too many fragments")
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Straight to the receiver: no queue, no task to wake."""
        if self._receiver is None:
            super().send_receive_event_to_app()
            return
        pieces, self.frames = self.frames, []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "text":
            self._receiver.received_text()
        else:
            self._receiver.receive((b"".join(pieces),))

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, however it went."""
        self._stop_resting()
        super().connection_lost(exc)
        if self._receiver is not None:
            self._receiver.gone()

    # --- to the client -------------------------------------------------------------------------

    def write(self, frames: bytes) -> None:
        """Write what is framed already; a socket that is closing takes nothing any more."""
        if self._gathered is not None:
            self._gathered.append(frames)
            self._gathered_bytes += len(frames)
            if self._gathered_bytes > MOST_GATHERED:
                self._let_go()
                self._gathered = []
        elif not self.close_sent and not self.transport.is_closing():
            self.transport.write(frames)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind what waits, and give the client ten seconds to answer."""
        if self.close_sent or self.transport.is_closing():
            return
        self._let_go()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self._rest is not None:
            self._read_on()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def _let_go(self) -> None:
        gathered, self._gathered, self._gathered_bytes = self._gathered, None, 0
        if gathered and not self.close_sent and not self.transport.is_closing():
            self.transport.write(b"".join(gathered))

    def waiting(self) -> int:
        """How many bytes the client has not taken yet."""
        return self.transport.get_write_buffer_size()

    def keepalive_timeout(self) -> None:
        """A pong stays out. Where much waits, the ping waits behind it: as long as the client takes
        something, it is slow and not gone. Whom we do not listen to cannot answer at all."""
        if self._rest is not None and self.ping_timeout is not None:
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
            return
        waited, self._waited = self._waited, self.waiting()
        if self._waited == 0 or self._waited == waited:
            super().keepalive_timeout()
            return
        self.pong_timer = self.pending_ping_payload = None
        self.schedule_ping()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self._receiver is None:
            super().pause_writing()
        else:
            self._receiver.paused()

    def resume_writing(self) -> None:
        """The client has taken most of what waited."""
        if self._receiver is None:
            super().resume_writing()
        elif not self.transport.is_closing():
            self._receiver.resumed()
