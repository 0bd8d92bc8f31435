"""Scenarios D, E and G: people come, one by one or all at once, and stay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tests.bench import edits
from tests.bench.bench import Bench, Figures
from tests.bench.client import Client
from tests.bench.crowd import Crowd, percentile
from tests.bench.history import a_history, text_of
from tests.bench.machine import resident_mb
from tests.bench.server_process import ServerProcess

HERD: int = 50
_PER_BREATH: int = 50


async def cold_load(bench: Bench) -> Figures:
    """D: a document with a long history, of which the server has nothing in memory."""
    updates, text = a_history(bench.sizes.history)
    async with ServerProcess(bench.target) as server:
        crowd = Crowd(bench.target, server.port)
        figures = {"feed_cpu_s": await _feed(bench, server, crowd, updates)}
        for count in (1, HERD):
            await server.stop()
            await server.start()
            newcomers = [crowd.reader("d") for _ in range(count)]
            figures |= await _cold(bench, server, crowd, newcomers, text)
        return figures


async def _feed(
    bench: Bench, server: ServerProcess, crowd: Crowd, updates: Iterable[bytes]
) -> float:
    """One writes the history and an edit of its own, another has seen that; seconds of work."""
    writer, reader = crowd.writer("d"), crowd.reader("d")
    await crowd.all_in([writer])
    await crowd.all_in([reader])
    with bench.meter(server.pid) as meter:
        for number, update in enumerate(updates):
            writer.send(update)
            if number % _PER_BREATH == 0:
                await asyncio.sleep(0.005)
        writer.write()
        if not await crowd.until(lambda: _has_all(reader), 120):
            raise RuntimeError("the history did not arrive")
        await asyncio.sleep(bench.sizes.stores_within)
        await server.settle()
    crowd.leave()
    return meter.cpu


async def _cold(
    bench: Bench, server: ServerProcess, crowd: Crowd, newcomers: list[Client], text: str
) -> dict[str, float]:
    got: list[bytes] = []
    newcomers[0].keep = got.append
    with bench.meter(server.pid) as meter:
        arrivals = await crowd.enter(newcomers, together=len(newcomers))
        await crowd.until(lambda: all(map(_has_all, newcomers)), 10)
        await server.settle()
    if text_of(got, bench.target.head("d")) != text + edits.token(0, 0):
        raise RuntimeError("what came does not rebuild the text")
    crowd.leave()
    count = len(newcomers)
    return {
        f"cold_{count}_cpu_s": meter.cpu,
        f"cold_{count}_ms": percentile(arrivals.took_ms, 1),
        f"cold_{count}_not_served": count - sum(map(_has_all, newcomers)),
        f"cold_{count}_mb": resident_mb(server.pid),
        "herd": count,
    }


def _has_all(client: Client) -> bool:
    """Whether it knows the edit that was made last."""
    return client.known.upto.get(0) == 1


async def idle(bench: Bench) -> Figures:
    """E: a thousand people in a hundred rooms who do nothing."""
    sizes = bench.sizes
    async with ServerProcess(bench.target) as server:
        crowd = Crowd(bench.target, server.port)
        names = [f"e{number}" for number in range(sizes.some(100))]
        empty = resident_mb(server.pid)
        await crowd.all_in([crowd.reader(name) for name in names])
        await asyncio.sleep(sizes.idle_seconds)
        first = resident_mb(server.pid)
        others = [crowd.reader(name) for name in names for _ in range(9)]
        await crowd.all_in(others)
        with bench.meter(server.pid) as meter:
            await asyncio.sleep(2 * sizes.idle_seconds)
        full = resident_mb(server.pid)
        crowd.leave()
        per_client = (full - first) / len(others)
        return {
            "empty_mb": empty,
            "all_mb": full,
            "kb_per_client": per_client * 1000,
            "kb_per_room": ((first - empty) / len(names) - per_client) * 1000,
            "idle_busy": meter.cpu / meter.wall,
        }


async def storm(bench: Bench) -> Figures:
    """G: five hundred people in fifty rooms of 3 kB lose their lines and are back at once."""
    sizes = bench.sizes
    async with ServerProcess(bench.target) as server:
        crowd = Crowd(bench.target, server.port)
        names = [f"g{number}" for number in range(sizes.some(50))]
        await crowd.all_in([crowd.writer(name) for name in names], seen=True)
        await crowd.all_in([crowd.reader(name) for name in names for _ in range(9)], seen=True)
        await crowd.type(per_second=50, seconds=5 * sizes.people)
        work, worst, failed = [], [], 0
        for _ in range(sizes.storms):
            await server.settle()
            with bench.meter(server.pid) as meter:
                crowd.leave()
                arrivals = await crowd.enter(crowd.clients, len(crowd.clients), seen=True)
                await asyncio.sleep(1)
            work.append(meter.cpu)
            worst.append(percentile(arrivals.took_ms, 1))
            failed += arrivals.failed
        crowd.leave()
        middle = sizes.storms // 2
        return {
            "cpu_ms_per_client": sorted(work)[middle] * 1000 / len(crowd.clients),
            "all_back_ms": sorted(worst)[middle],
            "not_back": failed,
        }
