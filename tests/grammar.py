"""Updates built from pieces: nearly right, so that they get past what random bytes do not.

Not built yet: an id between the two halves of a character of two UTF-16 units, in which pycrdt
0.14 makes a struct of no length that reads back as something else. The guard does not see that.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from sync import lib0
from sync.lib0 import number

CLIENTS: Final = (5, 7, 8, 666, 667)
_ROOTS: Final = ("t", "a", "m", "rows", "text:source", "")
_KEYS: Final = ("a", "b", "c", "title", "")


def an_update(rng: random.Random, clocks: dict[int, int]) -> bytes:
    """Structs of one or more clients on top of `clocks`, and deletions; most of it fits."""
    chosen = rng.sample(CLIENTS, rng.choice((0, 1, 1, 1, 2, 3)))
    blocks = b"".join(_block(rng, client, clocks) for client in chosen)
    return number(len(chosen)) + blocks + _deletions(rng, clocks)


def a_long_one(rng: random.Random, clocks: dict[int, int], client: int = 666) -> bytes:
    """Hundreds of structs of one client that all fit, and perhaps one that does not."""
    start = clocks.get(client, 0)
    count = rng.randrange(100, 1500)
    structs = [b"\x04\x01\x01t\x01a"]
    structs += [
        b"\x44" + number(client) + number(start + rng.randrange(n + 1)) + b"\x01x"
        for n in range(count)
    ]
    if rng.random() < 0.3:
        structs[rng.randrange(count)] = _struct(rng, client, start, clocks)
    head = b"\x01" + number(len(structs)) + number(client) + number(start)
    return head + b"".join(structs) + b"\x00"


def _block(rng: random.Random, client: int, clocks: dict[int, int]) -> bytes:
    start = max(0, clocks.get(client, 0) + rng.choice((0, 0, 0, 0, 0, -1, 1, -5)))
    count = rng.choice((1, 1, 2, 3, 8))
    structs = b"".join(_struct(rng, client, start + n, clocks) for n in range(count))
    return number(count) + number(client) + number(start) + structs


def _struct(rng: random.Random, client: int, clock: int, clocks: dict[int, int]) -> bytes:
    if rng.random() < 0.05:
        return bytes((rng.choice((0, 10)),)) + number(rng.choice((1, 2, 1 << 20, 0)))
    kind = rng.choice((1, 2, 3, 4, 4, 4, 5, 6, 7, 7, 8, 8, 9))
    flags, place = rng.choice((_at_root, _inside, _beside, _between))(rng, client, clock, clocks)
    return bytes((kind | flags,)) + place + _content(rng, kind)


Place = tuple[int, bytes]


def _at_root(rng: random.Random, *_: object) -> Place:
    root = b"\x01" + lib0.text(rng.choice(_ROOTS))
    return (0x20, root + lib0.text(rng.choice(_KEYS))) if rng.random() < 0.5 else (0, root)


def _inside(rng: random.Random, client: int, clock: int, clocks: dict[int, int]) -> Place:
    parent = b"\x00" + _an_id(rng, client, clock, clocks)
    return (0x20, parent + lib0.text(rng.choice(_KEYS))) if rng.random() < 0.5 else (0, parent)


def _beside(rng: random.Random, client: int, clock: int, clocks: dict[int, int]) -> Place:
    return rng.choice((0x80, 0x40)), _an_id(rng, client, clock, clocks)


def _between(rng: random.Random, client: int, clock: int, clocks: dict[int, int]) -> Place:
    return 0xC0, _an_id(rng, client, clock, clocks) + _an_id(rng, client, clock, clocks)


def _an_id(rng: random.Random, client: int, clock: int, clocks: dict[int, int]) -> bytes:
    if rng.random() < 0.5 and clock:
        return number(client) + number(clock - 1)
    of = rng.choice(list(clocks) or [client])
    below = clocks.get(of, 0) + (rng.random() < 0.05)
    return number(of) + number(rng.randrange(max(below, 1)))


def _content(rng: random.Random, kind: int) -> bytes:
    text: Callable[[], bytes] = lambda: lib0.text(rng.choice(("x", "é", "ab", "", "\0")))  # noqa: E731
    match kind:
        case 1:
            return number(rng.choice((1, 2, 7, 0)))
        case 2:
            return b"\x02" + lib0.text('"a"') + lib0.text("undefined")
        case 3:
            return lib0.block(b"\1\2\3")
        case 4:
            return text()
        case 5:
            return lib0.text(rng.choice(('{"image":"a"}', "[", "1")))
        case 6:
            return text() + lib0.text(rng.choice(("true", "null", "{}", "x")))
        case 7:
            shared = rng.randrange(8)
            return number(shared) + (text() if shared in (3, 5) else b"")
        case 8:
            return b"\x02" + _any(rng, 0) + _any(rng, 0)
        case _:
            return text() + _any(rng, 0)


def _any(rng: random.Random, depth: int) -> bytes:
    kind = rng.choice((127, 126, 125, 124, 123, 121, 119, 118, 117, 116, 122, 115))
    match kind:
        case 125:
            return b"\x7d" + number(rng.randrange(300))
        case 124:
            return b"\x7c" + bytes(4)
        case 123 | 122:
            return bytes((kind,)) + bytes(8)
        case 119:
            return b"\x77" + lib0.text("é")
        case 118 if depth < 40:
            return b"\x76\x01" + lib0.text("k") + _any(rng, depth + 1)
        case 117 if depth < 40:
            return b"\x75\x01" + _any(rng, depth + 1)
        case 116:
            return b"\x74" + lib0.block(b"\0")
        case 115:
            return b"\x73" if rng.random() < 0.1 else b"\x7e"
        case _:
            return b"\x78"


def _deletions(rng: random.Random, clocks: dict[int, int]) -> bytes:
    if rng.random() < 0.6 or not clocks:
        return b"\x00"
    client = rng.choice(list(clocks))
    count = rng.choice((1, 1, 2, 5))
    ranges = b"".join(
        number(rng.randrange(clocks[client] + 1)) + number(rng.choice((1, 1, 2, 0, 9)))
        for _ in range(count)
    )
    return b"\x01" + number(client) + number(count) + ranges
