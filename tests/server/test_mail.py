"""What each member hears of one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pycrdt import Doc, Text

from server.mail import Mail
from sync.codec import Hocuspocus, decode_from_server
from sync.effects import MemberId
from sync.messages import Addressed, Awareness, Stateless, SyncStatus, SyncStep2, Update
from sync.plain import Plain
from sync.ports import Dialect
from tests.builders import Browser
from tests.simulation.network import unframed

ANA, BO, OTTO = MemberId(1), MemberId(2), MemberId(3)


@dataclass
class Place:
    """A member's place that remembers what was written to it."""

    spelling: str = "i/picture"
    dialect: Dialect = field(default_factory=Hocuspocus)
    behind: bool = False
    writes: list[bytes] = field(default_factory=list)

    @property
    def hears(self) -> tuple[str, str]:
        return self.dialect.name, self.spelling

    def write(self, frames: bytes) -> None:
        self.writes.append(frames)

    @property
    def heard(self) -> list[object]:
        found = [decode_from_server(frame) for write in self.writes for frame in unframed(write)]
        return [one.message for one in found if isinstance(one, Addressed)]


@pytest.fixture
def seats() -> dict[MemberId, Place]:
    return {ANA: Place(), BO: Place(), OTTO: Place()}


@pytest.fixture
def missed() -> list[MemberId]:
    return []


@pytest.fixture
def mail(missed: list[MemberId]) -> Mail:
    return Mail(missed.append)


def changes(*words: str) -> list[Update]:
    browser = Browser()
    return [Update(browser.type(word)) for word in words]


def test_everybody_else_hears_a_change_and_its_author_that_it_is_saved(mail, seats):
    [change] = changes("Maas")
    mail.broadcast(change, ANA)
    mail.send(ANA, SyncStatus(saved=True))
    mail.deliver(seats)
    assert seats[ANA].heard == [SyncStatus(saved=True)]
    assert seats[BO].heard == seats[OTTO].heard == [change]


def test_the_same_bytes_are_written_to_all_who_hear_the_same(mail, seats):
    [change] = changes("Maas")
    seats[OTTO].spelling = "i/picture@1"
    mail.broadcast(change, None)
    mail.deliver(seats)
    assert seats[ANA].writes[0] is seats[BO].writes[0]
    assert seats[OTTO].heard == [change]


def test_changes_of_one_moment_become_one_and_each_is_acknowledged(mail, seats):
    for change, author in zip(changes("a", "b", "c"), (ANA, BO, ANA), strict=True):
        mail.broadcast(change, author)
        mail.send(author, SyncStatus(saved=True))
    mail.deliver(seats)
    for member, acks in ((ANA, 2), (BO, 1), (OTTO, 0)):
        first, *others = seats[member].heard
        assert isinstance(first, Update)
        doc: Doc = Doc()
        doc.apply_update(first.update)
        assert str(doc.get("t", type=Text)) == "abc"
        assert others == [SyncStatus(saved=True)] * acks
        assert len(seats[member].writes) == 1


def test_what_is_said_to_one_keeps_its_place_among_what_is_said_to_all(mail, seats):
    [change] = changes("Maas")
    mail.send(ANA, SyncStep2(b"\x00\x00"))
    mail.broadcast(change, BO)
    mail.send(ANA, Stateless("{}"))
    mail.deliver(seats)
    assert seats[ANA].heard == [SyncStep2(b"\x00\x00"), change, Stateless("{}")]


def test_who_is_behind_is_left_out_of_changes_and_presence_and_noted(mail, seats, missed):
    [change] = changes("Maas")
    seats[BO].behind = True
    mail.broadcast(change, ANA)
    mail.broadcast(Awareness(b"\x00"), None)
    mail.broadcast(Stateless('{"kind":"marks"}'), None)
    mail.send(BO, SyncStatus(saved=True))
    mail.deliver(seats)
    assert missed == [BO]
    assert seats[BO].heard == [Stateless('{"kind":"marks"}'), SyncStatus(saved=True)]


def test_who_left_meanwhile_is_passed_over(mail, seats):
    del seats[ANA]
    mail.send(ANA, SyncStatus(saved=True))
    mail.deliver(seats)
    assert seats[BO].writes == []


def test_a_dialect_without_words_for_it_is_written_nothing(mail, seats):
    seats[BO].dialect = Plain("i/picture")
    mail.send(BO, SyncStatus(saved=True))
    mail.broadcast(Stateless("{}"), None)
    mail.deliver(seats)
    assert seats[BO].writes == []
    assert seats[ANA].heard == [Stateless("{}")]


def test_R3_changes_that_become_one_stand_behind_what_was_said_between_them(mail, seats):
    first, second = changes("De Maas", " stijgt")
    answer = SyncStep2(first.update)
    mail.broadcast(first, ANA)
    mail.send(OTTO, answer)
    mail.broadcast(second, ANA)
    mail.deliver(seats)
    # the second builds on the first, which Otto learns from the answer only
    assert [type(one) for one in seats[OTTO].heard] == [SyncStep2, Update]
