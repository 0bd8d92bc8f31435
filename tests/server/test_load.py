"""Short runs of the load proofs on a real server process; `dev.py prove 2` has the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.connection import SLOWEST, Connection
from sync.codec import Hocuspocus
from sync.errors import CloseCode, Refusal, close_reason
from tests.load.herd import herd
from tests.load.idle import idle
from tests.load.slow_readers import slow_readers


async def test_R35_a_herd_comes_back_with_all_its_documents_and_who_types_goes_on(tmp_path: Path):
    figures = await herd(tmp_path, pages=40, incidents=1)
    assert figures.back == 40
    assert figures.typed > 0


@pytest.mark.parametrize("plain", [False, True], ids=["hocuspocus", "plain"])
async def test_an_idle_client_costs_little_memory(tmp_path: Path, plain: bool):
    assert await idle(tmp_path, clients=300, plain=plain) < 20


async def test_R37_who_did_not_read_is_whole_again_and_the_server_did_not_grow(tmp_path: Path):
    figures = await slow_readers(tmp_path, rounds=1, seconds=1, stalled_for=4, healthy=6)
    assert (figures.whole, figures.closed) == (4, [])
    assert figures.grew < 10e6


class APipe:
    """A socket of which a test says how much waits."""

    def __init__(self) -> None:
        self.waits = 300_000
        self.closed: tuple[int, str] | None = None

    def write(self, frames: bytes) -> None:
        self.waits += len(frames)

    def close(self, code: int, reason: str) -> None:
        self.closed = code, reason

    def waiting(self) -> int:
        return self.waits


def a_connection_that_is_behind() -> tuple[Connection, APipe, float]:
    pipe = APipe()
    connection = Connection(None, None, pipe, Hocuspocus(), None)  # type: ignore[arg-type]
    connection.paused()
    return connection, pipe, connection._taken_at


def test_R37_who_takes_nothing_is_given_up_after_a_minute():
    connection, _, began = a_connection_that_is_behind()
    assert not connection.behind_for_too_long(began + SLOWEST - 1)
    assert connection.behind_for_too_long(began + SLOWEST + 1)


def test_R37_who_takes_a_little_is_not_given_up():
    connection, pipe, began = a_connection_that_is_behind()
    for minute in range(1, 30):
        pipe.waits -= 1000
        assert not connection.behind_for_too_long(began + minute * SLOWEST)
    assert not connection.behind_for_too_long(began + 29 * SLOWEST + 59)
    assert connection.behind_for_too_long(began + 30 * SLOWEST + 1)


def test_R36_a_close_says_when_to_come_back_or_nothing():
    connection, pipe, _ = a_connection_that_is_behind()
    connection.hang_up(Refusal.RESTART, 7)
    assert pipe.closed == (CloseCode.RESTART, "restart; retry-after=7")
    assert close_reason(Refusal.TOO_SLOW) == "too-slow"
