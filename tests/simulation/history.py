"""One history: people, programs, a network and a server, and all that may happen to them. Which of
it happens is drawn by `steps.py`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from models.vocabulary import Role
from tests.memory_log import MemoryLog
from tests.simulation.archive import begin_epoch
from tests.simulation.network import LOST, Closed, Network, Wire
from tests.simulation.page import Page, Replica
from tests.simulation.program import Program
from tests.simulation.server import Server
from tests.simulation.witness import Witness
from tests.simulation.world import DOCUMENTS, Clocks, Died, Fuse, Rights, an_actor

HOUR: Final = 3600.0
LOWER: Final = (Role.OBSERVER, Role.LIAISON, None)
HIGHER: Final = (Role.EDITOR, Role.COORDINATOR, Role.EDITOR, Role.OBSERVER, None)
MOST_CLIENTS: Final = 10


class History:
    """People, programs and a server. Whatever does not hold raises AssertionError where it is
    seen, the rest at the end (`settling.py`)."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.clocks, self.fuse, self.rights = Clocks(), Fuse(), Rights()
        self.log = MemoryLog()
        self.backup = MemoryLog()
        self.witness = Witness(self.rng, self.log, self.rights)
        self.network = Network(self.rng)
        self.clients: list[Page | Program] = []
        self.written = 0
        self.disk_full = False
        self.server = self.start()
        for role in (Role.EDITOR, Role.EDITOR, Role.EDITOR, Role.OBSERVER):
            self.clients.append(self._page(role))
        self.clients.append(self._program(Role.EDITOR, names_epoch=False))
        self.clients.append(self._program(Role.OBSERVER, names_epoch=True))

    @property
    def figures(self) -> Counter[str]:
        return self.witness.figures

    # --- who comes -----------------------------------------------------------------------------

    def _page(self, role: Role) -> Page:
        actor = an_actor(f"page{len(self.clients)}")
        self.rights.grant(actor, role)
        return Page(actor, self.rights, self.witness)

    def _program(self, role: Role, names_epoch: bool) -> Program:
        actor = an_actor(f"program{len(self.clients)}")
        self.rights.grant(actor, role)
        return Program(actor, self.rights, self.witness, names_epoch)

    def newcomer(self) -> None:
        """Somebody joins the incident."""
        if len(self.clients) < MOST_CLIENTS:
            make = self._page if self.rng.random() < 0.7 else self._named_program
            self.clients.append(make(Role.EDITOR))
            self.connect(self.clients[-1])

    def _named_program(self, role: Role) -> Program:
        return self._program(role, names_epoch=True)

    # --- the server's life ---------------------------------------------------------------------

    def start(self) -> Server:
        return Server(self.log, self.rights, self.clocks, self.fuse, self.witness)

    def crash(self) -> None:
        """The process dies: what was not committed is gone, and so is every line."""
        self.fuse.light(None)
        self.network.server_died()
        for document in DOCUMENTS:
            self.witness.forgotten(document)
        self.server = self.start()
        self.figures["crashes"] += 1

    def crash_soon(self) -> None:
        """The process will die between two of its next acts, wherever that is."""
        self.fuse.light(self.rng.randrange(12))

    def take_backup(self) -> None:
        self.backup = self.log.copied()

    def restore(self) -> None:
        """The backup is put in place of the log, and every document begins a new epoch."""
        self.crash()
        epochs = {str(name): self.next_epoch(self.witness.epoch(name)) for name in DOCUMENTS}
        self.log.replaced = {
            name: self.log.clients_before(name, epoch) for name, epoch in epochs.items()
        }
        self.log.lives = self.backup.copied().lives
        for name, epoch in epochs.items():
            begin_epoch(self.log, name, epoch, self.rng, self.clocks.today())
        self.rights.restored = True
        self.witness.restored()
        self.take_backup()
        self.figures["restores"] += 1

    def next_epoch(self, given_out: int) -> int:
        """One that nobody was ever given."""
        return given_out + 1

    # --- the disk ------------------------------------------------------------------------------

    def commit(self) -> None:
        """The transaction ends: on a full disk it fails."""
        if self.disk_full:
            self.server.fail_commit()
        else:
            self.server.commit()

    def commit_untold(self) -> None:
        """The transaction reaches the disk, and the process dies before it can say so."""
        self.fuse.light(0)
        self.server.begin_commit()
        self.server.commit()

    def fill_disk(self) -> None:
        self.disk_full = True
        self.figures["full disks"] += 1

    def clear_disk(self) -> None:
        """There is room again, and the server tries."""
        self.disk_full = False
        self.server.resume()

    # --- the network ---------------------------------------------------------------------------

    def connect(self, client: Page | Program) -> None:
        """A client opens a socket, when it has none and can reach the server."""
        if client.wire is not None or client.name in self.network.cut_off:
            return
        wire = Wire(client, self.fuse, epoch=self.witness.epoch(DOCUMENTS[0]))
        self.network.joined(wire)
        client.opened(wire)
        self.server.connected(wire, client.actor, client.dialect, client.spelling)

    def deliver_to_server(self, wire: Wire, most: int) -> None:
        """The next frames of one socket reach the server, in one read."""
        frames: list[bytes] = []
        while wire.to_server and len(frames) < most:
            piece = wire.to_server.popleft()
            if isinstance(piece, Closed):
                self._read(wire, frames)
                self.server.disconnected(wire)
                return
            frames.append(piece)
        self._read(wire, frames)

    def _read(self, wire: Wire, frames: list[bytes]) -> None:
        if frames and wire.connection is not None and wire.connection.closing is None:
            wire.connection.receive(frames)

    def deliver_to_client(self, wire: Wire, most: int) -> None:
        """The next frames of one socket reach the client, one after the other."""
        for _ in range(min(most, len(wire.to_client))):
            if not wire.to_client:
                return  # it hung up meanwhile
            piece = wire.to_client.popleft()
            if not wire.held:
                continue
            if isinstance(piece, Closed):
                wire.client.closed(piece)
            else:
                wire.client.receive(piece)

    def reset(self, wire: Wire) -> None:
        """A socket breaks, and both sides know: what was on its way is lost."""
        wire.go_silent()
        self.time_out(wire)
        self.time_out(wire)

    def time_out(self, wire: Wire) -> None:
        """One of the two sides finds out that a line went silent."""
        if not wire.silent:
            return
        if wire.held:
            wire.client.closed(LOST)
        elif wire.connection is not None:
            self.server.disconnected(wire)

    def notice_a_ghost(self, wire: Wire) -> None:
        """The server is the first to find out."""
        if wire.silent and wire.connection is not None:
            self.server.disconnected(wire)

    def fall_behind(self, wire: Wire) -> None:
        if wire.connection is not None and not wire.connection.behind:
            wire.connection.paused()
            wire.ever_behind = True
            self.figures["fell behind"] += 1

    def read_again(self, wire: Wire) -> None:
        if wire.connection is not None and wire.connection.behind:
            wire.connection.resumed()

    def partition(self) -> None:
        """A part of the clients is cut off, some for long."""
        some = self.rng.sample(self.clients, self.rng.randint(1, len(self.clients) - 1))
        self.network.part({one.name for one in some})
        self.figures["partitions"] += 1

    # --- what people do ------------------------------------------------------------------------

    def write(self, client: Page | Program) -> None:
        replica = self._writable(client)
        if replica is not None:
            self.written += 1
            replica.write(self.rng, f"{self.written:05d} ")

    def erase(self, client: Page | Program) -> None:
        if (replica := self._writable(client)) is not None:
            replica.paper.erase(self.rng)

    def set(self, client: Page | Program) -> None:
        if (replica := self._writable(client)) is not None:
            replica.paper.set(self.rng)

    def _writable(self, client: Page | Program) -> Program | Replica | None:
        if isinstance(client, Program):
            return client
        replica = client.replicas[self.rng.choice(DOCUMENTS)]
        return replica if replica.writable else None

    def change_rights(self, client: Page | Program) -> None:
        """Up, down or out; acted upon at once."""
        could = self.rights.may_write(client.actor, DOCUMENTS[0])
        self.rights.grant(client.actor, self.rng.choice(LOWER if could else HIGHER))
        self.figures["rights changes"] += 1
        self.server.judge_again()

    # --- time ----------------------------------------------------------------------------------

    def jump(self) -> None:
        """The clock on the wall is put an hour forward or back; the machine slept."""
        self.clocks.step(self.rng.choice((-HOUR, HOUR)))
        if self.rng.random() < 0.3:
            self.clocks.pass_by(HOUR)
        self.figures["clock jumps"] += 1

    # --- the whole -----------------------------------------------------------------------------

    def step(self, acts: Iterable[Callable[[History], None]]) -> None:
        """Some things happen at about the same time."""
        try:
            for act in acts:
                act(self)
        except Died:
            self.crash()
        self.clocks.pass_by(self.rng.choice((0.001, 0.1, 5.0)))
        self.network.tidy()
        self.witness.look()
        self.figures["steps"] += 1
