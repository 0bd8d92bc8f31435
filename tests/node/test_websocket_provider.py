"""The real `y-websocket` provider, from Node, against the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Text

from tests.live import LiveServer, a_server, stored_text
from tests.node.test_hocuspocus_provider import ROOT, NodeClient

pytestmark = pytest.mark.node


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


class Connected:
    """A provider in Node on one document; `closed` is how it was turned away, if it was."""

    def __init__(self, client: NodeClient, closed: dict[str, Any] | None) -> None:
        self.do = client
        self.closed = closed


@asynccontextmanager
async def a_provider(
    server: LiveServer, node: str, person: str | None, name: str
) -> AsyncIterator[Connected]:
    process = await asyncio.create_subprocess_exec(
        node,
        str(Path(__file__).parent / "websocket.mjs"),
        str(ROOT / "web"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    client = NodeClient(process)
    url = f"ws://127.0.0.1:{server.port}/yjs"
    key = None if person is None else server.keys[person]
    try:
        answer = await client("connect", url=url, name=name, key=key)
        yield Connected(client, answer["closed"])
    finally:
        await client.end()


async def test_two_of_them_and_a_hocuspocus_client_write_one_document(
    server: LiveServer, node: str
):
    name = server.named("picture")
    async with AsyncExitStack() as stack:
        ana = await stack.enter_async_context(a_provider(server, node, "ana", name))
        bo = await stack.enter_async_context(
            a_provider(server, node, "bo", server.named("picture", None))
        )
        wil = await stack.enter_async_context(server.participant("wil"))
        opened = await wil.open(name)
        words = ("De Maas 🚒 ", "stijgt é ", "snel")
        await ana.do("type", text=words[0])
        await bo.do("text", until=words[0])
        await bo.do("type", text=words[1])
        text = opened.doc.get("t", type=Text)
        await wil.until(lambda: words[1] in str(text))
        text += words[2]
        await wil.saved()
        for one in (ana, bo):
            assert (await one.do("text", until=words[2]))["text"] == "".join(words)
        assert stored_text(server) == "".join(words)


async def test_it_comes_back_by_itself_with_what_was_written_meanwhile(
    server: LiveServer, node: str
):
    name = server.named("picture")
    async with (
        a_provider(server, node, "ana", name) as ana,
        a_provider(server, node, "bo", name) as bo,
    ):
        await ana.do("type", text="een ")
        await bo.do("text", until="een")
        await ana.do("cut")
        await ana.do("type", text="twee ")
        await bo.do("type", text="drie ")
        await ana.do("synced")
        await bo.do("text", until="twee")
        both = (await ana.do("text", until="drie"))["text"]
        assert (await bo.do("text"))["text"] == both
        assert sorted(both.split()) == ["drie", "een", "twee"]


async def test_presence_crosses_stamped(server: LiveServer, node: str):
    name = server.named("picture")
    async with (
        a_provider(server, node, "ana", name) as ana,
        a_provider(server, node, "bo", name) as bo,
    ):
        await bo.do("place", place={"document": "picture"})
        users = (await ana.do("users", atLeast=1))["users"]
        assert {"name": "Bo", "organisation": "23", "function": "IM", "role": "editor"} in users


async def test_R15_a_reader_reads_and_is_shown_out_for_good(server: LiveServer, node: str):
    name = server.named("picture")
    async with (
        a_provider(server, node, "ana", name) as ana,
        a_provider(server, node, "otto", name) as otto,
    ):
        await ana.do("type", text="echt")
        await otto.do("text", until="echt")
        for _ in range(21):
            await otto.do("type", text="HACK")
        assert (await otto.do("closed"))["closed"] == {"code": 4403, "reason": "read-only"}
    assert stored_text(server) == "echt"


@pytest.mark.parametrize(
    ("person", "document", "closed"),
    [
        (None, "picture", {"code": 4401, "reason": "unauthenticated"}),
        ("stranger", "picture", {"code": 4404, "reason": "unknown-document"}),
        ("ana", "picture/23", {"code": 4403, "reason": "forbidden"}),
        ("ana", "picture@9", {"code": 4409, "reason": "stale-epoch"}),
    ],
)
async def test_R22_without_a_right_it_is_refused_and_stays_away(
    server: LiveServer, node: str, person: str | None, document: str, closed: dict[str, Any]
):
    async with a_provider(server, node, person, f"{server.incident}/{document}") as provider:
        assert provider.closed == closed
