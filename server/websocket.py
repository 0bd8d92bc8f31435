"""The websocket on its own, past ASGI: frames are read in the protocol and written as they are.

Starlette decides about the handshake. Then the collaboration socket takes over: each message
goes straight to its `Connection`, and what goes out is bytes that were framed once for everybody.
This builds on uvicorn's sans-IO protocol, which is not public: uvicorn is pinned, and
`tests/server/test_websocket.py` fails when what we rely on changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from server.frames import FrameCutter, Unusual

EXTENSION: Final = "samenbeeld.socket"
"""Where the ASGI scope carries the protocol, for the endpoint to take it over."""

MOST_FRAGMENTS: Final = 64
"""Of one message: thousands of tiny ones would cost more than any honest message."""
HIGH_WATER: Final = 256 * 1024
"""Bytes that wait for a client before it counts as slow."""


class Receiver(Protocol):
    """Who takes a socket over."""

    def receive(self, messages: Sequence[bytes]) -> None:
        """The binary messages that one read from the network brought, in order."""

    def received_text(self) -> None:
        """A text message, which this dialect does not have."""

    def paused(self) -> None:
        """More waits for the client than it reads."""

    def resumed(self) -> None:
        """The client reads again."""


class CollabProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, until `serve` gives its frames to a receiver."""

    _receiver: Receiver | None = None
    _gone: asyncio.Future[None] | None = None
    _cutter: FrameCutter | None = None

    def handle_connect(self, event: Request) -> None:
        """Let the endpoint find us."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    async def serve(self, receiver: Receiver) -> None:
        """Give every frame to `receiver` until the socket is gone."""
        if self.transport.is_closing():
            return
        self._receiver = receiver
        if not self.conn.reader.buffer:
            # nothing lies half-read in the complete parser: from here on it gets whole frames
            self._cutter = FrameCutter(self.config.ws_max_size)
        self._gone = self.loop.create_future()
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        await self._gone

    # --- from the client -----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """What one read brought; whole binary messages go to the receiver together."""
        if self._cutter is None:
            super().data_received(data)
            return
        messages: list[bytes] = []
        for cut in self._cutter.take(data):
            if isinstance(cut, Unusual):
                self._hand_over(messages)
                messages = []
                super().data_received(cut)
            else:
                messages.append(cut)
        self._hand_over(messages)

    def _hand_over(self, messages: list[bytes]) -> None:
        if messages and self._receiver is not None and not self.close_sent:
            self._receiver.receive(messages)

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
        super().connection_lost(exc)
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    # --- to the client -------------------------------------------------------------------------

    def write(self, frames: bytes) -> None:
        """Write what is framed already; a socket that is closing takes nothing any more."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frames)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind what waits, and give the client ten seconds to answer."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def waiting(self) -> int:
        """How many bytes the client has not taken yet."""
        return self.transport.get_write_buffer_size()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        super().pause_writing()
        if self._receiver is not None:
            self._receiver.paused()

    def resume_writing(self) -> None:
        """The client has taken most of what waited."""
        super().resume_writing()
        if self._receiver is not None and not self.transport.is_closing():
            self._receiver.resumed()
