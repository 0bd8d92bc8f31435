"""Messages that cannot be judged before an old document was surveyed.

The survey goes on a few milliseconds at a time. What a member says behind a message that is put off
waits behind it; everybody else goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sync.effects import MemberId
from sync.messages import Received


class Later(Protocol):
    """What puts calls off: an event loop, or a test."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object:
        """Call after `delay` seconds."""


class PutOff:
    """`survey` goes on and says whether it is done; then each message is given to `receive`.
    `failed` is called when the survey cannot be made."""

    def __init__(
        self,
        survey: Callable[[], bool],
        timers: Later,
        receive: Callable[[MemberId, Received], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._survey, self._timers = survey, timers
        self._receive, self._failed = receive, failed
        self._messages: dict[MemberId, list[Received]] = {}

    def takes(self, member: MemberId, message: Received) -> bool:
        """Take a message of somebody whose earlier one waits."""
        waiting = self._messages.get(member) if self._messages else None
        if waiting is None:
            return False
        waiting.append(message)
        return True

    def begin(self, member: MemberId, message: Received) -> None:
        """Keep a message until the document is surveyed."""
        if not self._messages:
            self._timers.call_later(0, self._go_on)
        self._messages.setdefault(member, []).append(message)

    def forget(self, member: MemberId) -> None:
        """Somebody is gone, and what they said as well: it was not acknowledged."""
        self._messages.pop(member, None)

    def clear(self) -> None:
        """Nobody is heard any more."""
        self._messages.clear()

    def _go_on(self) -> None:
        if not self._messages:
            return
        try:
            surveyed = self._survey()
        except Exception as error:  # noqa: BLE001 whoever is told logs it, and starts anew
            self._failed(error)
            return
        if not surveyed:
            self._timers.call_later(0, self._go_on)
            return
        messages, self._messages = self._messages, {}
        for member, said in messages.items():
            for message in said:
                self._receive(member, message)
