"""All open rooms of this process: opening each once, letting people in, rights that change."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from models import update_log
from models.documents import DocumentName
from models.policy import may, role_in
from models.update_log import FIRST_EPOCH
from models.vocabulary import IncidentId, PersonId, Verb
from server import live_metrics as metrics
from server.admission import Admission
from server.authenticate import Authenticator, utc_now
from server.committer import Committer, Writer, probe
from server.connection import Connection
from server.gate import Gate
from server.housekeeping import beat, sweep
from server.loading import brought_to_life, living
from server.open_room import OpenRoom
from server.quarantine import Quarantining
from server.rates import USUAL, Limits, Sockets
from server.reading import Reader
from server.returning import FEW, come_back_in
from server.seats import Line, Surroundings
from server.slow_lane import SlowLane
from server.standings import Standings
from sync.errors import Refusal
from sync.messages import RoomAddress
from sync.notices import incident_changed_notice, moving_notice

log = structlog.get_logger()

DRAIN_WITHIN: Final = 10.0
PROBE: Final = 1.0
"""Seconds between two tries to write while storage fails."""


class Hub:
    """The rooms that are open and the sockets that are connected."""

    def __init__(
        self,
        writer: Writer,
        read: Reader,
        authenticator: Authenticator,
        limits: Limits = USUAL,
    ) -> None:
        self._writer = writer
        self._read = read
        self._authenticator = authenticator
        self._committer = Committer(writer)
        self.inbox = self._committer.inbox
        self._quarantine = Quarantining(writer, utc_now)
        self._around = Surroundings(SlowLane(), self._quarantine, limits)
        self._rooms: dict[DocumentName, OpenRoom] = {}
        self._opening: dict[DocumentName, asyncio.Task[OpenRoom]] = {}
        self.standings = Standings(read)
        self.gate = Gate()
        self._connections: set[Connection] = set()
        self._sockets = Sockets(limits.sockets)
        self._tasks: set[asyncio.Task[None]] = set()
        self._dead = False
        self._storage_failing = False
        self._random = random.random
        self.draining = False
        self._admission = Admission(
            self.gate,
            self.standings,
            authenticator,
            self._open,
            self._connections,
            self._sockets,
        )

    @property
    def storage_failing(self) -> bool:
        """Whether the log cannot be written at the moment."""
        return self._storage_failing or self._dead

    # --- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin committing, pinging and sweeping; needs a running loop."""
        self._keep(self._committer.run())
        self._keep(self.gate.run())
        self._keep(beat(self._connections))
        self._keep(sweep(self._connections, self._rooms.values, self._put_away))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._dead = True
            log.critical("live-task-died", error=repr(error), exc_info=error)

    async def drain(self, time_limit: float = DRAIN_WITHIN) -> None:
        """Tell everybody that the server moves, store what waits, and hang up in waves."""
        self.draining = True
        told = {each: self.come_back_in() for each in self._connections}
        for connection, seconds in told.items():
            connection.tell_everywhere(moving_notice(seconds))
        try:
            await asyncio.wait_for(self._settled(), time_limit)
        except TimeoutError:
            log.error("drain-timed-out", rooms=len(self._rooms))
        for count, connection in enumerate(list(self._connections)):
            connection.hang_up(Refusal.RESTART, told.get(connection) or self.come_back_in())
            if count % 50 == 49:
                await asyncio.sleep(0.02)

    async def _settled(self) -> None:
        await self._committer.settled()
        for room in self._rooms.values():
            room.put_away()
        await self._committer.settled()

    async def close(self) -> None:
        """Store what waits and stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._committer.settled(), DRAIN_WITHIN)
            await asyncio.wait_for(self._quarantine.settled(), DRAIN_WITHIN)
        self.gate.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for room in list(self._rooms.values()):
            self._forget(room)

    # --- sockets -------------------------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        """A socket opened."""
        self._connections.add(connection)
        metrics.SOCKETS.inc()

    def disconnected(self, connection: Connection) -> None:
        """A socket closed, for whatever reason."""
        # what it sent before it went counts
        self.inbox.open_all()
        self._connections.discard(connection)
        metrics.SOCKETS.dec()
        self._sockets.forget(connection)
        connection.leave_all()

    @property
    def is_full(self) -> bool:
        """Whether somebody who comes now is asked to come back later."""
        return self.draining or self.gate.overloaded

    def come_back_in(self) -> int:
        """Seconds after which somebody should try again who cannot be served now."""
        return come_back_in(len(self._connections), self.gate.wait(), self._random())

    # --- admission -----------------------------------------------------------------------------

    def knock(self, connection: Connection, address: RoomAddress, token: str) -> None:
        """Let a connection into a document when its turn comes, or turn it away then."""
        self._admission.knock(connection, address, token)

    # --- opening -------------------------------------------------------------------------------

    async def _open(self, name: DocumentName) -> OpenRoom:
        """The open room of a document: one load, however many ask at once."""
        while True:
            room = self._rooms.get(name)
            if room is not None:
                return room
            task = self._opening.get(name)
            if task is None:
                task = asyncio.create_task(self._load(name))
                self._opening[name] = task
                task.add_done_callback(lambda done: self._opened(name, done))
            room = await asyncio.shield(task)
            if not room.gone:
                return room

    def _opened(self, name: DocumentName, task: asyncio.Task[OpenRoom]) -> None:
        self._opening.pop(name, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("room-not-opened", document=str(name), error=type(error).__name__)

    async def _load(self, name: DocumentName) -> OpenRoom:
        began = time.perf_counter()
        stored, former, doc = await brought_to_life(self._read, name)
        room = living(stored, doc, self._storage_failing)
        timers = asyncio.get_running_loop()
        opened = OpenRoom(
            name, stored.head, room, self._committer, timers, self._broken, former, self._around
        )
        self._rooms[name] = opened
        metrics.ROOMS.set(len(self._rooms))
        metrics.LOAD_SECONDS.observe(time.perf_counter() - began)
        return opened

    def _put_away(self, room: OpenRoom) -> None:
        """Close a room that nobody is in."""
        room.put_away()
        self._forget(room)

    def _forget(self, room: OpenRoom) -> None:
        if self._rooms.get(room.name) is room:
            del self._rooms[room.name]
        room.close()
        metrics.ROOMS.set(len(self._rooms))
        if not any(name.incident == room.name.incident for name in self._rooms):
            self.standings.forget(room.name.incident)

    async def epochs(self, names: list[DocumentName]) -> dict[DocumentName, int]:
        """The present epoch of each document."""
        found: dict[str, int] = await self._read(
            lambda c: update_log.epochs_of(c, [str(name) for name in names])
        )
        return {name: found.get(str(name), FIRST_EPOCH) for name in names}

    # --- what goes wrong -----------------------------------------------------------------------

    def _broken(self, room: OpenRoom, error: BaseException) -> None:
        """Throw a room away; its members come back, and their browsers hold what was not
        acknowledged."""
        refusal = Refusal.STORAGE if isinstance(error, OperationalError) else Refusal.RESTART
        lines = {seat.line for seat in room.seats.values()}
        metrics.REBUILT.inc()
        log.error("room-rebuilt", document=str(room.name), members=len(room.seats))
        name = room.name
        self._forget(room)
        # what is being committed for the old room must be on the disk before the new one loads
        if name not in self._opening:
            task = asyncio.create_task(self._reload(name))
            self._opening[name] = task
            task.add_done_callback(lambda done: self._opened(name, done))
        for line in lines:
            line.hang_up(refusal, self.come_back_in() if len(lines) > FEW else None)
        if refusal is Refusal.STORAGE:
            self._suspend()

    async def _reload(self, name: DocumentName) -> OpenRoom:
        try:
            await self._writer.run(lambda _: None)
        except SQLAlchemyError:
            log.warning("barrier-failed", document=str(name))
        return await self._load(name)

    def _suspend(self) -> None:
        """Storage fails: rooms go on for readers, changes wait at their senders."""
        if self._storage_failing:
            return
        self._storage_failing = True
        metrics.STORAGE_FAILING.set(1)
        for room in self._rooms.values():
            room.room.suspend()
        self._keep(self._probe())

    async def _probe(self) -> None:
        while self._storage_failing:
            await asyncio.sleep(PROBE)
            try:
                await self._writer.run(probe)
            except SQLAlchemyError as error:
                log.warning("storage-still-failing", error=type(error).__name__)
            else:
                self._resume()

    def _resume(self) -> None:
        self._storage_failing = False
        metrics.STORAGE_FAILING.set(0)
        log.info("storage-works-again")
        for room in list(self._rooms.values()):
            room.perform(room.room.resume())

    # --- rights that change --------------------------------------------------------------------

    async def rights_changed(
        self,
        incident: IncidentId | None = None,
        person: PersonId | None = None,
        session: bytes | None = None,
    ) -> None:
        """Something that decides rights was changed and committed: act on the open sockets."""
        self.standings.changed(incident)
        for connection in list(self._connections):
            identity = connection.identity
            if identity is None:
                continue
            if session is not None and identity.session == session:
                connection.hang_up(Refusal.SESSION_ENDED)
            elif identity.actor.person == person:
                await self.identify_again(connection)
        for room in list(self._rooms.values()):
            if incident is None or room.name.incident == incident:
                await self._judge_again(room)
        if incident is not None:
            self._tell_of_change(incident)

    def _tell_of_change(self, incident: IncidentId) -> None:
        """Once to each socket that is in a document of the incident."""
        told: set[Line] = set()
        for name, room in self._rooms.items():
            if name.incident == incident:
                for seat in room.seats.values():
                    if seat.line not in told:
                        told.add(seat.line)
                        seat.line.say(seat.spelling, incident_changed_notice())

    async def identify_again(self, connection: Connection) -> None:
        """Look up anew who is behind a socket; one whose session has ended is hung up."""
        identity = connection.identity
        try:
            renewed = None if identity is None else await self._authenticator.renew(identity)
        except SQLAlchemyError as error:
            log.error("identity-not-renewed", error=type(error).__name__)
            connection.hang_up(Refusal.STORAGE)
            return
        if renewed is None:
            connection.hang_up(Refusal.SESSION_ENDED)
        else:
            connection.identity = renewed

    async def _judge_again(self, room: OpenRoom) -> None:
        try:
            standing = await self.standings.of(room.name.incident)
        except SQLAlchemyError as error:
            # nobody keeps a right because it could not be looked up: they come back and are asked
            log.error("rights-not-judged", document=str(room.name), error=type(error).__name__)
            for line in {seat.line for seat in room.seats.values()}:
                line.hang_up(Refusal.STORAGE)
            return
        for member, seat in list(room.seats.items()):
            line = seat.line
            actor = line.actor
            role = None if actor is None or standing is None else role_in(actor, standing)
            if actor is None or role is None or not may(actor, Verb.READ, standing, room.name):
                room.expel(member, Refusal.FORBIDDEN)
            elif member in room.seats:
                room.change_rights(member, role, may(actor, Verb.WRITE, standing, room.name))
