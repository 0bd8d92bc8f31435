"""What the live path expects of its parts, by shape."""

from __future__ import annotations

from typing import Protocol

from sync.messages import Addressed, FromClient, FromServer, Ping, Pong


class Dialect(Protocol):
    """How a socket speaks: bytes to messages and back."""

    @property
    def name(self) -> str:
        """Which dialect; frames are shared between sockets of one name and spelling."""

    @property
    def acknowledges(self) -> bool:
        """Whether a client is told what became of its changes."""

    @property
    def heartbeat(self) -> bytes:
        """A frame that only says that the line is alive."""

    def decode(self, frame: bytes) -> Addressed[FromClient] | Ping | Pong:
        """What a client sent; raises Malformed."""

    def encode(self, spelling: str, message: FromServer) -> bytes | None:
        """The frame for a message; None for what the dialect cannot say."""
