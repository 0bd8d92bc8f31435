"""Days of a server in minutes: what comes and goes must leave nothing behind in memory.

    python -m tests.soak 50000

A real server in a process of its own, in which only the clock of idle rooms runs faster. Sockets
and rooms open and close, people write, loads fail in every way; after it all the process must
hold what it held before: memory, tasks, timers, files, and every table that it keeps.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import tempfile
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from pycrdt import Text
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server import housekeeping
from server.commands import bench
from server.participant import Participant
from sync import codec
from sync.messages import Addressed, PermissionDenied, SyncStep1, SyncStep2, Token
from tests.live import LiveServer, a_server

MOST_GROWTH: Final = 20_000
"""kB of memory, after everything that is made once was made."""
A_FEW: Final = 5
TOGETHER: Final = 8
"""Sockets at a time."""
DOCUMENTS: Final = 5
"""Documents that one socket opens."""
PATIENCE: Final = 60.0
ROOT: Final = Path(__file__).parent.parent


class NotFlat(AssertionError):
    """Something stayed behind."""


# --- the server's process ------------------------------------------------------------------------


async def serve(folder: Path) -> None:
    """Serve, and answer questions on stdin with a line of JSON each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    housekeeping.IDLE_FOR, housekeeping.SWEEP = 0.2, 0.1  # type: ignore[misc]
    async with a_server(folder) as server:
        await server.services.writer.run(bench._prepare)
        failing = _failing_on_demand(server.services.database.reader)
        print(json.dumps({"url": server.url, "keys": server.keys, "incident": server.incident}))
        sys.stdout.flush()
        loop = asyncio.get_running_loop()
        while (asked := (await loop.run_in_executor(None, sys.stdin.readline)).strip()) != "end":
            failing.clear() if asked == "work" else None
            failing.add(True) if asked == "fail" else None
            print(json.dumps(_counted(server)), flush=True)


def _failing_on_demand(engine: Engine) -> set[bool]:
    failing: set[bool] = set()

    @event.listens_for(engine, "before_cursor_execute")
    def fail(*_: object) -> None:
        if failing:
            raise OperationalError("select", None, OSError("the disk is gone"))

    return failing


def _counted(server: LiveServer) -> dict[str, int]:
    """Everything that could stay behind."""
    gc.collect()
    hub, readings = server.services.hub, server.services.readings
    loop: Any = asyncio.get_running_loop()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "kB": pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        "tasks": len(asyncio.all_tasks()),
        "timers": sum(not timer.cancelled() for timer in getattr(loop, "_scheduled", ())),
        "files": sum(not _is_of_the_pool(each) for each in Path("/proc/self/fd").iterdir()),
        "threads": threading.active_count(),
        "rooms": len(hub._rooms) + len(hub._opening),
        "standings": len(hub.standings._known),
        "sockets": len(hub._connections),
        "readings": len(readings._kept) + len(readings._loading),
        "to be stored": len(hub._committer._waiting) + len(hub._committer._states),
    }


def _is_of_the_pool(file: Path) -> bool:
    """The database is opened by at most so many readers, when they are first needed."""
    try:
        return ".sqlite3" in str(file.readlink())
    except OSError:
        return True  # it was the listing itself


# --- the crowd -----------------------------------------------------------------------------------


@dataclass
class Soak:
    """The server's process as the crowd sees it."""

    process: Process
    url: str
    keys: dict[str, str]
    incident: str
    opened: int = 0
    failed: int = 0
    typed: int = 0

    async def ask(self, what: str = "count") -> dict[str, int]:
        """Tell the process something; what it counted."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n".encode())
        counted: dict[str, int] = json.loads(await self.process.stdout.readline())
        return counted

    async def at_rest(self) -> dict[str, int]:
        """What it counts once nothing is open any more; raises NotFlat when that never is."""
        for _ in range(int(PATIENCE / 0.2)):
            counted = await self.ask()
            if not (counted["rooms"] or counted["sockets"] or counted["to be stored"]):
                return counted
            await asyncio.sleep(0.2)
        raise NotFlat(f"never at rest: {counted}")

    async def visit(self, number: int) -> None:
        """Open some documents on one socket, wait for their content, and go."""
        names = {f"bench/scratch/{(number * DOCUMENTS + n) % 400}@1" for n in range(DOCUMENTS)}
        async with connect(self.url, compression=None, max_size=None) as socket:
            for name in names:
                await socket.send(codec.encode(name, Token(bench.KEY)))
                await socket.send(codec.encode(name, SyncStep1(b"\x00")))
            while names:
                match codec.decode_from_server(bytes(await socket.recv())):
                    case Addressed(name, SyncStep2()):
                        names.discard(name)
                        self.opened += 1
                    case Addressed(name, PermissionDenied(reason)):
                        raise NotFlat(f"{name} was refused: {reason}")

    async def fail(self, number: int) -> None:
        """Be refused, in one of the ways there are."""
        key, name = [
            (bench.KEY, "bench/scratch/1@7"),
            (bench.KEY, f"nothing-{number}/picture@1"),
            (bench.KEY, f"no such thing {number}"),
            (self.keys["stranger"], f"{self.incident}/picture@1"),
            ("sbk_nobody", "bench/scratch/1@1"),
            (self.keys["otto"], f"{self.incident}/picture/24@1"),
        ][number % 6]
        async with connect(self.url, compression=None) as socket:
            await socket.send(codec.encode(name, Token(key)))
            try:
                async with asyncio.timeout(PATIENCE):
                    while True:
                        match codec.decode_from_server(bytes(await socket.recv())):
                            case Addressed(_, PermissionDenied()):
                                break
            except ConnectionClosed:
                pass
        self.failed += 1

    async def fail_to_read(self, number: int) -> None:
        """Come while the storage cannot be read: the socket is closed."""
        async with connect(self.url, compression=None) as socket:
            name = f"bench/scratch/never-opened-{number}@1"
            await socket.send(codec.encode(name, Token(bench.KEY)))
            async with asyncio.timeout(PATIENCE):
                await socket.wait_closed()
        self.failed += 1

    async def write(self, number: int) -> None:
        """Write a few words somewhere."""
        async with Participant(self.url, token=bench.KEY) as me:
            document = await me.open(f"bench/scratch/{number % 40}@1")
            text = document.doc.get("t", type=Text)
            for word in range(10):
                text += f"{word} "
                self.typed += 1
            del text[: max(0, len(str(text)) - 2000)]
            await me.saved()


async def _many(work: Callable[[int], Awaitable[None]], count: int, first: int = 0) -> None:
    """Do something many times, several at once."""
    numbers = iter(range(first, first + count))

    async def one_after_another() -> None:
        for number in numbers:
            await work(number)

    await asyncio.gather(*(one_after_another() for _ in range(TOGETHER)))


async def _round(soak: Soak, openings: int, failures: int, first: int) -> None:
    await _many(soak.visit, openings // DOCUMENTS, first)
    await _many(soak.fail, failures - failures // 5, first)
    await soak.ask("fail")
    await _many(soak.fail_to_read, failures // 5, first)
    await soak.ask("work")
    await _many(soak.write, max(TOGETHER, openings // 100), first)


@asynccontextmanager
async def _a_process() -> AsyncIterator[Soak]:
    with tempfile.TemporaryDirectory(prefix="samenbeeld-soak-") as folder:
        command = [sys.executable, "-m", "tests.soak", "serve", folder]
        errors = (Path(folder) / "errors").open("w")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=errors
        )
        assert process.stdout is not None
        try:
            line = await process.stdout.readline()
            while not line.startswith(b'{"url"'):
                line = await process.stdout.readline()
            yield Soak(process, **json.loads(line))
            assert process.stdin is not None
            process.stdin.write(b"end\n")
            await asyncio.wait_for(process.wait(), PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            errors.close()


async def soak(openings: int, failures: int) -> str:
    """Live through so many openings and failing loads; the figures. Raises NotFlat."""
    async with _a_process() as one:
        await _round(one, openings // 10, failures // 10, 0)
        before = await one.at_rest()
        await _round(one, openings, failures, openings)
        after = await one.at_rest()
    grown = {name: after[name] - count for name, count in before.items() if name != "threads"}
    growth = grown.pop("kB")
    # one or two calls of the loop's own are put off at any moment
    grown["timers"] -= A_FEW
    if growth > MOST_GROWTH or any(count > 0 for count in grown.values()):
        raise NotFlat(f"before {before}, after {after}")
    return (
        f"{one.opened} openings, {one.failed} failing loads, {one.typed} edits: "
        f"{before['kB'] // 1024} MB, {growth / 1024:+.1f} MB afterwards; "
        f"{after['tasks']} tasks, {after['files']} files, {after['timers']} timers"
    )


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(Path(sys.argv[2])))
    else:
        print(asyncio.run(soak(int(sys.argv[1]), int(sys.argv[1]) // 10)))
