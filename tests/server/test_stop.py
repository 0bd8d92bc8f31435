"""SIGTERM while people type: told, stored, closed with 1012, and gone well within 30 seconds."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

from pycrdt import Text

from tests.chaos import Chaos, tokens_of


async def test_a_server_that_is_stopped_stores_everything_and_says_that_it_moves(tmp_path: Path):
    run = Chaos(tmp_path, seed=1)
    try:
        await run.server.start()
        await run._greet_writers()
        await run._round()
        await run.joining
        assert run.server.process is not None
        began = time.monotonic()
        run.server.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(run.server.process.wait, 30)
        assert code in (0, -signal.SIGTERM), "it ended by itself, and not by force"
        assert time.monotonic() - began < 10
        for writer in run.writers:
            await asyncio.wait_for(writer.participant.ended(), 5)
            told = [one["seconds"] for one in writer.document.notices if one["kind"] == "moving"]
            assert len(told) == 1
            assert 1 <= told[0] <= 3
            assert writer.participant.close_code == 1012
            assert writer.participant.close_reason == f"restart; retry-after={told[0]}"
        run._note()
        assert run.under_way == 0, "what had reached the server was acknowledged before it went"
        await run.server.start()
        async with run.participant("otto") as reader:
            document = await reader.open(run.address)
            assert len(set(tokens_of(document.doc))) == run.typed
            assert len(str(document.doc.get("t", type=Text))) > 0
    finally:
        run.server.kill()
        for writer in run.writers:
            await writer.participant.disconnect()
