"""Who is asking: a browser by its session cookie, a machine by its key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from models import keys, sessions
from models.keys import Key
from models.people import Person
from models.policy import Actor
from models.sessions import Limits, Session
from server.reading import Reader

COOKIE: Final = "__Host-samenbeeld"
"""The prefix makes browsers refuse it from another host, without Secure, or with another path."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who is signed in, acting for one organisation, and by what they are.

    Exactly one of `session` and `key` is set: the hash of what was shown, never the thing itself.
    """

    person: Person
    actor: Actor
    session: bytes | None
    key: bytes | None
    expires_at: datetime | None
    own_device: bool
    last_seen_at: datetime | None = None

    def expired(self, now: datetime | None = None) -> bool:
        """Whether the absolute limit has passed; an open socket does not move it."""
        return self.expires_at is not None and self.expires_at <= (now or utc_now())


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def shown_by(connection: HTTPConnection) -> str:
    """All by which the sender of a request wants to be known: equal for who is the same."""
    key, cookie = connection.headers.get("authorization", ""), connection.cookies.get(COOKIE, "")
    return f"{key}\n{cookie}" if key or cookie else ""


class Authenticator:
    """Looks up sessions and keys; keeps nothing, so that what was ended is ended."""

    def __init__(self, read: Reader, limits: Limits = Limits()) -> None:  # noqa: B008 frozen
        self._read = read
        self._limits = limits

    async def identify(self, connection: HTTPConnection) -> Identity | None:
        """Who sent a request or opened a socket.

        A key that is shown and does not hold is nobody, whatever cookie travels along.
        """
        scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self.by_token(credentials.strip())
        cookie = connection.cookies.get(COOKIE)
        return None if cookie is None else await self.by_cookie(cookie)

    async def by_token(self, token: str) -> Identity | None:
        """Who an API key stands for; a session's token is no key."""

        def look_up(connection: Connection) -> Key | None:
            return keys.find(connection, token, now=utc_now())

        key = await self._read(look_up) if token.startswith(keys.PREFIX) else None
        return None if key is None else _of_key(key)

    async def by_cookie(self, token: str) -> Identity | None:
        """Who a session cookie stands for."""

        def look_up(connection: Connection) -> Session | None:
            return sessions.find(connection, token, now=utc_now(), limits=self._limits)

        session = await self._read(look_up)
        return None if session is None else _of_session(session)

    async def renew(self, identity: Identity) -> Identity | None:
        """The same identity as it is now: with another role perhaps, or None when it ended."""
        return await self._read(lambda connection: self._look_up_again(connection, identity))

    def _look_up_again(self, connection: Connection, identity: Identity) -> Identity | None:
        now = utc_now()
        if identity.session is not None:
            session = sessions.find_by_hash(
                connection, identity.session, now=now, limits=self._limits
            )
            return None if session is None else _of_session(session)
        if identity.key is not None:
            key = keys.find_by_hash(connection, identity.key, now=now)
            return None if key is None else _of_key(key)
        return None


def _of_session(session: Session) -> Identity:
    return Identity(
        person=session.person,
        actor=session.person.actor(session.organisation),
        session=session.token_hash,
        key=None,
        expires_at=session.expires_at,
        own_device=session.own_device,
        last_seen_at=session.last_seen_at,
    )


def _of_key(key: Key) -> Identity:
    return Identity(
        person=key.person,
        actor=key.person.actor(key.organisation),
        session=None,
        key=key.key_hash,
        expires_at=key.expires_at,
        own_device=False,
    )
