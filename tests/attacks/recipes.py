"""What hostile clients send: recipes that stopped or blocked servers like this one, as bytes."""

from __future__ import annotations

from sync import lib0
from sync.lib0 import number

MAP: bytes = b"\x01\x01m"
"""The parent of an item: the root `m`."""


def an_update(client: int, clock: int, *structs: bytes, deletions: bytes = b"\x00") -> bytes:
    """An update of one client's structs."""
    head = b"\x01" + number(len(structs)) + number(client) + number(clock)
    return head + b"".join(structs) + deletions


def nested_any(depth: int) -> bytes:
    """A value in a value in a value: recursion in pycrdt, 800 bytes of which end a small stack."""
    return an_update(5, 0, b"\x08" + MAP + b"\x01" + b"\x75\x01" * depth + b"\x7e")


def squat(client: int, clock: int, length: int) -> bytes:
    """A collected run that uses up the clocks of somebody's client id."""
    return an_update(client, clock, b"\x00" + number(length))


def forged(client: int, clock: int, text: str) -> bytes:
    """Text under somebody's client id, beside what they wrote last."""
    beside = number(client) + number(clock - 1)
    return an_update(client, clock, b"\x84" + beside + lib0.text(text))


def one_key_begun(times: int, client: int = 5, clock: int = 0) -> bytes:
    """One key of a map, each time as if nobody had set it: each walks past all before it."""
    return an_update(client, clock, *[b"\x28" + MAP + b"\x01k\x01\x7d\x01"] * times)


def one_key_begun_by_many(clients: int) -> bytes:
    """The same, each under a client id of its own."""
    one = b"\x00\x28" + MAP + b"\x01k\x01\x7d\x01"
    blocks = (b"\x01" + number(1000 + client) + one for client in reversed(range(clients)))
    return number(clients) + b"".join(blocks) + b"\x00"


def types_in_types(depth: int, client: int = 5, above: int = 0) -> bytes:
    """Arrays, each in the one before; the first at the root, or in the last of `above` others."""
    first = b"\x07\x01\x01a\x00" if above == 0 else b"\x07\x00" + _id(client, above - 1) + b"\x00"
    rest = (b"\x07\x00" + _id(client, above + n) + b"\x00" for n in range(depth - 1))
    return an_update(client, above, first, *rest)


def types_beside_values(levels: int, client: int = 5) -> bytes:
    """The same, hidden: each array stands beside a value beside a value in the one before."""
    structs = [b"\x07\x01\x01a\x00"]
    for level in range(levels):
        at = 3 * level
        structs.append(b"\x08\x00" + _id(client, at) + b"\x01\x7e")
        structs.append(b"\x88" + _id(client, at + 1) + b"\x01\x7e")
        structs.append(b"\x87" + _id(client, at + 2) + b"\x00")
    return an_update(client, 0, *structs)


def chained(clients: int) -> bytes:
    """Structs of many ids, each waiting for the next block of the update."""
    blocks = [
        b"\x01" + number(client) + b"\x00\x84" + _id(client - 1, 0) + b"\x01x"
        for client in range(clients + 1000, 1001, -1)
    ]
    first = b"\x01" + number(1001) + b"\x00\x04" + MAP + b"\x01x"
    return number(clients) + b"".join(blocks) + first + b"\x00"


def _id(client: int, clock: int) -> bytes:
    return number(client) + number(clock)


def far_apart(count: int, client: int = 5) -> tuple[bytes, bytes]:
    """Text, and then as much again of which every letter names neighbours that are far apart."""
    first = [b"\x04\x01\x01t\x01a", b"\x84" + _id(client, 0) + b"\x01z"]
    base = [b"\xc4" + _id(client, 0) + _id(client, n) + b"\x01a" for n in range(1, count - 1)]
    walk = [b"\x44" + _id(client, n) + b"\x01b" for n in range(1, count - 1)]
    return an_update(client, 0, *first, *base), an_update(client, count, *walk)


def every_second_letter(letters: int, client: int = 5) -> tuple[bytes, bytes]:
    """A text in one piece, and a change that cuts it into as many as it has letters."""
    whole = an_update(client, 0, b"\x04\x01\x01t" + lib0.text("x" * letters))
    ranges = b"".join(number(2 * n) + b"\x01" for n in range(letters // 2))
    return whole, b"\x00\x01" + number(client) + number(letters // 2) + ranges


def halves(client: int, first: int, own: int = 666) -> dict[str, bytes]:
    """What names an id between the two halves of a surrogate pair: that of `client` whose first
    half has the clock `first`."""
    before, after = _id(client, first), _id(client, first + 1)
    deletion = b"\x00\x01" + number(client) + b"\x01"
    return {
        "origin": an_update(own, 0, b"\x84" + before + lib0.text("x")),
        "right origin": an_update(own, 0, b"\x44" + after + lib0.text("x")),
        "both origins": an_update(own, 0, b"\xc4" + before + after + lib0.text("x")),
        "a type between": an_update(own, 0, b"\x87" + before + b"\x00"),
        "a deletion that begins": deletion + number(first + 1) + b"\x01",
        "a deletion that ends": deletion + number(first) + b"\x01",
    }


def sent_again_from_a_half(client: int, first: int, known: int) -> bytes:
    """Text of `client` up to `known` and more, sent again from the second half of a pair on."""
    again = "x" * (known - first - 1) + "en meer"
    return an_update(client, first + 1, b"\x84" + _id(client, first) + lib0.text(again))


def a_pair_over_what_is_known(client: int, known: int) -> bytes:
    """Other text than was sent before: a pair of it is half known."""
    return an_update(client, known - 1, b"\x84" + _id(client, known - 2) + lib0.text("🚒 en meer"))


def halved_at_once(client: int = 5) -> dict[str, bytes]:
    """The same in the very change that brings the pair."""
    brings = b"\x04\x01\x01t" + lib0.text("a🚒b")
    return {
        "origin": an_update(client, 0, brings, b"\x84" + _id(client, 1) + lib0.text("x")),
        "right origin": an_update(client, 0, brings, b"\x44" + _id(client, 2) + lib0.text("x")),
        "a deletion": an_update(
            client, 0, brings, deletions=b"\x01" + number(client) + b"\x01\x02\x01"
        ),
        "another id": (
            b"\x02\x01" + number(client + 1) + b"\x00\x84" + _id(client, 1) + lib0.text("x")
        )
        + an_update(client, 0, brings)[1:],
        "twice": b"\x02"
        + an_update(client, 0, b"\x04\x01\x01t" + lib0.text("ab"))[1:-1]
        + an_update(client, 0, brings)[1:],
    }
