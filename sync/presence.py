"""Who is here, stamped by the server.

Clients say where they are (an awareness state of y-protocols, JSON); the server says who they
are. Observers are not shown one by one:
they are a count per organisation, which travels as the server's own awareness state.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from models.journal import Author
from models.vocabulary import Role
from sync import lib0
from sync.effects import MemberId
from sync.errors import Malformed

LARGEST_STATE: Final = 4096
"""Bytes of one client's state."""
MOST_IDS: Final = 4
"""Client ids of one member: a page makes one, a reload over a dying line a second."""
EXPIRY: Final = 30.0
"""Seconds without a sign of life; the same as y-protocols, which renews after half of it."""
SHORTEST_PAUSE: Final = 0.1
"""Seconds between two presence frames of a room."""
RENEWAL: Final = EXPIRY / 2

_LARGEST_CLOCK: Final = 1 << 53
_GONE: Final = "null"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One entry of an awareness frame; `state` is JSON text, `null` when the client left."""

    client: int
    clock: int
    state: str


def parse_sightings(update: bytes) -> list[Sighting]:
    """The entries of an awareness update; raises Malformed."""
    reader = lib0.Reader(update)
    count = reader.number()
    if count > 1024:
        raise Malformed("too many awareness states")
    return [
        Sighting(client=reader.number(), clock=reader.number(), state=reader.text())
        for _ in range(count)
    ]


def within_bounds(sighting: Sighting) -> Sighting:
    """The same; raises Malformed for what no honest client says about itself."""
    if len(sighting.state) > LARGEST_STATE or sighting.clock >= _LARGEST_CLOCK:
        raise Malformed("an awareness state is out of bounds")
    return sighting


def encode_sightings(sightings: Iterable[Sighting]) -> bytes:
    """An awareness update (y-protocols `awareness.js`, `encodeAwarenessUpdate`)."""
    listed = list(sightings)
    return lib0.number(len(listed)) + b"".join(
        lib0.number(one.client) + lib0.number(one.clock) + lib0.text(one.state) for one in listed
    )


@dataclass(slots=True)
class _Seen:
    member: MemberId
    clock: int
    state: str
    at: float


class Presence:
    """The awareness of one room. `server_client` is the client id the server speaks with."""

    def __init__(self, server_client: int) -> None:
        self._server_client = server_client
        self._server_clock = 0
        self._seen: dict[int, _Seen] = {}
        self._observers: Counter[str] = Counter()
        self._news: set[int] = set()
        self._sent_at = float("-inf")
        self._renewed_at = float("-inf")
        self._expires_at = float("inf")
        """Nobody's state expires before this; who renews moves it on only when it has come."""
        self._here: bytes | None = None

    def arrive(self, author: Author, role: Role) -> None:
        """A member was let in."""
        if role is Role.OBSERVER:
            self._observers[author.organisation] += 1
            self._is_news(self._server_client)

    def depart(self, member: MemberId, author: Author, role: Role) -> None:
        """A member left: their states go, or the count of observers."""
        if role is Role.OBSERVER:
            self._observers[author.organisation] -= 1
            self._observers += Counter()  # drops the zeros
            self._is_news(self._server_client)
        for client, seen in self._seen.items():
            if seen.member == member:
                self._leave(client, seen)

    def see(
        self,
        member: MemberId,
        author: Author,
        role: Role,
        function: str,
        sightings: Iterable[Sighting],
        now: float,
    ) -> None:
        """What a member says about its own place, under ids that are its person's own. Raises
        Malformed for what no honest client sends."""
        for sighting in sightings:
            if role is not Role.OBSERVER and self._belongs(member, sighting.client):
                self._note(member, sighting, _stamped(sighting.state, author, role, function), now)

    def _belongs(self, member: MemberId, client: int) -> bool:
        if client == self._server_client:
            return False
        seen = self._seen.get(client)
        if seen is not None and seen.state != _GONE:
            # the room gave us only this person's ids: they are back on a new line
            return True
        own = sum(one.member == member and one.state != _GONE for one in self._seen.values())
        return own < MOST_IDS

    def _note(self, member: MemberId, sighting: Sighting, state: str, now: float) -> None:
        seen = self._seen.get(sighting.client)
        if seen is not None and sighting.clock < seen.clock:
            return
        self._seen[sighting.client] = _Seen(member, sighting.clock, state, now)
        self._expires_at = min(self._expires_at, now + EXPIRY)
        self._is_news(sighting.client)

    def _leave(self, client: int, seen: _Seen) -> None:
        if seen.state != _GONE:
            seen.state = _GONE
            self._is_news(client)

    def _is_news(self, client: int) -> None:
        self._news.add(client)
        self._here = None

    def next_frame_at(self, now: float) -> float | None:
        """When `take_frame` will have something to say; None while nobody is here."""
        if self._news:
            return max(now, self._sent_at + SHORTEST_PAUSE)
        due = [self._expires_at] if self._seen else []
        if self._observers:
            due.append(self._renewed_at + RENEWAL)
        return min(due, default=None)

    def take_frame(self, now: float) -> bytes | None:
        """What changed since the last frame, at most ten times a second; None: nothing yet."""
        self._expire(now)
        if not self._news or now < self._sent_at + SHORTEST_PAUSE:
            return None
        changed, self._news = self._news, set()
        self._sent_at = now
        if self._server_client in changed:
            self._renewed_at = now
        frame = encode_sightings(self._sighting(client) for client in sorted(changed))
        for client in changed:
            if client in self._seen and self._seen[client].state == _GONE:
                del self._seen[client]
        return frame

    def everybody(self) -> bytes | None:
        """All who are here, for somebody who just came; None when nobody is. Encoded once for
        all who come before anything changes."""
        if self._here is None:
            self._here = self._everybody()
        return self._here

    def _everybody(self) -> bytes | None:
        here = [client for client, seen in self._seen.items() if seen.state != _GONE]
        if self._observers:
            here.append(self._server_client)
        if not here:
            return None
        return encode_sightings(self._sighting(client) for client in here)

    def _expire(self, now: float) -> None:
        if now >= self._expires_at:
            for client, seen in self._seen.items():
                if now >= seen.at + EXPIRY:
                    self._leave(client, seen)
            living = (seen.at + EXPIRY for seen in self._seen.values() if seen.state != _GONE)
            self._expires_at = min(living, default=float("inf"))
        if self._observers and now >= self._renewed_at + RENEWAL:
            self._news.add(self._server_client)

    def _sighting(self, client: int) -> Sighting:
        if client == self._server_client:
            self._server_clock += 1
            state = json.dumps({"observers": dict(self._observers)})
            return Sighting(client, self._server_clock, state)
        seen = self._seen[client]
        return Sighting(client, seen.clock, seen.state)


def _stamped(state: str, author: Author, role: Role, function: str) -> str:
    try:
        told: Any = json.loads(state)
        if told is None:
            return _GONE
        if not isinstance(told, dict):
            raise Malformed("an awareness state is not an object")
        told["user"] = {
            "name": author.name,
            "organisation": author.organisation,
            "function": function,
            "role": role,
        }
        # NaN and the like would be JSON to Python and an exception in every browser
        return json.dumps(told, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        raise Malformed("an awareness state is not JSON") from None
