"""Several updates as fewer that say the same."""

from __future__ import annotations

import random

from pycrdt import Doc, Text

from sync import guard
from sync.merging import LARGEST, MOST, merged
from tests.builders import Browser
from tests.fuzz import edit


def test_merged_updates_make_the_same_document():
    for seed in range(20):
        rng = random.Random(seed)
        browsers = [Browser(client_id=number) for number in (7, 8)]
        updates: list[bytes] = []
        for _ in range(150):
            writer = rng.choice(browsers)
            edit(writer.doc, rng)
            updates += writer.changes
            for one in browsers:
                for change in writer.changes if one is not writer else ():
                    one.take(change)
                one.changes.clear()
        whole: Doc = Doc()
        for update in updates:
            whole.apply_update(update)
        for size in (2, 7, 40):
            doc: Doc = Doc()
            for at in range(0, len(updates), size):
                for one in merged(updates[at : at + size]):
                    guard.parse_update(one)
                    doc.apply_update(one)
            assert doc.get_update() == whole.get_update()


def test_many_or_large_updates_stay_apart():
    browser = Browser()
    for _ in range(MOST + 1):
        browser.type("x")
    assert len(merged(browser.changes)) == 2
    large = Browser()
    for _ in range(3):
        large.type("x" * (LARGEST // 2 + 1))
    assert len(merged(large.changes)) == 3
    assert str(large.doc.get("t", type=Text)) == large.text
