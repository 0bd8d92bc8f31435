"""Bytes to messages and back."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.documents import DocumentName
from sync import codec, lib0
from sync.errors import Malformed
from sync.messages import (
    Addressed,
    Authenticated,
    Awareness,
    Close,
    PermissionDenied,
    Ping,
    Pong,
    QueryAwareness,
    RoomAddress,
    Stateless,
    SyncStatus,
    SyncStep1,
    SyncStep2,
    Token,
    Update,
    parse_room_address,
)

NAME = "limburg-2021/picture@1"
BOTH = [
    SyncStep1(b"\x00"),
    SyncStep2(b"\x00\x00"),
    Update(b"abc" * 100),
    Awareness(b"\x00"),
    Stateless("Préfecture 🚒"),
    Close(),
]


@pytest.mark.parametrize("message", [*BOTH, Token("geheim é"), QueryAwareness()])
def test_what_a_client_sends_is_read_as_it_was_written(message):
    assert codec.decode_from_client(codec.encode(NAME, message)) == Addressed(NAME, message)


@pytest.mark.parametrize(
    "message",
    [*BOTH, Authenticated(True), Authenticated(False), PermissionDenied("x"), SyncStatus(True)],
)
def test_what_a_server_sends_is_read_as_it_was_written(message):
    assert codec.decode_from_server(codec.encode(NAME, message)) == Addressed(NAME, message)


def test_ping_and_pong_are_a_single_byte_without_a_name():
    assert codec.decode_from_client(codec.PONG) == Pong()
    assert codec.decode_from_server(codec.PING) == Ping()


def test_the_providers_version_behind_the_token_is_ignored():
    frame = codec.encode(NAME, Token("t")) + lib0.text("4.8.0")
    assert codec.decode_from_client(frame) == Addressed(NAME, Token("t"))


@pytest.mark.parametrize("message", [Authenticated(True), SyncStatus(True), PermissionDenied("x")])
def test_a_client_cannot_speak_as_the_server(message):
    with pytest.raises(Malformed):
        codec.decode_from_client(codec.encode(NAME, message))


@given(st.binary(max_size=200))
def test_R23_any_bytes_are_a_message_or_malformed(frame):
    for decode in (codec.decode_from_client, codec.decode_from_server):
        with suppress(Malformed):
            decode(frame)


def test_a_number_that_does_not_end_costs_nothing():
    with pytest.raises(Malformed):
        lib0.Reader(b"\xff" * 1_000_000).number()


@given(st.integers(0, 2**53 - 1))
def test_numbers_survive(value):
    assert lib0.Reader(lib0.number(value)).number() == value


@pytest.mark.parametrize(
    ("spelling", "document", "epoch"),
    [
        ("limburg-2021/picture@3", "picture", 3),
        ("limburg-2021/picture", "picture", None),
        ("limburg-2021/picture/24@1", "picture/24", 1),
        ("limburg-2021/actions@1\x00abc123", "actions", 1),
    ],
)
def test_R22_an_address_names_a_document_and_perhaps_an_epoch(spelling, document, epoch):
    name = DocumentName("limburg-2021", document)
    assert parse_room_address(spelling) == RoomAddress(spelling, name, epoch)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "limburg-2021",
        "limburg-2021/unknown",
        "Limburg/picture",
        "../picture",
        "limburg-2021/picture@",
        "limburg-2021/picture@one",
        "limburg-2021/picture@1234567890",
        "limburg-2021/picture/a/b",
        "limburg-2021/scratch/x",
        "limburg-2021/ledger/x",
    ],
)
def test_R22_what_names_nothing_is_no_address(spelling):
    assert parse_room_address(spelling) is None
