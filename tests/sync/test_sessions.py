"""The door: what happens to a socket's frames before and after it is let in."""

from sync.effects import MemberId
from sync.errors import Refusal
from sync.messages import Close, SyncStep1, Token, Update
from sync.sessions import (
    GREETING_TIME,
    MOST_DOCUMENTS,
    MOST_WAITING_FRAMES,
    Deliver,
    Depart,
    HangUp,
    Knock,
    Sessions,
    TurnAway,
)

NAME = "limburg-2021/picture@1"


def test_R21_what_comes_before_somebody_is_let_in_is_delivered_after_in_order():
    door = Sessions()
    step = door.receive(NAME, Token("t"), 10, now=0)
    assert isinstance(step, Knock)
    assert (step.address.spelling, step.token) == (NAME, "t")
    assert door.receive(NAME, SyncStep1(b"\x00"), 10, now=0) is None
    assert door.receive(NAME, Update(b"x"), 10, now=0) is None
    delivered = door.admit(NAME, MemberId(1))
    assert delivered is not None
    assert [one.message for one in delivered] == [SyncStep1(b"\x00"), Update(b"x")]
    assert isinstance(door.receive(NAME, Update(b"y"), 10, now=0), Deliver)


def test_R21_who_left_and_asked_again_does_not_ask_with_the_first_knock_any_more():
    door = Sessions()
    first = door.receive(NAME, Token("t"), 10, now=0)
    assert isinstance(first, Knock)
    assert door.asks(first.address)
    door.receive(NAME, Close(), 10, now=0)
    assert not door.asks(first.address)
    again = door.receive(NAME, Token("t"), 10, now=0)
    assert isinstance(again, Knock)
    assert door.asks(again.address)
    assert not door.asks(first.address)
    door.admit(NAME, MemberId(1))
    assert not door.asks(again.address)


def test_R21_too_many_frames_or_bytes_before_the_door_opens_close_the_socket():
    door = Sessions()
    steps = [door.receive(NAME, Update(b"x"), 10, now=0) for _ in range(MOST_WAITING_FRAMES + 1)]
    assert steps[:-1] == [None] * MOST_WAITING_FRAMES
    assert steps[-1] == HangUp(Refusal.TOO_MANY)
    door = Sessions()
    assert door.receive(NAME, Update(b"x"), 600_000, now=0) == HangUp(Refusal.TOO_MANY)


def test_R21_who_never_shows_a_token_is_overdue_after_ten_seconds():
    door = Sessions()
    door.receive(NAME, SyncStep1(b"\x00"), 10, now=100)
    assert door.overdue(now=100 + GREETING_TIME) == []
    assert door.overdue(now=100.1 + GREETING_TIME) == [NAME]


def test_R21_a_program_with_a_token_may_have_long_step_1s_of_six_documents_waiting():
    ids = b"\xc4\x13" + b"\xff\xff\xff\xff\x0f\xff\x7f" * 2500
    door = Sessions()
    for number in range(6):
        name = f"i{number}/picture"
        assert isinstance(door.receive(name, Token("t"), 80, now=0), Knock)
        assert door.receive(name, SyncStep1(ids), len(ids) + 20, now=0) is None


def test_R21_who_is_known_may_have_a_long_step_1_waiting():
    assert Sessions(known=True).receive(NAME, Update(b"x"), 300_000, now=0) is None


def test_R21_what_still_comes_after_a_refusal_is_passed_over_until_a_new_token():
    door = Sessions()
    door.receive(NAME, Token("t"), 10, now=0)
    door.refuse(NAME)
    assert door.receive(NAME, SyncStep1(b"\x00"), 10, now=1) is None
    assert door.receive(NAME, Update(b"x"), 10, now=2) is None
    assert door.overdue(now=1000) == []
    assert isinstance(door.receive(NAME, Token("t"), 10, now=1001), Knock)


def test_R21_a_document_that_is_left_while_greeting_is_not_entered():
    door = Sessions()
    door.receive(NAME, Token("t"), 10, now=0)
    assert door.receive(NAME, Close(), 5, now=0) is None
    assert door.admit(NAME, MemberId(1)) is None


def test_a_document_that_is_left_ends_the_stay():
    door = Sessions()
    door.receive(NAME, Token("t"), 10, now=0)
    door.admit(NAME, MemberId(1))
    step = door.receive(NAME, Close(), 5, now=0)
    assert isinstance(step, Depart)
    assert step.session.member == 1
    assert door.live() == []


def test_R22_what_names_no_document_is_turned_away():
    step = Sessions().receive("x/unknown", Token("t"), 10, now=0)
    assert step == TurnAway("x/unknown", Refusal.UNKNOWN_DOCUMENT)


def test_a_socket_can_be_in_so_many_documents():
    door = Sessions()
    for number in range(MOST_DOCUMENTS):
        door.receive(f"i{number}/picture", Token("t"), 10, now=0)
    assert door.receive("one-more/picture", Token("t"), 10, now=0) == HangUp(Refusal.TOO_MANY)
