"""Letting people in: whose turn it is, who they are, whether they may, and their seat in a room."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Container
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.documents import DocumentName
from models.policy import Actor, Standing, may, role_in
from models.vocabulary import Verb
from server.authenticate import Authenticator
from server.connection import Connection
from server.gate import Gate, Lane
from server.open_room import OpenRoom
from server.rates import Sockets
from server.standings import Standings
from sync.effects import MemberId
from sync.errors import Refusal
from sync.messages import RoomAddress
from sync.room import Newcomer

log = structlog.get_logger()


class Admission:
    """Decides about each document of each socket. `open_room` opens a room once, however many ask;
    `connected` holds the sockets that are still there."""

    def __init__(
        self,
        gate: Gate,
        standings: Standings,
        authenticator: Authenticator,
        open_room: Callable[[DocumentName], Awaitable[OpenRoom]],
        connected: Container[Connection],
        sockets: Sockets,
    ) -> None:
        self._gate = gate
        self._standings = standings
        self._authenticator = authenticator
        self._open = open_room
        self._connections = connected
        self._sockets = sockets
        self._members = itertools.count(1)

    def knock(self, connection: Connection, address: RoomAddress, token: str) -> None:
        """Let a connection into a document when its turn comes, or turn it away then."""
        self._gate.do(
            self._lane(connection, address), lambda: self._admit(connection, address, token)
        )

    def _lane(self, connection: Connection, address: RoomAddress) -> Lane:
        """Who certainly only reads goes behind whose text may be waiting."""
        standing, actor = self._standings.known(address.name.incident), connection.actor
        if standing is None or actor is None:
            return Lane.WRITER
        writes = may(actor, Verb.WRITE, standing, address.name)
        return Lane.WRITER if writes else Lane.READER

    async def _admit(self, connection: Connection, address: RoomAddress, token: str) -> None:
        """Answers by itself, whatever happens; but not whose greeting ended meanwhile."""
        if connection not in self._connections or not connection.sessions.asks(address):
            return
        try:
            refusal = await self._judge(connection, address, token)
        except SQLAlchemyError as error:
            log.error("admission-failed", document=str(address.name), error=type(error).__name__)
            connection.hang_up(Refusal.STORAGE)
        except Exception as error:
            log.critical("admission-died", connection=connection.number, exc_info=error)
            connection.hang_up(Refusal.INTERNAL)
        else:
            if refusal is not None and connection.sessions.asks(address):
                connection.turn_away(address.spelling, refusal)

    async def _judge(
        self, connection: Connection, address: RoomAddress, token: str
    ) -> Refusal | None:
        if connection.identity is None:
            ask = self._authenticator.by_token
            connection.known_as(await self._standings.person(token, lambda: ask(token)))
        if connection.identity is None:
            return Refusal.UNAUTHENTICATED
        actor = connection.identity.actor
        if connection not in self._connections:
            return None  # gone meanwhile: it must not be counted any more
        if not self._sockets.count(connection, actor.person):
            return Refusal.TOO_MANY
        standing = await self._standings.of(address.name.incident)
        # an incident one takes no part in is indistinguishable from one that does not exist
        if standing is None or role_in(actor, standing) is None:
            return Refusal.UNKNOWN_DOCUMENT
        if not may(actor, Verb.READ, standing, address.name):
            return Refusal.FORBIDDEN
        while True:
            room = await self._open(address.name)
            # rights may have changed, and the room may have gone, while we waited
            standing = await self._standings.of(address.name.incident)
            if not room.gone:
                break
        if address.epoch is not None and address.epoch != room.head.epoch:
            return Refusal.STALE_EPOCH
        actor = connection.identity.actor
        if standing is None or not may(actor, Verb.READ, standing, address.name):
            return Refusal.FORBIDDEN
        if room.is_full:
            return Refusal.TOO_MANY
        if wait := room.wait_for(actor.person):
            # who is not read any more does not get further over a new socket
            again = partial(self.knock, connection, address, token)
            asyncio.get_running_loop().call_later(wait, again)
        else:
            self._seat(connection, address, room, actor, standing)
        return None

    def _seat(
        self,
        connection: Connection,
        address: RoomAddress,
        room: OpenRoom,
        actor: Actor,
        standing: Standing,
    ) -> None:
        member = MemberId(next(self._members))
        role = role_in(actor, standing)
        if role is None or connection not in self._connections:
            return
        who = Newcomer(
            member,
            actor.author,
            role,
            may(actor, Verb.WRITE, standing, address.name),
            actor.function,
            connection.dialect.acknowledges,
        )
        with connection.in_one_write():
            room.join(who, connection, address.spelling)
            if not connection.seated(address.spelling, member, room):
                room.leave(member)
