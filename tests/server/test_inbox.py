"""What clients sent while the committer gathers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from server import inbox as module
from server.connection import Connection
from server.inbox import Inbox
from sync.effects import MemberId
from sync.errors import Refusal
from sync.messages import Received, RoomAddress, Token
from sync.plain import Plain
from tests.builders import a_change


@dataclass(eq=False)
class Socket:
    number: int
    handled: list[tuple[int, bytes]]
    on_frame: Callable[[bytes], None] = lambda _: None
    hung_up: list[Refusal] = field(default_factory=list)
    calls: int = 0

    def handle(self, frames: Sequence[bytes]) -> None:
        self.calls += 1
        for frame in frames:
            self.on_frame(frame)
            self.handled.append((self.number, frame))

    def hang_up(self, refusal: Refusal, /) -> None:
        self.hung_up.append(refusal)


class Case:
    def __init__(self) -> None:
        self.gathering = False
        self.woken = 0
        self.handled: list[tuple[int, bytes]] = []
        self.inbox = Inbox(lambda: self.gathering, self.wake)
        self.ana, self.bo = Socket(1, self.handled), Socket(2, self.handled)

    def wake(self) -> None:
        self.woken += 1


def test_on_a_quiet_server_frames_are_handled_at_once():
    case = Case()
    case.inbox.take(case.ana, [b"a"])
    assert case.handled == [(1, b"a")]
    assert not case.woken


def test_while_the_committer_gathers_they_wait_and_it_is_woken():
    case = Case()
    case.gathering = True
    case.inbox.take(case.ana, [b"a"])
    case.inbox.take(case.bo, [b"b", b"c"])
    assert not case.handled
    assert case.woken
    case.inbox.open()
    assert case.handled == [(1, b"a"), (2, b"b"), (2, b"c")]
    assert not case.inbox.holds_any


def test_nothing_overtakes_what_waits():
    case = Case()
    case.gathering = True
    case.inbox.take(case.ana, [b"a"])
    case.gathering = False
    case.inbox.take(case.ana, [b"b"])
    case.inbox.open()
    assert case.handled == [(1, b"a"), (1, b"b")]


def test_a_fault_with_one_clients_frames_closes_that_one_and_no_other(monkeypatch):
    case = Case()
    case.gathering = True
    case.ana.on_frame = lambda _: 1 / 0
    case.inbox.take(case.ana, [b"a"])
    case.inbox.take(case.bo, [b"b"])
    case.inbox.open_all()
    assert case.handled == [(2, b"b")]
    assert case.ana.hung_up == [Refusal.INTERNAL]
    assert not case.bo.hung_up


def test_many_that_wait_do_not_keep_others_from_their_turn(monkeypatch):
    case = Case()
    ticks = iter(range(1000))
    monkeypatch.setattr(module, "perf_counter", lambda: next(ticks) * module.LONGEST / 3)
    case.gathering = True
    sockets = [Socket(number, case.handled) for number in range(10)]
    for socket in sockets:
        case.inbox.take(socket, [b"a"])
    woken = case.woken
    case.inbox.open()
    assert 0 < len(case.handled) < 10
    assert case.woken == woken + 1
    case.inbox.open_all()
    assert [number for number, _ in case.handled] == list(range(10))


def test_what_one_socket_sent_meanwhile_is_handled_together_and_in_order():
    case = Case()
    case.gathering = True
    case.inbox.take(case.ana, [b"a", b"b"])
    case.inbox.take(case.bo, [b"x"])
    case.inbox.take(case.ana, [b"c"])
    case.inbox.open()
    assert case.handled == [(1, b"a"), (1, b"b"), (1, b"c"), (2, b"x")]
    assert case.ana.calls == 1


def test_who_sends_very_much_lets_others_have_their_turn():
    case = Case()
    case.gathering = True
    flood = [number.to_bytes(2, "big") for number in range(module.MOST_AT_ONCE + 10)]
    case.inbox.take(case.ana, flood)
    case.inbox.take(case.bo, [b"x"])
    case.inbox.open_all()
    assert case.handled.index((2, b"x")) == module.MOST_AT_ONCE
    assert [frame for number, frame in case.handled if number == 1] == flood


@dataclass
class Pipe:
    closed: bool = False

    def write(self, frames: bytes) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        self.closed = True

    def waiting(self) -> int:
        return 0

    def in_one_write(self) -> AbstractContextManager[None]:
        return nullcontext()


class Door:
    async def admit(self, connection: Connection, address: RoomAddress, token: str) -> None:
        raise AssertionError("nobody knocks")


@dataclass
class Desk:
    heard: list[Received] = field(default_factory=list)

    def receive(self, member: MemberId, message: Received, /) -> None:
        self.heard.append(message)

    def caught_up(self, member: MemberId, /) -> None:
        pass

    def leave(self, member: MemberId, /) -> None:
        pass


def test_R17_what_waited_is_not_heard_after_the_server_hung_up():
    case, desk, spelling = Case(), Desk(), "i/picture"
    case.gathering = True
    connection = Connection(Door(), None, Pipe(), Plain(spelling), case.inbox)
    connection.sessions.receive(spelling, Token(""), 0, 0.0)
    assert connection.seated(spelling, MemberId(1), desk)
    frame = Plain(spelling).encode(spelling, a_change())
    connection.receive([frame])
    case.inbox.open()
    assert len(desk.heard) == 1
    connection.receive([frame])
    connection.hang_up(Refusal.SESSION_ENDED)
    case.inbox.open()
    assert len(desk.heard) == 1
