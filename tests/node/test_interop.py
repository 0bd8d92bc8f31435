"""Yjs and pycrdt write one document through a real room, and come out the same."""

import pytest

from sync.effects import Broadcast
from tests import interop
from tests.interop import Differs

pytestmark = pytest.mark.node

SEEDS = 40


def test_four_with_yjs_and_one_with_pycrdt_hold_the_same():
    figures = interop.interop(SEEDS)
    assert figures.seeds == SEEDS
    assert figures.cuts > SEEDS


def test_a_broadcast_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch):
    perform = interop.Meeting._perform

    def forgetful(self, effects):
        lost = len(self._rows) % 50 == 49
        kept = [one for one in effects if not (lost and isinstance(one, Broadcast))]
        perform(self, kept)

    monkeypatch.setattr(interop.Meeting, "_perform", forgetful)
    with pytest.raises(Differs):
        interop.interop(5)
