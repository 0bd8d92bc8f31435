"""A short run of kill -9; `dev.py chaos --rounds 200` is the long one."""

from pathlib import Path

from tests.chaos import Chaos
from tests.postgresql import PostgresServer


async def test_nothing_acknowledged_or_received_is_lost_when_the_server_is_killed(tmp_path: Path):
    run = Chaos(tmp_path, seed=3)
    try:
        figures = await run.run(rounds=3)
    finally:
        run.server.kill()
    assert figures["typed"] > 50
    assert figures["received by others"] > 0


async def test_nothing_is_lost_on_postgresql_either_when_both_servers_are_killed(
    tmp_path: Path, postgres: PostgresServer
):
    run = Chaos(tmp_path, seed=5, postgres=postgres)
    try:
        figures = await run.run(rounds=3)
    finally:
        run.server.kill()
    assert figures["typed"] > 50
    assert figures["received by others"] > 0
