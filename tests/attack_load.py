"""Twenty honest people type in five documents of a real server while three attackers fire every
recipe there is, again and again, in one of these documents and in another one.

    python -m tests.attack_load 60

Prints how long it takes until a key is saved, with and without the attack. The attackers are a
process of their own, so that they cost the honest ones nothing but what they cost the server.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from pycrdt import Text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from server.participant import OpenDocument, Participant
from sync import codec, lib0
from sync.messages import Awareness, FromClient, SyncStep1, SyncStep2, SyncType, Token, Update
from sync.presence import Sighting, encode_sightings
from tests.attacks import recipes
from tests.attacks.changes import CHANGES
from tests.chaos import ServerProcess
from tests.live import populate
from tests.plain_client import sync_frame
from tests.rows import a_database

ROOMS: Final = ("picture", "actions", "decisions", "signals", "picture/24")
HONEST: Final = 20
KEYS_A_SECOND: Final = 4.0
ATTACKERS: Final = (("wil", "picture"), ("wil", "picture/WL"), ("def", "signals"))
"""Two of them in a document where others type."""


def hostile_messages() -> list[FromClient]:
    """One of each recipe."""
    base, walk = recipes.far_apart(6000)
    whole, cut = recipes.every_second_letter(100_000)
    return [
        *map(Update, CHANGES.values()),
        *map(SyncStep2, CHANGES.values()),
        Update(base.replace(b"\x01\x01t", b"\x01\x01s")),
        Update(walk),
        Update(whole.replace(b"\x01\x01t", b"\x01\x01s")),
        Update(cut),
        Update(recipes.chained(20_000)),
        Update(recipes.types_beside_values(500)),
        Awareness(b"\xff" * 1_000_000),
        Awareness(encode_sightings([Sighting(7, 2**53 - 1, "{}")])),
        SyncStep1(b"\xff" * 1_000_000),
        SyncStep1(b"\x01" + b"\xff" * 500_000),
    ]


def as_plain(message: FromClient) -> bytes:
    """A message as the plain dialect writes it."""
    match message:
        case Update(data):
            return sync_frame(SyncType.UPDATE, data)
        case SyncStep2(data):
            return sync_frame(SyncType.STEP_2, data)
        case SyncStep1(data):
            return sync_frame(SyncType.STEP_1, data)
        case Awareness(data):
            return b"\x01" + lib0.block(data)
        case _:
            raise ValueError(message)


# --- the attackers, in a process of their own -----------------------------------------------------


async def attack(port: int, incident: str, keys: dict[str, str], seconds: float) -> int:
    """Fire for so many seconds; how many messages were sent."""
    until = time.monotonic() + seconds
    fired = await asyncio.gather(
        *(
            _attacker(port, f"{incident}/{document}", keys[person], number, until)
            for number, (person, document) in enumerate(ATTACKERS)
        )
    )
    return sum(fired)


async def _attacker(port: int, address: str, key: str, seed: int, until: float) -> int:
    rng, fired, messages = random.Random(seed), 0, hostile_messages()
    while time.monotonic() < until:
        message = rng.choice(messages)
        with suppress(WebSocketException, OSError, TimeoutError):
            async with asyncio.timeout(5):
                if rng.random() < 0.5:
                    await _fire(port, address, key, message)
                else:
                    await _fire_plain(port, address, key, message)
        fired += 1
    return fired


async def _fire(port: int, address: str, key: str, message: FromClient) -> None:
    """Send it and wait until the stay is over, or the answer is there."""
    async with connect(f"ws://127.0.0.1:{port}/collab", compression=None, max_size=None) as line:
        await line.send(codec.encode(f"{address}@1", Token(key)))
        await line.send(codec.encode(f"{address}@1", message))
        await _until_told(line)


async def _fire_plain(port: int, address: str, key: str, message: FromClient) -> None:
    url = f"ws://127.0.0.1:{port}/yjs/{address}"
    headers = {"Authorization": f"Bearer {key}"}
    async with connect(url, additional_headers=headers, compression=None, max_size=None) as line:
        await line.send(as_plain(message))
        await _until_told(line)


async def _until_told(line: Any) -> None:
    with suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(0.5):
            while True:
                frame = await line.recv()
                if b"malformed" in frame or b"permission" in frame:
                    return


# --- the honest ones ------------------------------------------------------------------------------


@dataclass
class Honest:
    """Somebody who types, and how long each key took until it was saved, in milliseconds."""

    participant: Participant
    document: OpenDocument
    rng: random.Random
    took: list[float] = field(default_factory=list)

    async def type(self, until: float) -> None:
        """Type until then, at a person's speed."""
        while time.monotonic() < until:
            await asyncio.sleep(self.rng.expovariate(KEYS_A_SECOND))
            text: Text = self.document.doc.get("t", type=Text)
            began = time.perf_counter()
            text.insert(self.rng.randint(0, len(str(text))), self.rng.choice("etaoin "))
            await self.participant.saved(patience=20)
            self.took.append((time.perf_counter() - began) * 1000)


@dataclass(frozen=True)
class Figures:
    """What the honest ones noticed, in milliseconds."""

    quiet: list[float]
    attacked: list[float]
    fired: int

    @property
    def moved(self) -> float:
        """By which part the 95th percentile rose."""
        return p95(self.attacked) / p95(self.quiet) - 1

    def __str__(self) -> str:
        return (
            f"honest p95 {p95(self.quiet):.1f} ms quiet, {p95(self.attacked):.1f} ms under attack "
            f"({self.moved:+.0%}), longest {max(self.quiet):.0f} and {max(self.attacked):.0f} ms, "
            f"{len(self.quiet) + len(self.attacked)} keys, {self.fired} hostile messages"
        )


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20)[-1]


async def load(seconds: float, rounds: int = 3) -> Figures:
    """Quiet and attack in turn, `seconds` in all."""
    with tempfile.TemporaryDirectory() as folder:
        database = a_database(Path(folder))
        with database.writer.begin() as connection:
            incident, keys = populate(connection)
        database.dispose()
        server = ServerProcess(Path(folder), _free_port())
        await server.start()
        try:
            return await _measured(server, incident, keys, seconds / rounds / 2, rounds)
        finally:
            server.kill()


async def _measured(
    server: ServerProcess, incident: str, keys: dict[str, str], phase: float, rounds: int
) -> Figures:
    quiet: list[float] = []
    attacked: list[float] = []
    fired = 0
    async with AsyncExitStack() as stack:
        people = [await _honest(stack, server.port, incident, keys, n) for n in range(HONEST)]
        await _type(people, 1.0)
        for _ in range(rounds):
            quiet += await _type(people, phase)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.attack_load", "attack"),
                *(str(server.port), incident, json.dumps(keys), str(phase + 1)),
                stdout=asyncio.subprocess.PIPE,
            )
            await asyncio.sleep(1.0)  # until it fires
            attacked += await _type(people, phase)
            told, _ = await process.communicate()
            fired += int(told)
        assert server.process is not None
        assert server.process.poll() is None, "the server ended"
    return Figures(quiet, attacked, fired)


async def _honest(
    stack: AsyncExitStack, port: int, incident: str, keys: dict[str, str], number: int
) -> Honest:
    room = ROOMS[number % len(ROOMS)]
    person = "ana" if room == "picture/24" else ("ana", "bo")[number % 2]
    url = f"ws://127.0.0.1:{port}/collab"
    participant = await stack.enter_async_context(Participant(url, token=keys[person]))
    document = await participant.open(f"{incident}/{room}@1")
    return Honest(participant, document, random.Random(number))


async def _type(people: list[Honest], seconds: float) -> list[float]:
    until = time.monotonic() + seconds
    await asyncio.gather(*(one.type(until) for one in people))
    if "-v" in sys.argv:
        for room in ROOMS:
            those = [t for one in people if f"/{room}@" in one.document.address for t in one.took]
            print(f"  {room:12s} p95 {p95(those):.0f} longest {max(those):.0f}")
    took = [each for one in people for each in one.took]
    for one in people:
        one.took.clear()
    return took


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


if __name__ == "__main__":
    if sys.argv[1] == "attack":
        _, _, its_port, its_incident, its_keys, its_seconds = sys.argv
        of_all = json.loads(its_keys)
        print(asyncio.run(attack(int(its_port), its_incident, of_all, float(its_seconds))))
    else:
        print(asyncio.run(load(float(sys.argv[1]))))
