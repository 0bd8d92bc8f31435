"""The load clients' edits are real, and are found again however a server passes them on."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc, Text, merge_updates

from tests.bench import edits
from tests.bench.client import Known
from tests.bench.crowd import percentile
from tests.bench.edits import Stretch
from tests.bench.history import a_history


def a_doc(*updates: bytes) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def written(writer: int, count: int) -> list[bytes]:
    return [edits.appended(writer, edit) for edit in range(count)]


def test_an_edit_appends_its_token_to_the_text() -> None:
    doc = a_doc(*written(3, 200))
    text = str(doc.get(edits.ROOT, type=Text))
    assert text == "".join(edits.token(3, edit) for edit in range(200))
    assert len(text) == 200 * edits.TOKEN


def test_edits_are_found_in_single_merged_and_whole_updates() -> None:
    updates = [*written(1, 5), *written(2, 3)]
    both = {Stretch(1, 0, 5), Stretch(2, 0, 3)}
    assert edits.found(updates[2]) == (Stretch(1, 2, 3),)
    assert set(edits.found(merge_updates(*updates))) == both
    assert set(edits.found(a_doc(*updates).get_update())) == both
    assert edits.found(b"nothing <000g000000> to <0001000> see") == ()


def test_stretches_end_where_the_writer_or_the_order_changes() -> None:
    tokens = [(1, 0), (1, 1), (2, 2), (1, 2), (1, 4), (1, 4)]
    text = "".join(edits.token(*each) for each in tokens).encode()
    assert edits.found(text) == ((1, 0, 2), (2, 2, 3), (1, 2, 3), (1, 4, 5), (1, 4, 5))


def test_a_state_vector_asks_for_exactly_what_is_lacking() -> None:
    doc = a_doc(*written(1, 5), *written(2, 3))
    lacking = doc.get_update(edits.state_vector({1: 4, 2: 3}))
    assert edits.found(lacking) == (Stretch(1, 4, 5),)


def test_a_repeat_is_no_news_and_a_gap_waits_until_it_is_filled() -> None:
    known = Known()
    assert known.learn(Stretch(1, 0, 2)) == range(2)
    assert len(known.learn(Stretch(1, 0, 2))) == 0
    assert known.learn(Stretch(1, 1, 3)) == range(2, 3)
    assert len(known.learn(Stretch(1, 0, 1))) == len(known.learn(Stretch(1, 2, 3))) == 0
    assert len(known.learn(Stretch(1, 6, 8))) == 0
    assert len(known.learn(Stretch(1, 4, 6))) == 0
    assert known.learn(Stretch(1, 3, 4)) == range(3, 8)
    assert known.upto == {1: 8}


def test_a_history_rebuilds_its_text() -> None:
    updates, text = a_history(20)
    assert len(updates) == 20
    assert len(text) > 100
    assert str(a_doc(*updates).get(edits.ROOT, type=Text)) == text


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([], 0.99) == 0
    assert percentile([1, 2, 3, 4], 0.5) == 3
    assert percentile([1, 2, 3, 4], 1) == 4
