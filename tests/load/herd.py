"""Hundreds of pages come back at once after the server was killed, while others type.

    python -m tests.load.herd --pages 500 --incidents 10

Every page has eight old documents and was in step; some made an edit while it was offline. All
must be back (in step, and the answer to the server's question acknowledged), and who types in
another incident must not notice.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pycrdt import Doc, Text

from models.vocabulary import IncidentId
from tests.load.house import DOCUMENTS, LoadedHouse, a_history, a_loaded_house, raise_open_files
from tests.load.line import TurnedAway
from tests.load.page import Page, Stay
from tests.load.typist import KEYS_EVERY, Typist

BACK_WITHIN: Final = 30.0
TYPISTS: Final = 10
OFFLINE_EDITS: Final = 5
"""One in so many pages wrote something while the server was away."""


@dataclass
class Figures:
    """What was measured; times in seconds."""

    pages: int
    back: int
    first: float
    last: float
    p95: float
    typed: int
    seen_p50: float
    seen_p95: float
    worst: float
    cpu: float
    rss_mb: float

    def __str__(self) -> str:
        return (
            f"{self.back} of {self.pages} pages back in {self.last:.1f} s (p95 {self.p95:.1f}), "
            f"server {self.cpu:.1f} s of work, {self.rss_mb:.0f} MB; meanwhile others saw "
            f"{self.typed} edits after p50 {self.seen_p50 * 1000:.0f}, "
            f"p95 {self.seen_p95 * 1000:.0f}, at most {self.worst * 1000:.0f} ms"
        )


def a_page(incident: IncidentId, number: int, wrote_offline: bool) -> Page:
    """A page that was in step with every document, and perhaps wrote on in the picture."""
    stays: dict[str, Stay] = {}
    for kind, spelling in enumerate(DOCUMENTS):
        history = a_history(5 if spelling == "actions" else kind)
        stays[f"{incident}/{spelling}"] = Stay(history.state_vector, history.nothing_new)
    if wrote_offline:
        stays[f"{incident}/picture@1"] = _with_an_edit(number)
    return Page(stays)


def _with_an_edit(number: int) -> Stay:
    history = a_history(0)
    doc: Doc[Any] = Doc(client_id=number + 1)
    doc.apply_update(history.state)
    doc.get("t", type=Text).insert(0, f"from page {number}. ")
    return Stay(doc.get_state(), doc.get_update(history.state_vector))


async def herd(folder: Path, pages: int, incidents: int, seed: int = 1) -> Figures:
    """Fill a folder, kill its server under load, and measure the return."""
    raise_open_files(2 * pages + 200)
    rng = random.Random(seed)
    with a_loaded_house(folder, incidents + 1, people=min(pages, 100)) as house:
        await house.server.start()
        *crowded, quiet = house.incidents
        crowd = [
            a_page(crowded[number % incidents], number, number % OFFLINE_EDITS == 0)
            for number in range(pages)
        ]
        house.server.kill()
        await house.server.start()
        typists = await _typists(house, quiet)
        began, work = time.perf_counter(), house.cpu
        typing = [asyncio.create_task(one.go_on(rng.random() * KEYS_EVERY)) for one in typists]
        coming = [_come(house, page, number, rng) for number, page in enumerate(crowd)]
        try:
            took = await asyncio.wait_for(asyncio.gather(*coming), 3 * BACK_WITHIN)
        finally:
            ended, work = time.perf_counter() - began, house.cpu - work
            for task in typing:
                task.cancel()
            await asyncio.gather(*typing, return_exceptions=True)
        return _figures(crowd, sorted(took), typists, ended, work, house.rss)


async def _typists(house: LoadedHouse, incident: IncidentId) -> list[Typist]:
    found = [Typist(incident, number) for number in range(TYPISTS)]
    for number, one in enumerate(found):
        await one.page.come(house.port, house.page(number))
        await one.page.until_back()
    return found


async def _come(house: LoadedHouse, page: Page, number: int, rng: random.Random) -> float:
    """How long it took until a page was back, from the herd's beginning."""
    began = time.perf_counter()
    failures = 0
    while not page.back:
        try:
            await page.come(house.port, house.page(number))
            await page.until_back()
        except (TurnedAway, OSError) as error:
            told = error.retry_after if isinstance(error, TurnedAway) else None
            await asyncio.sleep(float(told or 0) + rng.random() * 0.5 * 1.7**failures)
            failures += 1
    return time.perf_counter() - began


def _figures(
    crowd: list[Page],
    took: list[float],
    typists: list[Typist],
    ended: float,
    work: float,
    rss: int,
) -> Figures:
    seen = sorted(age for one in typists for age in one.page.seen)
    return Figures(
        pages=len(crowd),
        back=sum(page.back for page in crowd),
        first=took[0],
        last=took[-1],
        p95=took[int(len(took) * 0.95)],
        typed=len(seen),
        seen_p50=seen[len(seen) // 2],
        seen_p95=seen[int(len(seen) * 0.95)],
        worst=seen[-1],
        cpu=work,
        rss_mb=rss / 1e6,
    )


def proved() -> Figures:
    """The whole of it; raises AssertionError when somebody is late or who types notices."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(herd(Path(folder), pages=500, incidents=10))
    assert found.back == found.pages, found
    assert found.last < BACK_WITHIN, found
    assert found.seen_p95 < 1.0, found
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--incidents", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(herd(Path(folder), options.pages, options.incidents)))


if __name__ == "__main__":
    main()
