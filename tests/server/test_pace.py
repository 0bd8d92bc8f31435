"""How long the committer gathers."""

from __future__ import annotations

from server.pace import (
    COMMITS,
    COMMITS_AT_ONCE,
    LONGEST_WINDOW,
    ROWS,
    TELLING_AT_ONCE,
    TELLING_SHARE,
    Pace,
)


def test_a_quiet_server_never_waits():
    pace, now = Pace(), 0.0
    for _ in range(500):
        assert pace.pause(now) == 0
        pace.committed(1, now)
        pace.told(0.0002, now)
        now += 0.02


def test_a_busy_one_commits_so_often_and_no_more():
    pace, now, count = Pace(), 0.0, 0
    while now < 10.0:
        pace.committed(1, now)
        count += 1
        now += max(pace.pause(now), 0.0001)
    assert abs(count * (1 + 1 / ROWS) - COMMITS * 10) <= COMMITS_AT_ONCE + 2


def test_a_burst_after_a_rest_goes_at_once():
    pace = Pace()
    for _ in range(int(COMMITS_AT_ONCE) - 1):
        assert pace.pause(100.0) == 0
        pace.committed(1, 100.0)


def test_who_has_more_to_store_gathers_longer():
    few, many = Pace(), Pace()
    for pace, rows in ((few, 1), (many, 30)):
        for _ in range(20):
            pace.committed(rows, 0.0)
    assert many.pause(0.0) >= few.pause(0.0) > 0


def test_telling_many_opens_a_window():
    pace = Pace()
    pace.told(TELLING_AT_ONCE, 0.0)
    pace.told(0.003, 0.0)
    assert abs(pace.pause(0.0) - 0.003 / TELLING_SHARE) < 1e-9


def test_nobody_waits_longer_than_the_longest_window():
    pace = Pace()
    for number in range(50):
        pace.told(1.0, number * 0.1)
        pace.committed(1000, number * 0.1)
        assert pace.pause(number * 0.1) <= LONGEST_WINDOW + 1e-9
