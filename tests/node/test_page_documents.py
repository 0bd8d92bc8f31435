"""The page's own line, documents and status word against a server whose every commit is slow.
What they must see stands in `web/tests/live`; here only the server is made.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import ROOT
from tests.live import LiveServer, a_server, delay_commits

COMMIT: Final = 0.3
"""Seconds that each commit takes."""


@pytest.mark.node
async def test_what_a_page_calls_saved_is_on_the_disk(tmp_path: Path, node: str) -> None:
    async with a_server(tmp_path) as server:
        delay_commits(server, COMMIT)
        code, said = await _vitest(node, server)
    assert code == 0, said
    assert "skipped" not in said, said


async def _vitest(node: str, server: LiveServer) -> tuple[int | None, str]:
    told = {
        "http": server.http,
        "incident": server.incident,
        "keys": server.keys,
        "commit": COMMIT * 1000,
    }
    process = await asyncio.create_subprocess_exec(
        node,
        "node_modules/vitest/vitest.mjs",
        "run",
        "tests/live",
        cwd=ROOT / "web",
        env={**os.environ, "SAMENBEELD_LIVE": json.dumps(told), "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()
