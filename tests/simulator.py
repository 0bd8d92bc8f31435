"""Several clients and a server that crashes, in one thread, under one seed.

The room, its order of effects and the log are the real ones; the network, the clock, the disk
and the clients are simulated. One seed is one history. Run many: `python -m tests.simulator 500`.

What must hold at every moment and at the end (numbers as in the test plan of the project):
I1 what a client was told is saved is in the log after any crash; nothing that another client
received is lost. I2 all clients converge once connected. I3 no row comes from somebody without
the right. I4 each row is attributed to who sent it. I5 numbers have no gaps, hashes chain.
I6 nothing is doubled, and what was not acknowledged is sent again.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

from pycrdt import Doc, Text

from models.journal import Author
from models.vocabulary import OrganisationCode, PersonId, Role
from server.committer import Batch, State
from server.open_room import OpenRoom
from sync import codec
from sync.effects import MemberId
from sync.guard import parse_state_vector
from sync.messages import (
    Addressed,
)
from sync.room import Loaded, Newcomer, Room
from tests.builders import Clock
from tests.memory_log import MemoryLog
from tests.simulated_client import NAME, SPELLING, Client, Wire, tokens


class _Never:
    def cancel(self) -> None:
        pass


class NoTimers:
    """Presence is not simulated."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> _Never:
        return _Never()


class DiskFull(Exception):
    """The commit that a step of the simulation lets fail."""


def clocks(doc: Doc[Any]) -> dict[int, int]:
    return parse_state_vector(doc.get_state())


class Simulation:
    """One history. `run` raises AssertionError when something does not hold."""

    def __init__(self, seed: int, clients: int = 4) -> None:
        self.rng = random.Random(seed)
        self.clock = Clock()
        self.log = MemoryLog()
        self.clients = [Client(f"c{number}", Role.EDITOR) for number in range(clients)]
        self.clients.append(Client("reader", Role.OBSERVER))
        self.written = 0
        self.members = 0
        self.storing: Batch | None = None
        self.wanted = False
        self.checked: set[str] = set()
        self.room = self._open()

    # --- the server ----------------------------------------------------------------------------

    def _open(self) -> OpenRoom:
        stored = self.log.load(str(NAME))
        room = Room(
            Loaded(stored.state, stored.tail, stored.marks), self.clock.now, self.clock.today
        )
        return OpenRoom(NAME, stored.head, room, self, NoTimers(), self._broken)

    def want(self, room: OpenRoom) -> None:
        self.wanted = True

    def _broken(self, room: OpenRoom, error: Exception) -> None:
        assert isinstance(error, DiskFull), error
        self.crash()

    def crash(self) -> None:
        """The process dies: what was not committed is gone, and so is every line."""
        for client in self.clients:
            self.cut(client)
        self.room.close()
        self.storing, self.wanted = None, False
        self.room = self._open()

    def keep(self, state: State) -> None:
        raise AssertionError("nobody puts a simulated room away")

    def begin_commit(self) -> None:
        if self.wanted and self.storing is None:
            self.wanted = False
            self.storing = self.room.take_batch()

    def commit(self, performed: bool = True) -> None:
        """The batch reaches the disk; not `performed`: the process dies before it can say so."""
        if self.storing is None:
            return
        batch, self.storing = self.storing, None
        head = batch.head
        for number, row in enumerate(batch.rows, start=1):
            head = self.log.append(batch.document, head, (row,))
            if batch.checkpoint is not None and batch.checkpoint[0] == number:
                self.log.checkpoint(batch.document, head, batch.checkpoint[1])
        if performed:
            self.room.committed(head)
        else:
            self.crash()

    def fail_commit(self) -> None:
        if self.storing is not None:
            self.storing = None
            self.room.not_committed(DiskFull())

    # --- the network ---------------------------------------------------------------------------

    def connect(self, client: Client) -> None:
        if client.wire is not None:
            return
        self.members += 1
        wire = Wire(client, MemberId(self.members))
        author = Author(PersonId(client.name), client.name, OrganisationCode(client.name.upper()))
        who = Newcomer(wire.member, author, client.role, client.may_write)
        client.connect(wire)
        self.room.join(who, wire, SPELLING)

    def cut(self, client: Client) -> None:
        wire, client.wire = client.wire, None
        if wire is not None:
            wire.cut = True
            self.room.leave(wire.member)

    def deliver_to_server(self, client: Client) -> None:
        wire = client.wire
        if wire is not None and not wire.cut and wire.to_server:
            frame = codec.decode_from_client(wire.to_server.popleft())
            assert isinstance(frame, Addressed)
            self.room.receive(wire.member, frame.message)

    def deliver_to_client(self, client: Client) -> None:
        if client.wire is not None and client.wire.to_client:
            client.receive(client.wire.to_client.popleft())

    def fall_behind(self, client: Client) -> None:
        if client.wire is not None:
            client.wire.behind = True

    def read_again(self, client: Client) -> None:
        if client.wire is not None and client.wire.behind:
            client.wire.behind = False
            self.room.caught_up(client.wire.member)

    # --- steps ---------------------------------------------------------------------------------

    def write(self, client: Client) -> None:
        if client.may_write:
            self.written += 1
            client.write(self.rng, f"{self.written:05d} ")

    def join(self, _: Client) -> None:
        if len(self.clients) < 10:
            self.clients.append(Client(f"j{len(self.clients)}", Role.EDITOR))
            self.connect(self.clients[-1])

    def step(self) -> None:
        client = self.rng.choice(self.clients)
        act, _ = self.rng.choices(STEPS, [weight for _, weight in STEPS])[0]
        act(self, client)
        self.clock.pass_by(self.rng.choice([0.001, 0.1, 5.0]))
        for one in self.clients:
            if one.wire is not None and one.wire.cut:
                self.cut(one)
        self.check()

    def check(self) -> None:
        """What holds at every moment: nothing saved or seen elsewhere is missing in the log."""
        promised = set().union(*(one.saved | one.received for one in self.clients))
        if promised - self.checked:
            logged = tokens(self.logged())
            assert promised <= logged, f"lost: {sorted(promised - logged)}"
            self.checked = promised

    def logged(self) -> Doc[Any]:
        doc: Doc[Any] = Doc()
        for entry, _ in self.log.rows.get(str(NAME), []):
            doc.apply_update(entry.payload)
        return doc

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()
        self.settle()
        self.check_end()

    def settle(self) -> None:
        """Everybody is connected and the disk works: deliver until nothing is on its way."""
        for client in self.clients:
            if client.wire is not None and client.wire.cut:
                self.cut(client)
            self.connect(client)
            self.read_again(client)
        for _ in range(2000):
            for client in self.clients:
                self.deliver_to_server(client)
                self.deliver_to_client(client)
            self.begin_commit()
            self.commit()
            if not self._on_its_way():
                return
        raise AssertionError("it never settles")

    def _on_its_way(self) -> bool:
        wires = [client.wire for client in self.clients if client.wire is not None]
        return self.wanted or any(wire.to_server or wire.to_client for wire in wires)

    def check_end(self) -> None:
        logged = self.logged()
        text = str(logged.get("t", type=Text))
        wrote = [token for client in self.clients for token in client.wrote]
        assert sorted(text[at : at + 6] for at in range(0, len(text), 6)) == sorted(wrote)
        for client in self.clients:
            assert client.unsynced == 0, f"{client.name} still says saving {client.unsynced}"
            assert clocks(client.doc) == clocks(logged), f"{client.name} differs"
            for root, kind in (("t", Text), ("n", Text)):
                assert str(client.doc.get(root, type=kind)) == str(logged.get(root, type=kind))
        assert self.log.holds(str(NAME))
        self.check_attribution()
        quick = self._open().room.snapshot()
        doc: Doc[Any] = Doc()
        doc.apply_update(quick)
        assert str(doc.get("t", type=Text)) == text

    def check_attribution(self) -> None:
        owner = {token: client.name for client in self.clients for token in client.wrote}
        doc: Doc[Any] = Doc()
        before: set[str] = set()
        for entry, _ in self.log.rows.get(str(NAME), []):
            doc.apply_update(entry.payload)
            now = tokens(doc)
            for token in now - before:
                assert owner[token] == entry.person
            assert entry.person != "reader"
            before = now


STEPS: list[tuple[Callable[[Simulation, Client], None], int]] = [
    (lambda sim, client: sim.write(client), 20),
    (lambda sim, client: client.may_write and client.erase(sim.rng), 4),
    (lambda sim, client: client.may_write and client.set(sim.rng), 4),
    (lambda sim, client: sim.deliver_to_server(client), 40),
    (lambda sim, client: sim.deliver_to_client(client), 40),
    (lambda sim, client: sim.begin_commit(), 20),
    (lambda sim, client: sim.commit(), 20),
    (lambda sim, client: sim.connect(client), 12),
    (lambda sim, client: sim.cut(client), 4),
    (lambda sim, client: sim.fall_behind(client), 2),
    (lambda sim, client: sim.read_again(client), 4),
    (lambda sim, client: sim.crash(), 1),
    (lambda sim, client: sim.commit(performed=False), 1),
    (lambda sim, client: sim.fail_commit(), 1),
    (lambda sim, client: sim.join(client), 1),
]


def main(seeds: int, steps: int = 300) -> None:
    """Run seeds one after the other; a seed that fails is named by its exception."""
    for seed in range(seeds):
        try:
            Simulation(seed).run(steps)
        except BaseException:
            print(f"seed {seed} fails", file=sys.stderr)
            raise
    print(f"{seeds} seeds of {steps} steps: all invariants hold")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
