"""Mutated frames as an editor, an observer and a stranger: a short, seeded run."""

from tests.fuzz import fuzz


def test_what_is_mutated_harms_nobody():
    figures = fuzz(frames=4000, seed=1)
    assert figures.frames == 4000
    assert min(figures.taken, figures.expelled, figures.strangers, figures.readers) > 100
