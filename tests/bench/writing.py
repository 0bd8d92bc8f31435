"""Scenarios A, B and C: people write to one another."""

from __future__ import annotations

from tests.bench.bench import Bench, Figures, Scenario
from tests.bench.crowd import Crowd
from tests.bench.server_process import ServerProcess

KEYS: float = 5
"""Edits a second of somebody who types."""
IN_FLIGHT: int = 32


def typing(writers: int, readers: int) -> Scenario:
    """A: one room; every writer types, everybody reads."""

    async def scenario(bench: Bench) -> Figures:
        sizes = bench.sizes
        async with ServerProcess(bench.target) as server:
            crowd = Crowd(bench.target, server.port)
            await crowd.gather("a", sizes.some(writers), sizes.some(readers))
            return await _type(bench, server, crowd, KEYS)

    return scenario


async def rooms(bench: Bench) -> Figures:
    """C: a hundred rooms of five people, each with two edits a second."""
    sizes = bench.sizes
    async with ServerProcess(bench.target) as server:
        crowd = Crowd(bench.target, server.port)
        names = [f"c{number}" for number in range(sizes.some(100))]
        await crowd.all_in([crowd.writer(name) for name in names])
        await crowd.all_in([crowd.writer(name) for name in names for _ in range(4)])
        return await _type(bench, server, crowd, per_second=2)


async def _type(bench: Bench, server: ServerProcess, crowd: Crowd, per_second: float) -> Figures:
    sizes = bench.sizes
    await crowd.type(per_second, sizes.warm)
    with bench.meter(server.pid) as meter:
        heard = await crowd.type(per_second, sizes.seconds)
    _nothing_strange(crowd)
    crowd.leave()
    return bench.of_typing(heard, meter)


async def burst(bench: Bench) -> Figures:
    """B: twenty writers with 32 edits on the way each, twenty readers; then somebody new looks
    whether all is there."""
    sizes = bench.sizes
    async with ServerProcess(bench.target) as server:
        crowd = Crowd(bench.target, server.port)
        await crowd.gather("b", sizes.some(20), sizes.some(20))
        await crowd.burst(IN_FLIGHT, sizes.warm)
        with bench.meter(server.pid) as meter:
            heard = await crowd.burst(IN_FLIGHT, sizes.burst_seconds)
        newcomer = crowd.reader("b")
        await crowd.all_in([newcomer])
        written = sum(len(pen.born) for pen in crowd.pens)
        await crowd.until(lambda: sum(newcomer.known.upto.values()) == written, 5)
        _nothing_strange(crowd)
        crowd.leave()
        return {
            **bench.of_typing(heard, meter),
            "edits_per_s": heard.written / sizes.burst_seconds,
            "applied_fraction": sum(newcomer.known.upto.values()) / written,
        }


def _nothing_strange(crowd: Crowd) -> None:
    if crowd.strange:
        raise RuntimeError(f"{crowd.strange} edits arrived where nobody wrote them")
