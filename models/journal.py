"""Rows of the update log, who they are attributed to, and their hash chain.

Each row's hash covers the row before it. Who changes, removes or re-orders a row of a
document's history breaks the chain from there on, and `verify` names the place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Final

from models.vocabulary import OrganisationCode, PersonId

BEFORE_THE_FIRST: Final = bytes(32)
"""What stands in place of a previous hash at the start of a chain."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who a change is attributed to: stamped by the server, never read from a frame."""

    person: PersonId
    name: str
    organisation: OrganisationCode


RESTORER: Final = Author(
    PersonId("samenbeeld:restore"), "Samenbeeld", OrganisationCode("samenbeeld")
)
"""Who writes the first row of an epoch that begins with a restored state: the program itself."""


@dataclass(frozen=True, slots=True)
class Mark:
    """From `clock` on, the client id `client` writes for `author`; `at` in ms since 1970 UTC.

    One is made when a client id first writes and again when its last mark is a minute old, so
    every item of a document can be dated to the minute and attributed.
    """

    client: int
    clock: int
    author: Author
    at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log: an update and who sent it; `at` in ms since 1970 UTC."""

    document: str
    epoch: int
    seq: int
    person: PersonId
    organisation: OrganisationCode
    at: int
    payload: bytes


def chained(previous: bytes, entry: Entry) -> bytes:
    """The hash of an entry behind the one that hashed to `previous`; raises as `hash_behind`."""
    return hash_behind(
        previous,
        entry.document,
        entry.epoch,
        entry.seq,
        entry.person,
        entry.organisation,
        entry.at,
        entry.payload,
    )


def hash_behind(
    previous: bytes,
    document: str,
    epoch: int,
    seq: int,
    person: str,
    organisation: str,
    at: int,
    payload: bytes,
) -> bytes:
    """SHA-256 over the previous hash and every field of the entry, each behind its length (eight
    bytes, the greatest first). Raises TypeError, AttributeError or struct.error for a value that
    no entry has."""
    covered = (
        previous,
        _text(document),
        _TWO_NUMBERS.pack(8, epoch, 8, seq),
        _text(person),
        _text(organisation),
        _NUMBER_AND_LENGTH.pack(8, at, len(payload)),
        payload,
    )
    return hashlib.sha256(b"".join(covered)).digest()


_TWO_NUMBERS: Final = Struct(">QQQQ")
_NUMBER_AND_LENGTH: Final = Struct(">QQQ")


@lru_cache(maxsize=4096)
def _text(field: str) -> bytes:
    encoded = field.encode()
    return len(encoded).to_bytes(8, "big") + encoded


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold: the first row whose number or hash is not what it must be."""

    document: str
    epoch: int
    seq: int


def first_break(rows: Iterable[tuple[Entry, bytes]]) -> Broken | None:
    """Walk the rows of one document and epoch in order of seq; None when the chain holds."""
    previous = BEFORE_THE_FIRST
    for expected, (entry, stored) in enumerate(rows, start=1):
        if entry.seq != expected or chained(previous, entry) != stored:
            return Broken(entry.document, entry.epoch, expected)
        previous = stored
    return None
