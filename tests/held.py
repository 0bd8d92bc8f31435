"""How long a real server's loop is held by documents that people wrote in for days.

    python -m tests.held

Each call of the loop is measured in CPU of its own thread, so that a busy machine does not count;
the clients are a process of their own.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from asyncio import events
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pycrdt import Text, XmlElement, XmlFragment

from server.participant import Participant
from tests.live import LiveServer, a_server
from tests.old import ONE_AUTHOR, THREE_DAYS, Size, rows_of, store

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = "picture"
TAIL: Final = 400
LONGEST: Final = 0.030
"""Seconds of CPU in one go, opening apart."""
LONGEST_A_MEGABYTE: Final = 0.090
"""Seconds of CPU to apply a megabyte of state: the one thing that cannot be divided."""
VISITS: Final = (
    ("opening", "otto", "read"),
    ("reader", "otto", "read"),
    ("writer", "ana", "read"),
    ("text", "ana", "type"),
    ("first paragraph", "bo", "nest"),
    ("paragraph", "bo", "nest"),
    ("deletion", "ana", "erase"),
    ("reader after", "otto", "read"),
)


@dataclass
class Held:
    """The longest call of the loop since it was last asked."""

    longest: float = 0.0
    figures: dict[str, float] = field(default_factory=dict)

    def note(self, name: str) -> float:
        """What happened until now is called so."""
        longest, self.longest = self.longest, 0.0
        self.figures[name] = longest
        return longest


@contextmanager
def measured() -> Iterator[Held]:
    """Measure every call of the loop in this thread."""
    held, run = Held(), events.Handle._run

    def timed(handle: Any) -> None:
        began = time.thread_time()
        run(handle)
        held.longest = max(held.longest, time.thread_time() - began)

    events.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield held
    finally:
        events.Handle._run = run  # type: ignore[method-assign]


async def held_by(size: Size, visits: tuple[tuple[str, str, str], ...] = VISITS) -> Held:
    """What each visit to a document of this size held up; everybody is acknowledged."""
    with tempfile.TemporaryDirectory(prefix="samenbeeld-old-") as folder:
        async with a_server(Path(folder)) as server:
            name = f"{server.incident}/{DOCUMENT}"
            await server.services.writer.run(
                lambda c: store(c, name, rows_of(size), size.rows - TAIL)
            )
            gc.collect()
            with measured() as held:
                for what, who, deed in visits:
                    await _visit(server, who, deed)
                    held.note(what)
                return held


async def _visit(server: LiveServer, who: str, deed: str) -> None:
    address = server.named(DOCUMENT)
    arguments = ["-m", "tests.held", "visit", server.url, server.keys[who], address, deed]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)
    if await process.wait() != 0:
        raise AssertionError(f"{who} could not {deed}")


async def visit(url: str, key: str, address: str, deed: str) -> None:
    """Come in, do something, and wait until it is saved."""
    async with Participant(url, token=key) as me:
        doc = (await me.open(address)).doc
        if deed == "type":
            doc.get("t", type=Text).__iadd__("Borgharen")
        elif deed == "nest":
            doc.get("text:source", type=XmlFragment).children.append(XmlElement("paragraph"))
        elif deed == "erase":
            written = doc.get("t", type=Text)
            del written[0:3]
        await me.saved()


def too_long(held: Held, megabytes: float) -> list[str]:
    """Which visits held the loop for longer than they may."""
    allowed = {"opening": LONGEST + LONGEST_A_MEGABYTE * megabytes}
    return [
        f"{name} {took * 1000:.0f} ms"
        for name, took in held.figures.items()
        if took > allowed.get(name, LONGEST)
    ]


def old_document_figures() -> str:
    """The figures of both yardsticks; raises AssertionError for a visit that held the loop."""
    said = []
    for name, size, megabytes in (("three days", THREE_DAYS, 1.0), ("one text", ONE_AUTHOR, 2.0)):
        held = asyncio.run(held_by(size))
        assert not too_long(held, megabytes), f"{name}: {too_long(held, megabytes)}"
        figures = (f"{what} {took * 1000:.0f}" for what, took in held.figures.items())
        said.append(f"{name}: {', '.join(figures)} ms of CPU in one go at most")
    return "; ".join(said)


if __name__ == "__main__":
    if sys.argv[1:2] == ["visit"]:
        asyncio.run(visit(*sys.argv[2:6]))
    else:
        print(old_document_figures())
