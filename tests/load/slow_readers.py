"""Readers that do not read among fifty that do, in both dialects.

    python -m tests.load.slow_readers --rounds 5

Two read nothing at all, two a kilobyte a second, while six write and one of those pastes again and
again. The others must not notice, the server's memory must not grow, and all four must be whole
again: in place when they read on in time, by coming back when they were closed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from pycrdt import Doc, Text

from sync import guard
from tests.load.house import LoadedHouse, a_history, a_loaded_house, raise_open_files
from tests.load.line import Line
from tests.load.page import Page, PlainPage, Stay
from tests.load.typist import KEYS_EVERY, Typist

HEALTHY: Final = 50
WRITERS: Final = 6
PASTE: Final = 60_000
PASTES_EVERY: Final = 0.5
SMALL: Final = 16 * 1024
"""Receive buffer of a slow reader: what its kernel holds says nothing about us. Loopback delivers
up to 64 kB in one piece and frees it when all of it was read, which takes a minute here."""
SIP: Final = 1000
DOCUMENT: Final = "picture@1"


@dataclass
class Holder:
    """A page that holds the document, in one dialect or the other."""

    house: LoadedHouse
    plain: bool
    doc: Doc[Any] = field(default_factory=Doc)
    page: Page | PlainPage | None = None

    @property
    def line(self) -> Line:
        assert self.page is not None
        assert self.page.line is not None
        return self.page.line

    async def come(self) -> None:
        """Connect with what it has."""
        house, address = self.house, f"{self.house.incidents[0]}/{DOCUMENT}"
        stay = Stay(self.doc.get_state())
        if self.plain:
            plain = PlainPage(stay, keep=self.doc.apply_update)
            self.page = plain
            await plain.come(house.port, house.page(0), address, SMALL)
        else:
            page = Page({address: stay}, keep=self.doc.apply_update)
            self.page = page
            await page.come(house.port, house.page(0), SMALL)
        await until(lambda: stay.synced)

    async def sip(self) -> None:
        """Read a kilobyte a second, for ever."""
        while not self.line.gone.done():
            await self.line.sip(SIP)
            await asyncio.sleep(1)


@dataclass
class Figures:
    """Latencies in seconds, memory in bytes."""

    without: float
    with_them: float
    grew: int
    closed: list[tuple[int, str]]
    whole: int

    def __str__(self) -> str:
        return (
            f"others saw p95 {self.without * 1000:.1f} ms without and "
            f"{self.with_them * 1000:.1f} ms with them; "
            f"the server grew by {self.grew / 1e6:.1f} MB; "
            f"{len(self.closed)} closed, {self.whole} of 4 whole again"
        )


async def slow_readers(
    folder: Path, rounds: int, seconds: float, stalled_for: float, healthy: int = HEALTHY
) -> Figures:
    """Stretches of so many seconds by turns without them and with them, then one in which those
    who do not read are given up."""
    raise_open_files(1000)
    with a_loaded_house(folder, 1) as house:
        await house.server.start()
        crowd = [await _healthy(house, number % 2 == 1) for number in range(healthy)]
        first = Holder(house, plain=False)
        slow = [Holder(house, plain=number % 2 == 1) for number in range(4)]
        for one in (first, *slow):
            await one.come()
        with _writing([await _writer(house, number) for number in range(WRITERS)]):
            await asyncio.sleep(seconds)
            without, with_them = await _by_turns(crowd, slow, rounds, seconds)
            before = house.rss
            with _not_reading(slow):
                await asyncio.sleep(stalled_for)
            grew = house.rss - before
        closed = [await _whole_again(one, first) for one in slow]
        return Figures(
            median(without),
            median(with_them),
            grew,
            [each for each in closed if each is not None],
            sum(_equal(one, first) for one in slow),
        )


async def _by_turns(
    crowd: list[Page | PlainPage], slow: list[Holder], rounds: int, seconds: float
) -> tuple[list[float], list[float]]:
    """What the crowd saw, in stretches without and with the slow ones: a machine that is busy
    with something else is so for both."""
    without: list[float] = []
    with_them: list[float] = []
    for _ in range(rounds):
        without.append(await _stretch(crowd, seconds))
        with _not_reading(slow):
            await asyncio.sleep(seconds / 2)
            with_them.append(await _stretch(crowd, seconds))
        await asyncio.sleep(seconds / 4)
    return without, with_them


@contextmanager
def _not_reading(slow: list[Holder]) -> Iterator[None]:
    """Two read nothing and two a kilobyte a second; afterwards all read on."""
    for one in slow:
        one.line.stall()
    sipping = [asyncio.create_task(one.sip()) for one in slow[2:]]
    try:
        yield
    finally:
        for task in sipping:
            task.cancel()
        for one in slow:
            one.line.read_on()


async def _healthy(house: LoadedHouse, plain: bool) -> Page | PlainPage:
    """A reader that only looks when what it sees was written."""
    history = a_history(0)
    address, stay = f"{house.incidents[0]}/{DOCUMENT}", Stay(history.state_vector)
    if plain:
        one = PlainPage(stay)
        await one.come(house.port, house.page(0), address)
        return one
    page = Page({address: stay})
    await page.come(house.port, house.page(0))
    return page


async def _writer(house: LoadedHouse, number: int) -> Typist:
    typist = Typist(house.incidents[0], number)
    await typist.page.come(house.port, house.page(0))
    await typist.page.until_back()
    return typist


@contextmanager
def _writing(writers: list[Typist]) -> Iterator[None]:
    """All type, and the last one pastes too."""
    rng = random.Random(1)
    tasks = [asyncio.create_task(one.go_on(rng.random() * KEYS_EVERY)) for one in writers[:-1]]
    tasks.append(asyncio.create_task(writers[-1].paste_on(PASTE, PASTES_EVERY)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _stretch(crowd: list[Page | PlainPage], seconds: float) -> float:
    """The 95th percentile of what the crowd saw."""
    for one in crowd:
        one.seen.clear()
    await asyncio.sleep(seconds)
    seen = sorted(age for one in crowd for age in one.seen)
    return seen[int(len(seen) * 0.95)]


async def _whole_again(slow: Holder, first: Holder) -> tuple[int, str] | None:
    """Wait until somebody has it all; who was closed comes back. How it was closed, if it was."""
    closed = None
    try:
        await until(lambda: slow.line.gone.done() or _equal(slow, first), 10)
    except TimeoutError:
        return None
    if slow.line.gone.done():
        closed = slow.line.gone.result()
        await slow.come()
        await until(lambda: _equal(slow, first), 10)
    return closed


def _equal(one: Holder, other: Holder) -> bool:
    return _contents(one) == _contents(other)


def _contents(one: Holder) -> tuple[dict[int, int], str]:
    state = guard.parse_state_vector(one.doc.get_state())
    return state, str(one.doc.get("t", type=Text))


async def until(holds: Callable[[], bool], patience: float = 10.0) -> None:
    """Look again and again; raises TimeoutError."""
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110 what is waited for says nothing by itself
            await asyncio.sleep(0.02)


def proved() -> Figures:
    """The whole of it; raises AssertionError when anybody noticed or was not whole again."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(slow_readers(Path(folder), 5, 8, 75))
    assert found.whole == 4, found
    assert len(found.closed) == 2, f"those who read nothing are given up, and only those: {found}"
    assert found.with_them <= 1.2 * found.without + 0.002, found
    assert found.grew < 5e6, found
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--stalled-for", type=float, default=75)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            asyncio.run(
                slow_readers(Path(folder), options.rounds, options.seconds, options.stalled_for)
            )
        )


if __name__ == "__main__":
    main()
