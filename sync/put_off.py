"""Changes that cannot be judged before an old document was surveyed.

What a member changes behind one that is put off waits behind it; everybody else goes on.
"""

from __future__ import annotations

from sync.effects import MemberId
from sync.members import Member
from sync.messages import SyncStep2, Update, Updates

Change = SyncStep2 | Update | Updates
"""What has to be judged."""


def size_of(message: Change) -> int:
    """Bytes of what one message changes."""
    if isinstance(message, Updates):
        return sum(map(len, message.updates))
    return len(message.update)


class PutOff:
    """The changes of each member, in the order in which they came."""

    def __init__(self) -> None:
        self._messages: dict[MemberId, tuple[Member, list[Change]]] = {}
        self.count = self.bytes = 0

    def takes(self, one: Member, message: Change) -> bool:
        """Take a message of somebody whose earlier one waits."""
        if not self._messages or one.who.member not in self._messages:
            return False
        self.add(one, message)
        return True

    def add(self, one: Member, message: Change) -> None:
        """Keep a message until the document is surveyed."""
        self._messages.setdefault(one.who.member, (one, []))[1].append(message)
        self.count += 1
        self.bytes += size_of(message)

    def forget(self, member: MemberId) -> None:
        """Somebody is gone, and what they said as well: it was not acknowledged."""
        if (found := self._messages.pop(member, None)) is not None:
            self.count -= len(found[1])
            self.bytes -= sum(map(size_of, found[1]))

    def take_all(self) -> list[tuple[Member, Change]]:
        """What was put off; it is the caller's from here on."""
        messages, self._messages = self._messages, {}
        self.count = self.bytes = 0
        return [(one, message) for one, said in messages.values() for message in said]
