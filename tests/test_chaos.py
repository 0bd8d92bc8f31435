"""Short runs of kill -9; `dev.py chaos --rounds 200` and `prove 2` are the long ones."""

from pathlib import Path

import pytest

from tests.chaos import Chaos
from tests.chaos_at_backups import ChaosAtBackups
from tests.chaos_at_checkpoints import ChaosAtCheckpoints
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


@pytest.mark.layer
async def test_nothing_is_lost_when_it_is_killed_in_the_middle_of_a_checkpoint(tmp_path: Path):
    aimed = ("killed in a checkpoint of a room", "killed in a checkpoint of the log")
    for rounds in (4, 8, 16):  # on a busy machine the shots go astray
        (folder := tmp_path / str(rounds)).mkdir()
        run = ChaosAtCheckpoints(folder, seed=rounds)
        try:
            figures = await run.run(rounds)
        finally:
            run.server.kill()
        if all(figures[one] for one in aimed):
            return
    raise AssertionError(f"never in the middle of one: {figures}")


async def test_a_backup_is_whole_or_not_there_whoever_is_killed(tmp_path: Path):
    run = ChaosAtBackups(tmp_path, seed=1)
    try:
        figures = await run.run(rounds=3)
    finally:
        run.server.kill()
    assert sum(figures[name] for name in figures if name.startswith("killed while")) > 0
