"""Whether deletions are known, asked of many ranges at a time."""

import random
import time

import pytest
from pycrdt import Doc

from sync.anatomy import Anatomy, assemble, dissect
from sync.deletions import Deletions, as_yjs_writes
from sync.errors import Malformed
from sync.guard import Run, parse_update
from sync.loaded import rebuilt
from tests.builders import Browser
from tests.old import A_LONG_NIGHT, loaded_of


def written(*runs: Run) -> bytes:
    """Deletions as they stand in an update, after the structs."""
    ranges: dict[int, list[tuple[int, int]]] = {}
    for run in runs:
        ranges.setdefault(run.client, []).append((run.start, run.end - run.start))
    return assemble(Anatomy([], list(ranges.items())))[1:]


def test_only_what_is_not_known_is_new():
    known = Deletions(b"\x00" + written(Run(9, 1, 3), Run(9, 5, 7), Run(8, 0, 2)))
    assert known.new_in(written(Run(9, 1, 3), Run(9, 6, 7), Run(8, 0, 1))) == []
    assert known.new_in(written(Run(9, 1, 6))) == [Run(9, 3, 5)]
    assert known.new_in(written(Run(7, 0, 1))) == [Run(7, 0, 1)]


@pytest.mark.parametrize("seed", range(20))
def test_deletions_agree_with_a_set_of_clocks(seed):
    rng = random.Random(seed)
    known = [Run(1, start, start + rng.randrange(1, 8)) for start in range(0, 100, 10)]
    clocks = {clock for run in known for clock in range(run.start, run.end)}
    deletions = Deletions(b"\x00" + written(*known))
    for _ in range(100):
        start = rng.randrange(100)
        run = Run(1, start, start + rng.randrange(1, 9))
        new = deletions.new_in(written(run))
        found = {clock for one in new for clock in range(one.start, one.end)}
        assert found == set(range(run.start, run.end)) - clocks


def test_many_deletions_against_many_ranges_cost_nothing():
    runs = [Run(1, 3 * n, 3 * n + 2) for n in range(80_000)]
    known = Deletions(b"\x00" + written(*runs))
    asked = written(*runs)
    began = time.perf_counter()
    assert known.new_in(asked) == []
    assert time.perf_counter() - began < 0.1


def test_what_the_library_cannot_read_is_malformed():
    with pytest.raises(Malformed):
        Deletions(b"\x00\x00").new_in(b"\x01\x05\x03\x00")


def test_a_state_and_its_deletions_say_the_same():
    browser = Browser()
    browser.type("Maastricht")
    browser.erase(2, 4)
    browser.erase(5, 6)
    state = browser.doc.get_update()
    known = Deletions(browser.doc.get_update(browser.doc.get_state()))
    structure = parse_update(state)
    assert structure.deletes
    assert known.new_in(state[structure.deletes_at :]) == []


def test_an_answer_without_news_is_written_as_yjs_writes_it():
    doc: Doc = rebuilt(loaded_of(A_LONG_NIGHT))
    own = doc.get_update(doc.get_state())
    theirs = as_yjs_writes(own)
    clients = [client for client, _ in dissect(theirs).deletes]
    assert len(clients) > 50
    assert clients == sorted(clients, reverse=True)
    assert sorted(dissect(theirs).deletes) == sorted(dissect(own).deletes)
    assert as_yjs_writes(b"\x00\x00") == b"\x00\x00"
