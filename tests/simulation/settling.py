"""How a history ends: everybody can be reached again, and what must hold then does."""

from __future__ import annotations

from collections import Counter
from typing import Final

from tests.simulation.history import History
from tests.simulation.program import Program
from tests.simulation.world import DOCUMENTS

EVERYTHING: Final = 1 << 20
ROUNDS: Final = 300
"""Of delivering everything that is on its way, until nothing is: one needs about ten."""


def end(history: History) -> Counter[str]:
    """Let everything settle, and look whether it all holds."""
    settle(history)
    history.witness.look()
    for client in history.clients:
        client.has_settled()
    history.witness.ended()
    for document in DOCUMENTS:
        history.witness.loaded(document, history.start().snapshot(document))
    return history.figures


def settle(history: History) -> None:
    """Everybody can be reached, the disk works: deliver until nothing is on its way."""
    history.fuse.light(None)
    history.network.heal()
    for wire in history.network.wires:
        history.time_out(wire)
        history.time_out(wire)
    history.clear_disk()
    for client in history.clients:
        if isinstance(client, Program) or not client.wants_line:
            client.reload()
    for _ in range(ROUNDS):
        if not _round(history):
            return
    raise AssertionError("it never settles")


def _round(history: History) -> bool:
    """Deliver all that is on its way; whether there was anything."""
    busy = history.server.busy
    for client in history.clients:
        if client.wants_line and client.wire is None:
            history.connect(client)
            busy = True
    while history.server.knocks:
        history.server.answer(0)
    for wire in list(history.network.wires):
        history.read_again(wire)
        while wire.to_server or wire.to_client:
            history.deliver_to_server(wire, EVERYTHING)
            history.deliver_to_client(wire, EVERYTHING)
            busy = True
    history.server.alarms.ring()
    history.server.begin_commit()
    history.server.commit()
    history.server.write_checkpoint()
    history.network.tidy()
    return busy
