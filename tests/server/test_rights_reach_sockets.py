"""What is changed over HTTP holds on the open sockets within two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from models import people, sessions
from server.authenticate import COOKIE, utc_now
from server.participant import Participant, Refused
from tests.live import LiveServer, a_server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with a_server(tmp_path) as running:
        yield running


def as_(server: LiveServer, person: str) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {server.keys[person]}"}
    return httpx2.AsyncClient(base_url=server.http, headers=headers)


async def test_closing_an_incident_makes_its_documents_read_only_and_opening_gives_them_back(
    server: LiveServer,
):
    address = f"/api/v1/incidents/{server.incident}"
    async with as_(server, "ana") as ana, server.participant("bo") as bo:
        document = await bo.open(server.named("picture"))
        assert document.may_write is True
        assert (await ana.patch(address, json={"phase": "closed"})).status_code == 200
        await bo.until(lambda: document.may_write is False, patience=2)
        assert (await ana.patch(address, json={"phase": "aftermath"})).status_code == 200
        await bo.until(lambda: document.may_write is True, patience=2)


async def test_a_part_that_is_lowered_and_ended_holds_at_once(server: LiveServer):
    address = f"/incidents/{server.incident}/participations"
    async with as_(server, "ana") as ana, server.participant("bo") as bo:
        document = await bo.open(server.named("picture"))
        await ana.post(address, data={"organisation": "23", "role": "observer"})
        await bo.until(lambda: document.may_write is False, patience=2)
        await ana.post(address, data={"organisation": "23", "role": "none"})
        await bo.until(lambda: document.refusal == "forbidden", patience=2)
        with pytest.raises(Refused, match="unknown-document"):
            await bo.open(server.named("decisions"))


async def test_signing_out_closes_the_sockets_of_that_session_only(server: LiveServer):
    one, other = await a_session(server), await a_session(server)
    async with a_page(server, one) as first, a_page(server, other) as second:
        await first.open(server.named("picture"))
        await second.open(server.named("picture"))
        async with httpx2.AsyncClient(base_url=server.http) as browser:
            headers = {"cookie": f"{COOKIE}={one}", "origin": server.http}
            assert (await browser.post("/sign-out", headers=headers)).status_code == 303
        async with asyncio.timeout(2):
            await first.ended()
        assert first.close_code == 4401
        assert second.connected


async def a_session(server: LiveServer) -> str:
    def begin(connection):
        person = people.find_by_username(connection, "bo")
        assert person is not None
        return sessions.begin(connection, person, now=utc_now(), own_device=False)

    return await server.services.writer.run(begin)


def a_page(server: LiveServer, token: str) -> Participant:
    return Participant(server.url, {"cookie": f"{COOKIE}={token}", "origin": server.http})
