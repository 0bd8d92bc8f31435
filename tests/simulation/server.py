"""The server in a history: real rooms, connections and sessions over a log that may fail.

What the hub does around them with an event loop (admission, group commits, throwing rooms away,
suspending, judging rights again) is done here one step at a time, so that any other thing may
happen in between.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from models.documents import DocumentName
from models.people import Person
from models.policy import Actor, may, role_in
from models.update_log import Head
from models.vocabulary import Verb
from server.authenticate import Identity
from server.committer import Batch, State
from server.connection import Connection
from server.inbox import Inbox
from server.open_room import IDLE_FOR, OpenRoom
from server.seats import Surroundings
from sync.effects import Append, Broadcast, Effect, MemberId
from sync.errors import Refusal
from sync.messages import Received, RoomAddress
from sync.ports import Dialect
from sync.room import Loaded, Newcomer, Room
from sync.sessions import Deliver, Depart, HangUp, Knock, TurnAway
from tests.memory_log import MemoryLog
from tests.simulation.network import Wire
from tests.simulation.witness import Witness
from tests.simulation.world import Alarms, Clocks, Fuse, Rights

CHECKPOINT_EVERY: Final = 7
"""Rows: checkpoints are made in every history."""


class DiskFull(Exception):
    """A commit that a step of the history lets fail."""


class WatchedRoom(Room):
    """A room that shows what it appends, and for whom, before it is stored."""

    watch: Callable[[MemberId, Append], None]
    _within = False

    def receive(self, member: MemberId, message: Received) -> list[Effect]:
        if self._within:
            return super().receive(member, message)
        self._within = True
        effects = super().receive(member, message)
        self._within = False
        for one in effects:
            if isinstance(one, Append):
                self.watch(member, one)
        return effects

    def go_on(self) -> list[Effect]:
        effects = super().go_on()
        for number, one in enumerate(effects):
            if isinstance(one, Append):
                told = next(after for after in effects[number:] if isinstance(after, Broadcast))
                assert told.besides is not None
                self.watch(told.besides, one)
        return effects


class Socket(Connection):
    """A connection whose admission is a step of its own."""

    def __init__(self, server: Server, actor: Actor, wire: Wire, dialect: Dialect) -> None:
        person = Person(
            actor.person, actor.name, actor.name, "", actor.organisation, actor.role, False
        )
        identity = Identity(person, actor, b"session", None, None, False)
        super().__init__(server, identity, wire, dialect, server.inbox)
        self._server = server

    def _take(self, step: Knock | Deliver | Depart | TurnAway | HangUp) -> None:
        if isinstance(step, Knock):
            self._server.knocks.append((self, step.address))
        else:
            super()._take(step)


class Server:
    """One process, from its start to its death."""

    def __init__(
        self, log: MemoryLog, rights: Rights, clocks: Clocks, fuse: Fuse, witness: Witness
    ) -> None:
        self.log = log
        self.knocks: list[tuple[Socket, RoomAddress]] = []
        self.failing = False
        self.gathers = False
        """Whether the committer waits for more, and the frames of clients wait with it."""
        self.inbox = Inbox(lambda: self.gathers, lambda: None)
        self._rights = rights
        self._clocks = clocks
        self._fuse = fuse
        self._witness = witness
        self._rooms: dict[DocumentName, OpenRoom] = {}
        self._sockets: dict[Socket, None] = {}
        self._members = itertools.count(1)
        self._senders: dict[MemberId, Socket] = {}
        self._waiting: dict[DocumentName, OpenRoom] = {}
        self._storing: list[tuple[OpenRoom, Batch]] = []
        self._states: dict[str, State] = {}
        self.alarms = Alarms(clocks)

    # --- what rooms ask for --------------------------------------------------------------------

    def want(self, room: OpenRoom) -> None:
        self._fuse.burn()
        self._waiting[room.name] = room

    def keep(self, state: State) -> None:
        """A checkpoint is written when there is time, or never."""
        self._states[state.document] = state

    def enter(self, room: OpenRoom) -> None:
        """Something long goes on when other things had their turn."""
        self.alarms.call_later(0.0, room.go_on)

    # --- sockets -------------------------------------------------------------------------------

    def connected(self, wire: Wire, actor: Actor, dialect: Dialect, spelling: str | None) -> None:
        """A socket opened; one of the plain dialect names its document at once."""
        socket = Socket(self, actor, wire, dialect)
        wire.connection = socket
        self._sockets[socket] = None
        if spelling is not None:
            socket.knock(spelling)

    def disconnected(self, wire: Wire) -> None:
        """A socket is gone, and the server knows; what it sent before counts."""
        self.inbox.open_all()
        socket, wire.connection = wire.connection, None
        if isinstance(socket, Socket) and socket in self._sockets:
            del self._sockets[socket]
            socket.leave_all()

    def knock(self, connection: Connection, address: RoomAddress, token: str) -> None:
        raise AssertionError("admission is a step of its own")

    def answer(self, number: int) -> None:
        """Answer one of those who knock; two documents may be answered in any order."""
        socket, address = self.knocks.pop(number)
        if socket in self._sockets and (refusal := self._admit(socket, address)) is not None:
            socket.turn_away(address.spelling, refusal)

    def _admit(self, socket: Socket, address: RoomAddress) -> Refusal | None:
        actor, standing = socket.actor, self._rights.standing
        assert actor is not None
        role = role_in(actor, standing)
        if role is None:
            return Refusal.UNKNOWN_DOCUMENT
        if not may(actor, Verb.READ, standing, address.name):
            return Refusal.FORBIDDEN
        room = self._open(address.name)
        if address.epoch is not None and address.epoch != room.head.epoch:
            return Refusal.STALE_EPOCH
        member = MemberId(next(self._members))
        self._senders[member] = socket
        who = Newcomer(
            member,
            actor.author,
            role,
            may(actor, Verb.WRITE, standing, address.name),
            acknowledged=socket.dialect.acknowledges,
        )
        room.join(who, socket, address.spelling)
        if not socket.seated(address.spelling, member, room):
            room.leave(member)
        return None

    # --- rooms ---------------------------------------------------------------------------------

    def _open(self, name: DocumentName) -> OpenRoom:
        if name not in self._rooms:
            stored = self.log.load(str(name))
            room = WatchedRoom(
                Loaded(stored.state, stored.tail, stored.marks),
                self._clocks.now,
                self._clocks.today,
                self.failing,
                checkpoint_every=CHECKPOINT_EVERY,
            )
            room.watch = lambda member, one: self._applied(name, member, one)
            self._witness.loaded(name, room.snapshot())
            former = self.log.clients_before(str(name), stored.head.epoch)
            self._rooms[name] = OpenRoom(
                name,
                stored.head,
                room,
                self,
                self.alarms,
                self._broken,
                former,
                Surroundings(lane=self),
            )
        return self._rooms[name]

    def _applied(self, name: DocumentName, member: MemberId, one: Append) -> None:
        socket = self._senders[member]
        assert socket.actor is not None
        self._witness.applied(name, socket.actor, socket.closing is None, one)

    def snapshot(self, name: DocumentName) -> bytes:
        """What the document is, opened anew."""
        return self._open(name).room.snapshot()

    def _forget(self, room: OpenRoom) -> None:
        del self._rooms[room.name]
        self._waiting.pop(room.name, None)
        self._witness.forgotten(room.name)
        room.close()

    def _broken(self, room: OpenRoom, error: Exception) -> None:
        assert isinstance(error, DiskFull), error
        if self._rooms.get(room.name) is room:
            lines = dict.fromkeys(seat.line for seat in room.seats.values())
            self._forget(room)
            for line in lines:
                line.hang_up(Refusal.STORAGE)
        self.failing = True
        for one in self._rooms.values():
            one.room.suspend()

    def resume(self) -> None:
        """The disk can be written again."""
        if self.failing:
            self.failing = False
            for room in self._rooms.values():
                room.perform(room.room.resume())

    def sweep(self) -> None:
        """Close rooms that nobody was in for a while."""
        for room in list(self._rooms.values()):
            if room.idle and self._clocks.now() - room.empty_since > IDLE_FOR:
                room.put_away()
                self._forget(room)

    # --- storing -------------------------------------------------------------------------------

    def begin_commit(self) -> None:
        """Take what all rooms have waiting into one transaction."""
        self.gathers = False
        self.inbox.open_all()
        if self._waiting and not self._storing:
            rooms = list(self._waiting.values())
            self._waiting.clear()
            self._storing = [(room, room.take_batch()) for room in rooms]

    def commit(self) -> None:
        """The transaction is on the disk, and the rooms are told."""
        storing, self._storing = self._storing, []
        heads = [self._store(room, batch) for room, batch in storing]
        self._fuse.burn()
        for (room, _), head in zip(storing, heads, strict=True):
            room.committed(head)

    def _store(self, room: OpenRoom, batch: Batch) -> Head:
        head = self.log.append(batch.document, batch.head, batch.rows)
        if batch.checkpoint is not None:
            count, state = batch.checkpoint
            seq = batch.head.seq + count
            self.keep(State(batch.document, head, seq, state, batch.rows[count - 1].at))
        self._witness.committed(room.name, batch)
        return head

    def write_checkpoint(self) -> None:
        """Write one of the checkpoints that wait, in a transaction of its own."""
        if self._states:
            state = self._states.pop(next(iter(self._states)))
            sealed = replace(state.head, seq=state.seq)
            self.log.checkpoint(state.document, sealed, state.state)
            self._witness.figures["checkpoints"] += 1

    def fail_commit(self) -> None:
        """Nothing of the transaction is stored."""
        storing, self._storing = self._storing, []
        for room, _ in storing:
            room.not_committed(DiskFull())

    @property
    def busy(self) -> bool:
        """Something waits to be answered or stored."""
        return bool(
            self.knocks
            or self.inbox.holds_any
            or self.alarms.is_due
            or self._waiting
            or self._storing
        )

    # --- rights --------------------------------------------------------------------------------

    def judge_again(self) -> None:
        """Rights were changed: act on the open sockets."""
        standing = self._rights.standing
        for room in list(self._rooms.values()):
            for member, seat in list(room.seats.items()):
                actor = seat.line.actor
                role = None if actor is None else role_in(actor, standing)
                if actor is None or role is None or not may(actor, Verb.READ, standing, room.name):
                    room.expel(member, Refusal.FORBIDDEN)
                elif member in room.seats:
                    room.change_rights(member, role, may(actor, Verb.WRITE, standing, room.name))

    def end_session(self, actor: Actor) -> None:
        """Somebody signed out elsewhere, or their account was closed for a while."""
        for socket in list(self._sockets):
            if socket.actor == actor:
                socket.hang_up(Refusal.SESSION_ENDED)
