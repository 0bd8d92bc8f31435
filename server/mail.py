"""What a room says at one moment, gathered so that each socket is written to once.

Most members hear the same: for them the frames are built and joined once per spelling in use, and
changes that were stored together become one, whoever made them. Who is spoken to alone, or left
out of something, gets a letter of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from server.frames import framed
from sync.effects import MemberId
from sync.merging import merged
from sync.messages import Awareness, FromServer, SyncStatus, Update
from sync.ports import Dialect


class Seated(Protocol):
    """A member's place, as mail sees it."""

    @property
    def spelling(self) -> str:
        """The name under which the client knows the document."""

    @property
    def dialect(self) -> Dialect:
        """How the client speaks."""

    @property
    def hears(self) -> tuple[str, str]:
        """Dialect and spelling: who hears the same gets the same bytes."""

    @property
    def behind(self) -> bool:
        """Whether the client does not keep up."""

    def write(self, frames: bytes) -> None:
        """Put frames on their way."""


class _Letter(NamedTuple):
    message: FromServer
    to: MemberId | None
    besides: MemberId | None


class Mail:
    """Messages of one moment, in order. `missed` is told who was left out of a change or of
    presence because they do not keep up."""

    def __init__(self, missed: Callable[[MemberId], None]) -> None:
        self._letters: list[_Letter] = []
        self._missed = missed

    def send(self, member: MemberId, message: FromServer) -> None:
        """Tell one member."""
        self._letters.append(_Letter(message, member, None))

    def broadcast(self, message: FromServer, besides: MemberId | None) -> None:
        """Tell everybody, but for one; who made one of several changes may hear it again."""
        self._letters.append(_Letter(message, None, besides))

    def deliver(self, seats: Mapping[MemberId, Seated]) -> None:
        """Write to each socket what is for it, in one go."""
        if not self._letters:
            return
        letters, self._letters = self._letters, []
        moment = _Moment(_with_one_change(letters))
        reached = seats.items() if moment.is_for_all else moment.named_in(seats)
        named, shared = moment.named, moment.shared
        for member, seat in list(reached):
            if seat.behind:
                self._write_to_one_behind(member, seat, moment)
                continue
            if member in named:
                frames = moment.joined(seat, moment.numbers_for(member))
            elif (known := shared.get(seat.hears)) is not None:
                frames = known
            else:
                frames = moment.share(seat)
            if frames:
                seat.write(frames)

    def _write_to_one_behind(self, member: MemberId, seat: Seated, moment: _Moment) -> None:
        numbers = moment.numbers_for(member)
        kept = [number for number in numbers if not moment.can_be_said_later(number)]
        if len(kept) != len(numbers):
            self._missed(member)
        if frames := moment.joined(seat, kept):
            seat.write(frames)


def _with_one_change(letters: list[_Letter]) -> list[_Letter]:
    """Several changes for everybody as one, behind what was said between them: an answer to a step
    1 may be what the later ones build on. Only verdicts on changes still come after it. Its authors
    hear their own again, which changes nothing for them, so that all hear the same."""
    updates: list[bytes] = []
    verdicts: list[_Letter] = []
    others: list[_Letter] = []
    said_before_the_last = 0
    for one in letters:
        if one.to is None and isinstance(one.message, Update):
            updates.append(one.message.update)
            said_before_the_last = len(others)
        else:
            (verdicts if isinstance(one.message, SyncStatus) else others).append(one)
    if len(updates) < 2:
        return letters
    changes = [_Letter(Update(one), None, None) for one in merged(updates)]
    before, after = others[:said_before_the_last], others[said_before_the_last:]
    return [*before, *changes, *verdicts, *after]


class _Moment:
    """Letters in order, by their numbers, and the frames made for them."""

    def __init__(self, letters: list[_Letter]) -> None:
        self._letters = letters
        self._common: list[int] = []
        self._personal: dict[MemberId, list[int]] = {}
        self._frames: dict[tuple[tuple[str, str], int], bytes] = {}
        self.named: set[MemberId] = set()
        """Who is spoken to alone, or left out of something."""
        self.shared: dict[tuple[str, str], bytes] = {}
        """What all others hear, by dialect and spelling, once it was made."""
        for number, one in enumerate(letters):
            if one.to is not None:
                self._personal.setdefault(one.to, []).append(number)
                self.named.add(one.to)
            else:
                self._common.append(number)
                if one.besides is not None:
                    self.named.add(one.besides)

    @property
    def is_for_all(self) -> bool:
        return bool(self._common)

    def named_in(self, seats: Mapping[MemberId, Seated]) -> Iterable[tuple[MemberId, Seated]]:
        """Those who are spoken to alone, with their places."""
        return [(member, seats[member]) for member in self._personal if member in seats]

    def share(self, seat: Seated) -> bytes:
        """What everybody hears who is not named, in the spelling of this place."""
        frames = self.shared[seat.hears] = self.joined(seat, self._common)
        return frames

    def numbers_for(self, member: MemberId) -> list[int]:
        """The letters for a member, in order."""
        common = [n for n in self._common if self._letters[n].besides != member]
        return sorted(common + self._personal.get(member, []))

    def can_be_said_later(self, number: int) -> bool:
        """Changes and presence that everybody is told: one difference says them all."""
        letter = self._letters[number]
        return letter.to is None and isinstance(letter.message, Update | Awareness)

    def joined(self, seat: Seated, numbers: Iterable[int]) -> bytes:
        """The frames of these letters in a row."""
        return b"".join([self._frame(seat, number) for number in numbers])

    def _frame(self, seat: Seated, number: int) -> bytes:
        message = self._letters[number].message
        # acknowledgements are the most numerous letters, and all alike
        slot = -1 - message.saved if isinstance(message, SyncStatus) else number
        frame = self._frames.get((seat.hears, slot))
        if frame is None:
            said = seat.dialect.encode(seat.spelling, message)
            frame = self._frames[seat.hears, slot] = b"" if said is None else framed(said)
        return frame
