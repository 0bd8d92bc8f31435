"""Scenario F: kill -9 while people type. What is gone afterwards?"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter

from tests.bench.bench import Bench, Figures
from tests.bench.client import Client
from tests.bench.crowd import Crowd
from tests.bench.server_process import ServerProcess

WRITERS: int = 5
READERS: int = 3
KEYS: float = 20


async def kill(bench: Bench) -> Figures:
    """Killed again and again, each time with a new folder and at a random moment."""
    rng = random.Random(7)
    totals: Counter[str] = Counter()
    for _ in range(bench.sizes.kills):
        lost = await _one(bench, rng.uniform(*bench.sizes.kill_after))
        totals.update(lost)
        totals["kills_with_loss"] += lost["received_lost"] > 0 or lost["acknowledged_lost"] > 0
    return {**dict(totals), "kills": bench.sizes.kills}


async def _one(bench: Bench, after: float) -> dict[str, int]:
    async with ServerProcess(bench.target) as server:
        crowd = Crowd(bench.target, server.port)
        await crowd.gather("f", WRITERS, READERS)
        await asyncio.sleep(0.5)  # acknowledgements of coming in are not of edits
        acknowledged_before = [client.acknowledged for client in crowd.clients]
        with bench.meter(os.getpid()):
            typing = asyncio.create_task(crowd.type(KEYS, after + 5, drain=0))
            await asyncio.sleep(after)
            server.kill()
            await typing
        newcomer = crowd.reader("f")
        received = _received(crowd)
        acknowledged = {
            client.pen.number: client.acknowledged - before
            for client, before in zip(crowd.clients, acknowledged_before, strict=False)
            if client.pen
        }
        await server.start()
        await crowd.all_in([newcomer])
        await asyncio.sleep(1)
        return {
            "written": sum(len(pen.born) for pen in crowd.pens),
            "received": sum(received.values()),
            "received_lost": _gone(received, newcomer),
            "acknowledged": sum(acknowledged.values()),
            "acknowledged_lost": _gone(acknowledged, newcomer),
        }


def _received(crowd: Crowd) -> dict[int, int]:
    """Of each writer: how many edits somebody else had seen."""
    return {
        pen.number: max(client.known.upto.get(pen.number, 0) for client in crowd.clients)
        for pen in crowd.pens
    }


def _gone(promised: dict[int, int], newcomer: Client) -> int:
    """How many of the promised edits a newcomer does not find."""
    there = newcomer.known.upto
    return sum(max(0, count - there.get(writer, 0)) for writer, count in promised.items())
