"""A short run of the soak; `dev.py prove 2` has the long one."""

from tests.soak import soak


async def test_R40_what_comes_and_goes_leaves_nothing_behind():
    figures = await soak(openings=600, failures=120)
    assert int(figures.split()[0]) >= 600
