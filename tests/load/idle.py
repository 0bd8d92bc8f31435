"""What an idle client costs in memory: the server's process beside the number of its clients.

python -m tests.load.idle --clients 1000
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Final

from tests.load.house import LoadedHouse, a_loaded_house, raise_open_files
from tests.load.page import Page, PlainPage, Stay

MOST: Final = 20.0
"""Kilobytes."""
TOGETHER: Final = 20
SETTLED: Final = 1.0
"""Seconds for what was only needed to come in to be given back."""


async def idle(folder: Path, clients: int, plain: bool) -> float:
    """Kilobytes of each of so many clients in one document, over ten rooms."""
    raise_open_files(2 * clients + 200)
    with a_loaded_house(folder, 10, people=10, history=False) as house:
        await house.server.start()
        await _come(house, 0, 100, plain)
        await asyncio.sleep(SETTLED)
        before = house.rss
        await _come(house, 100, 100 + clients, plain)
        await asyncio.sleep(SETTLED)
        return (house.rss - before) / clients / 1000


async def _come(house: LoadedHouse, first: int, last: int, plain: bool) -> None:
    for start in range(first, last, TOGETHER):
        await asyncio.gather(
            *(_one(house, number, plain) for number in range(start, min(last, start + TOGETHER)))
        )


async def _one(house: LoadedHouse, number: int, plain: bool) -> None:
    incident = house.incidents[number % len(house.incidents)]
    if plain:
        quiet = PlainPage(Stay())
        await quiet.come(house.port, house.page(number), f"{incident}/picture")
        return
    page = Page({f"{incident}/picture@1": Stay()})
    await page.come(house.port, house.page(number))
    await page.until_back()


def proved(clients: int = 1000) -> str:
    """Both dialects; raises AssertionError when an idle client costs too much."""
    said = []
    for plain in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            cost = asyncio.run(idle(Path(folder), clients, plain))
        assert cost < MOST, f"{cost:.1f} kB"
        said.append(f"{'plain' if plain else 'hocuspocus'} {cost:.1f} kB")
    return ", ".join(said)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    options = parser.parse_args()
    print(proved(options.clients))


if __name__ == "__main__":
    main()
