"""What a room says at one moment, gathered so that each socket is written to once.

Most members hear the same: for them the frames are built and joined once per spelling in use.
Only who is spoken to alone, or left out of something, gets a letter of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from server.frames import framed
from sync.effects import MemberId
from sync.messages import Awareness, FromServer, Update
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
    def behind(self) -> bool:
        """Whether the client does not keep up."""

    def write(self, frames: bytes) -> None:
        """Put frames on their way."""


@dataclass(frozen=True, slots=True)
class _Letter:
    message: FromServer
    to: MemberId | None
    besides: MemberId | None

    def reaches(self, member: MemberId) -> bool:
        return self.to == member if self.to is not None else self.besides != member


class Mail:
    """Messages of one moment, in order. `missed` is told who was left out of a change or of
    presence because they do not keep up."""

    def __init__(self, missed: Callable[[MemberId], None]) -> None:
        self._letters: list[_Letter] = []
        self._named: set[MemberId] = set()
        self._missed = missed
        self._frames: dict[tuple[str, str, int], bytes] = {}

    def send(self, member: MemberId, message: FromServer) -> None:
        """Tell one member."""
        self._letters.append(_Letter(message, member, None))
        self._named.add(member)

    def broadcast(self, message: FromServer, besides: MemberId | None) -> None:
        """Tell everybody, but for one."""
        self._letters.append(_Letter(message, None, besides))
        if besides is not None:
            self._named.add(besides)

    def deliver(self, seats: Mapping[MemberId, Seated]) -> None:
        """Write to each socket what is for it, in one go."""
        letters, self._letters = self._letters, []
        if not letters:
            return
        common = [number for number, one in enumerate(letters) if one.to is None]
        if common:
            self._deliver_common(letters, common, seats)
        for member in self._named:
            seat = seats.get(member)
            if seat is not None:
                own = [n for n, one in enumerate(letters) if one.reaches(member)]
                self._write(member, seat, letters, own)
        self._named.clear()
        self._frames.clear()

    def _deliver_common(
        self,
        letters: list[_Letter],
        common: list[int],
        seats: Mapping[MemberId, Seated],
    ) -> None:
        joined: dict[tuple[str, str], bytes] = {}
        for member, seat in list(seats.items()):
            if member in self._named:
                continue
            if seat.behind:
                self._write(member, seat, letters, common)
                continue
            key = (seat.dialect.name, seat.spelling)
            frames = joined.get(key)
            if frames is None:
                frames = joined[key] = self._join(seat, letters, common)
            if frames:
                seat.write(frames)

    def _write(
        self, member: MemberId, seat: Seated, letters: list[_Letter], numbers: list[int]
    ) -> None:
        if seat.behind:
            kept = [n for n in numbers if not _can_be_said_later(letters[n])]
            if len(kept) != len(numbers):
                self._missed(member)
            numbers = kept
        if frames := self._join(seat, letters, numbers):
            seat.write(frames)

    def _join(self, seat: Seated, letters: list[_Letter], numbers: Iterable[int]) -> bytes:
        return b"".join(self._frame(seat, letters, number) for number in numbers)

    def _frame(self, seat: Seated, letters: list[_Letter], number: int) -> bytes:
        key = (seat.dialect.name, seat.spelling, number)
        frame = self._frames.get(key)
        if frame is None:
            message = seat.dialect.encode(seat.spelling, letters[number].message)
            frame = self._frames[key] = b"" if message is None else framed(message)
        return frame


def _can_be_said_later(letter: _Letter) -> bool:
    """Changes and presence that everybody is told: one difference says them all."""
    return letter.to is None and isinstance(letter.message, Update | Awareness)
