"""A short run of kill -9; `dev.py chaos --rounds 200` is the long one."""

from pathlib import Path

from tests.chaos import Chaos


async def test_nothing_acknowledged_or_received_is_lost_when_the_server_is_killed(tmp_path: Path):
    run = Chaos(tmp_path, seed=3)
    try:
        figures = await run.run(rounds=3)
    finally:
        run.server.kill()
    assert figures["typed"] > 50
    assert figures["received by others"] > 0
