"""A document that becomes large is told of; one that is full takes nothing more but deletions."""

from __future__ import annotations

import json

import pytest

from sync import growth
from sync.effects import Grew
from sync.messages import Stateless, SyncStatus, Update
from tests.builders import Browser, a_newcomer, a_room_with, acks, appends, notices, sent


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "USUAL", 5_000)
    monkeypatch.setattr(growth, "LARGEST", 20_000)
    monkeypatch.setattr(growth, "_LOOK_EVERY", 500)


def test_R32_everybody_is_told_once_when_a_document_becomes_large_and_so_is_who_comes_later():
    ana, browser = a_newcomer("ana"), Browser(client_id=7)
    room = a_room_with(ana)
    told = []
    for _ in range(12):
        told += [
            one
            for one in room.receive(ana.member, Update(browser.type("x" * 600)))
            if isinstance(one, Grew)
        ]
    [grew] = told
    assert 5_000 <= grew.size < 7_000
    bo = a_newcomer("bo")
    effects = room.join(bo)
    [notice] = [json.loads(one) for one in notices(effects, bo.member) if "large" in one]
    assert notice["most"] == 20_000


def test_R32_a_full_document_takes_deletions_and_then_text_again():
    ana, browser = a_newcomer("ana"), Browser(client_id=7)
    room = a_room_with(ana)
    for _ in range(6):
        change = Update(browser.type("x" * 3500))
        assert acks(room.receive(ana.member, change), ana.member) == 1
    other = Browser(client_id=8)
    other.take(room.snapshot())
    effects = room.receive(ana.member, Update(other.type("meer")))
    assert appends(effects) == []
    assert sent(effects, ana.member, SyncStatus) == [SyncStatus(saved=False)]
    [told] = sent(effects, ana.member, Stateless)
    assert json.loads(told.payload) == {"kind": "refused", "reason": "full", "retry": False}
    assert acks(room.receive(ana.member, Update(browser.erase(0, 15_000))), ana.member) == 1
    again = Browser(client_id=9)
    again.take(room.snapshot())
    assert acks(room.receive(ana.member, Update(again.type("weer"))), ana.member) == 1


def test_R32_what_was_deleted_does_not_count():
    ana, browser = a_newcomer("ana"), Browser(client_id=7)
    room = a_room_with(ana)
    for _ in range(30):
        for change in (browser.type("x" * 3500), browser.erase(0, 3500)):
            assert acks(room.receive(ana.member, Update(change)), ana.member) == 1
