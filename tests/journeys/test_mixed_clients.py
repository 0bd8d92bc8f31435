"""A browser, both providers in Node and a program in Python in one document of one real server."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
from playwright.async_api import Browser
from pycrdt import Doc, XmlElement, XmlFragment

from models import update_log
from server.participant import OpenDocument, Participant
from sync.guard import parse_state_vector
from sync.room import Loaded, rebuilt
from sync.shapes import read_picture, theme_root
from tests.forwarder import Cut, Forwarder
from tests.journeys.screen import PASSWORD, Screen, a_screen
from tests.live import LiveServer, a_server
from tests.node.test_hocuspocus_provider import ROOT, NodeClient

pytestmark = [
    pytest.mark.browser,
    pytest.mark.node,
    pytest.mark.asyncio(loop_scope="session"),
]

THEME: Final = "forecast"
PATIENCE: Final = 30.0

Clocks = dict[int, int]


class Writer(Protocol):
    """Somebody in the document, whatever they speak."""

    async def write(self, words: str) -> None:
        """A paragraph at the end."""

    async def clocks(self) -> Clocks | None:
        """What they have of everybody; None where that cannot be asked."""

    async def text(self) -> str:
        """What they read."""


@dataclass
class InBrowser:
    """A page; its document cannot be asked, its screen can."""

    screen: Screen

    async def write(self, words: str) -> None:
        page = self.screen.page
        await page.locator(".ProseMirror").press("Control+End")
        await page.keyboard.press("Enter")
        await page.keyboard.type(words)

    async def clocks(self) -> None:
        return None

    async def text(self) -> str:
        return await self.screen.text()


@dataclass
class InNode:
    """A provider in Node; `named` is what its commands call the document, if they do."""

    do: NodeClient
    named: dict[str, str]

    async def write(self, words: str) -> None:
        await self.do("paragraph", theme=THEME, text=words, **self.named)

    async def clocks(self) -> Clocks:
        told = await self.do("page", theme=THEME, **self.named)
        return parse_state_vector(base64.b64decode(told["vector"]))

    async def text(self) -> str:
        told: str = (await self.do("page", theme=THEME, **self.named))["page"]
        return told


@dataclass
class InPython:
    """A program over the dialect's own client."""

    participant: Participant
    document: OpenDocument

    @property
    def _fragment(self) -> XmlFragment:
        return self.document.doc.get(theme_root(THEME), type=XmlFragment)

    async def write(self, words: str) -> None:
        self._fragment.children.append(XmlElement("paragraph", {}, [words]))

    async def clocks(self) -> Clocks:
        return parse_state_vector(self.document.doc.get_state())

    async def text(self) -> str:
        return str(self._fragment)


@asynccontextmanager
async def in_node(node: str, script: str) -> AsyncIterator[NodeClient]:
    process = await asyncio.create_subprocess_exec(
        node,
        str(ROOT / "tests/node" / script),
        str(ROOT / "web"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    client = NodeClient(process)
    try:
        yield client
    finally:
        await client.end()


class Gathering:
    """Everybody, each over the same line that can be cut."""

    def __init__(self, server: LiveServer, node: str, stack: AsyncExitStack) -> None:
        self.server = server
        self.line = Forwarder(lambda: server.port)
        self.name = server.named("picture")
        self._node, self._stack = node, stack

    async def begin(self) -> None:
        await self.line.start()
        self._stack.push_async_callback(self.line.stop)

    async def browser(self, browser: Browser, person: str) -> InBrowser:
        address = f"http://127.0.0.1:{self.line.port}"
        screen = await self._stack.enter_async_context(a_screen(browser, address, person))
        await screen.write_in(THEME, incident=self.server.incident)
        return InBrowser(screen)

    async def hocuspocus(self, person: str) -> InNode:
        client = await self._stack.enter_async_context(in_node(self._node, "provider.mjs"))
        await client("connect", url=f"ws://127.0.0.1:{self.line.port}/collab")
        await client("open", name=self.name, token=self.server.keys[person])
        return InNode(client, {"name": self.name})

    async def websocket(self, person: str) -> InNode:
        client = await self._stack.enter_async_context(in_node(self._node, "websocket.mjs"))
        url, key = f"ws://127.0.0.1:{self.line.port}/yjs", self.server.keys[person]
        await client("connect", url=url, name=self.name, key=key)
        return InNode(client, {})

    async def python(self, person: str) -> InPython:
        url = f"ws://127.0.0.1:{self.line.port}/collab"
        program = Participant(url, token=self.server.keys[person])
        await self._stack.enter_async_context(program)
        return InPython(program, await program.open(self.name))

    def stored(self) -> Doc[Any]:
        """What the log on the disk has."""
        with self.server.services.database.reader.connect() as connection:
            stored = update_log.load(connection, f"{self.server.incident}/picture")
        return rebuilt(Loaded(stored.state, stored.tail))


async def until(holds: Callable[[], Awaitable[object]], why: str) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE
    while not await holds():
        assert asyncio.get_running_loop().time() < end, why
        await asyncio.sleep(0.05)


async def all_have(writers: list[Writer], words: set[str]) -> None:
    for writer in writers:

        async def has(writer: Writer = writer) -> bool:
            text = await writer.text()
            return all(one in text for one in words)

        await until(has, f"{writer} does not read all of {words}")


async def converged(gathering: Gathering, writers: list[Writer]) -> None:
    """Everybody has exactly what the log has, and the page shows that."""
    log = gathering.stored()
    clocks = parse_state_vector(log.get_state())
    for writer in writers:
        assert await writer.clocks() in (None, clocks), f"{writer} has something else"
    [theme] = read_picture(log, [THEME])
    lines = ["".join(run.text for run in block.content) for block in theme.content]
    shown = [await writer.text() for writer in writers if isinstance(writer, InBrowser)]
    assert [text.split("\n") for text in shown] == [lines]


@pytest.fixture
def words() -> Iterator[str]:
    """Words that nobody wrote yet, whole characters of all lengths in each."""
    return (f"Alinea {number} é🚒👩‍🚒ĳ" for number in range(100))


async def test_all_kinds_of_clients_write_one_document_are_cut_and_converge(
    browser: Browser, tmp_path: Path, web_dist: Path, node: str, words: Iterator[str]
) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(a_server(tmp_path, password=PASSWORD))
        gathering = Gathering(server, node, stack)
        await gathering.begin()
        program = await gathering.python("ana")
        writers: list[Writer] = [
            await gathering.browser(browser, "ana"),
            await gathering.hocuspocus("bo"),
            await gathering.websocket("wil"),
            program,
        ]
        observers = [await gathering.hocuspocus("otto"), await gathering.websocket("otto")]
        everybody = [*writers, *observers]
        written = set[str]()

        async def all_write() -> None:
            for writer in writers:
                written.add(new := next(words))
                await writer.write(new)

        await all_write()
        await all_have(everybody, written)
        await converged(gathering, everybody)

        await gathering.line.cut(Cut.RESET)
        await all_write()
        assert len(written) == 2 * len(writers)
        await gathering.line.heal()
        await program.participant.connect()
        await all_have(everybody, written)
        await converged(gathering, everybody)

        for observer in observers:
            await observer.write("HACK")
        await all_write()
        await all_have(everybody, written)
        assert (await observers[0].do("unsynced", name=gathering.name))["unsynced"] == 1
        await converged(gathering, writers)
        for writer in writers:
            assert "HACK" not in await writer.text()
