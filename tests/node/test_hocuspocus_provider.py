"""The real `@hocuspocus/provider`, from Node, against the real server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveServer, a_server, delay_commits, stored_text

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine"),
]


class NodeClient:
    """A process with one socket; each command is answered."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def __call__(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        line = json.dumps({"do": command, **arguments})
        self.process.stdin.write(f"{line}\n".encode())
        answer: dict[str, Any] = json.loads(
            await asyncio.wait_for(self.process.stdout.readline(), 20)
        )
        assert answer.pop("ok"), answer
        return answer

    async def end(self) -> None:
        """Let it end by itself: where `node` is a wrapper, killing that leaves the real one."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


@pytest.fixture
async def clients(server: LiveServer) -> AsyncIterator[list[NodeClient]]:
    started = []
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            "node",
            str(Path(__file__).parent / "provider.mjs"),
            str(ROOT / "web"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        client = NodeClient(process)
        await client("connect", url=server.url)
        started.append(client)
    yield started
    for client in started:
        await client.end()


async def test_two_providers_write_one_document_and_are_acknowledged(
    server: LiveServer, clients: list[NodeClient]
):
    one, two = clients
    name = server.named("picture")
    assert (await one("open", name=name, token=server.keys["ana"]))["scope"] == "read-write"
    await two("open", name=name, token=server.keys["bo"])
    await one("type", name=name, text="De Maas stijgt. ")
    await two("text", name=name, until="De Maas")
    await two("type", name=name, text="De Geul zakt. 🚒")
    await one("text", name=name, until="🚒")
    for client in clients:
        await client("saved", name=name)
    assert stored_text(server) == "De Maas stijgt. De Geul zakt. 🚒"


async def test_R5_the_acknowledgement_never_comes_before_the_commit(
    server: LiveServer, clients: list[NodeClient]
):
    client, name = clients[0], server.named("picture")
    await client("open", name=name, token=server.keys["ana"])
    delay_commits(server, 0.3)
    for letter in "abcde":
        assert (await client("type", name=name, text=letter))["unsynced"] > 0
        before = stored_text(server)
        assert letter not in before
        assert (await client("saved", name=name))["after"] > 200
        assert stored_text(server) == before + letter


async def test_R15_a_reader_is_let_in_to_read_only(server: LiveServer, clients: list[NodeClient]):
    reader, name = clients[0], server.named("picture")
    assert (await reader("open", name=name, token=server.keys["otto"]))["scope"] == "readonly"
    await reader("type", name=name, text="HACK")
    await asyncio.sleep(0.3)
    assert (await reader("unsynced", name=name))["unsynced"] == 1
    assert stored_text(server) == ""


@pytest.mark.parametrize(
    ("person", "document", "reason"),
    [
        ("stranger", "picture@1", "unknown-document"),
        ("nobody", "picture@1", "unauthenticated"),
        ("ana", "picture/23@1", "forbidden"),
        ("ana", "picture@7", "stale-epoch"),
    ],
)
async def test_R22_without_a_right_a_provider_is_refused_with_the_reason(
    server: LiveServer, clients: list[NodeClient], person: str, document: str, reason: str
):
    name = f"{server.incident}/{document}"
    token = server.keys.get(person, "sbk_nothing")
    assert (await clients[0]("open", name=name, token=token))["denied"] == reason


async def test_one_socket_carries_several_documents(server: LiveServer, clients: list[NodeClient]):
    client = clients[0]
    for document in ("picture", "decisions", "actions"):
        name = server.named(document)
        await client("open", name=name, token=server.keys["ana"])
        await client("type", name=name, text=document)
    for document in ("picture", "decisions", "actions"):
        await client("saved", name=server.named(document))
        assert stored_text(server, document) == document
    assert len(server.services.hub._connections) == 2
