"""How long the committer gathers."""

from __future__ import annotations

from server.pace import AT_ONCE, COMMITTING_SHARE, LONGEST_WINDOW, TELLING_SHARE, Pace


def commits_a_second(cost: float, seconds: float = 10.0) -> float:
    """How often a server commits that always has something to store."""
    pace, now, count = Pace(), 0.0, 0
    while now < seconds:
        pace.committed(cost, now)
        count += 1
        now += max(pace.pause(now), 0.0001)
    return count / seconds


def test_a_quiet_server_never_waits():
    pace, now = Pace(), 0.0
    for _ in range(500):
        assert pace.pause(now) == 0
        pace.committed(0.0006, now)
        pace.told(0.0002, now)
        now += 0.02


def test_a_busy_one_spends_its_share_on_committing_and_no_more():
    for cost in (0.0005, 0.001, 0.002):
        assert abs(commits_a_second(cost) * cost - COMMITTING_SHARE) < 0.01


def test_a_burst_after_a_rest_goes_at_once():
    pace = Pace()
    pace.committed(AT_ONCE / 2, 100.0)
    assert pace.pause(100.0) == 0


def test_telling_many_opens_a_window():
    pace = Pace()
    pace.told(AT_ONCE, 0.0)
    pace.told(0.003, 0.0)
    assert abs(pace.pause(0.0) - 0.003 / TELLING_SHARE) < 1e-9


def test_nobody_waits_longer_than_the_longest_window():
    pace = Pace()
    for number in range(50):
        pace.told(1.0, number * 0.1)
        pace.committed(1.0, number * 0.1)
        assert pace.pause(number * 0.1) <= LONGEST_WINDOW + 1e-9
