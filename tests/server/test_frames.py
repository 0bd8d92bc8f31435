"""The short way in for whole binary messages, beside the complete parser."""

from __future__ import annotations

import random

import pytest
from websockets.frames import Frame, Opcode

from server.frames import FrameCutter, Unusual, framed

LARGEST = 1 << 20


def masked(message: bytes, opcode: Opcode = Opcode.BINARY, fin: bool = True) -> bytes:
    return Frame(opcode, message, fin).serialize(mask=True)


def cut(*reads: bytes, largest: int = LARGEST) -> list[bytes]:
    cutter = FrameCutter(largest)
    return [found for read in reads for found in cutter.take(read)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_what_the_rfc_says(size: int):
    message = bytes(size)
    assert framed(message) == Frame(Opcode.BINARY, message).serialize(mask=False)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_whole_binary_message_is_cut_out(size: int):
    message = random.Random(size).randbytes(size)
    [found] = cut(masked(message))
    assert found == message
    assert not isinstance(found, Unusual)


def test_messages_come_out_whole_however_the_reads_fall():
    rng = random.Random(7)
    messages = [rng.randbytes(rng.choice((0, 3, 130, 70_000))) for _ in range(60)]
    stream = b"".join(map(masked, messages))
    cutter, found, at = FrameCutter(LARGEST), [], 0
    while at < len(stream):
        end = at + rng.choice((1, 2, 3, 7, 100, 5000))
        found += cutter.take(stream[at:end])
        at = end
    assert found == messages


def test_a_long_message_a_byte_at_a_time_costs_no_more_than_its_size():
    cutter, frame = FrameCutter(LARGEST), masked(bytes(300_000))
    found = [one for byte in frame for one in cutter.take(bytes((byte,)))]
    assert found == [bytes(300_000)]


def test_control_frames_go_whole_to_the_complete_parser_in_their_place():
    ping = masked(b"1234", Opcode.PING)
    found = cut(masked(b"a") + ping[:3], ping[3:] + masked(b"b"))
    assert found == [b"a", ping, b"b"]
    assert [isinstance(one, Unusual) for one in found] == [False, True, False]


def test_a_message_in_pieces_goes_whole_to_the_complete_parser():
    pieces = [
        masked(b"a", fin=False),
        masked(b"b", Opcode.CONT, fin=False),
        masked(b"", Opcode.PING),
        masked(b"c", Opcode.CONT),
    ]
    found = cut(b"".join(pieces) + masked(b"next"))
    assert found == [*pieces, b"next"]
    assert not isinstance(found[-1], Unusual)


def test_a_whole_message_within_one_in_pieces_is_the_complete_parsers_to_refuse():
    found = cut(masked(b"a", fin=False) + masked(b"b"))
    assert all(isinstance(one, Unusual) for one in found)


@pytest.mark.parametrize(
    "frame",
    [
        masked(bytes(LARGEST + 1)),
        Frame(Opcode.BINARY, b"not masked").serialize(mask=False),
        b"\x82\xff" + b"\xff" * 8,
    ],
)
def test_what_can_never_be_taken_goes_on_at_once_with_all_behind_it(frame: bytes):
    found = cut(frame[:10], frame[10:100], frame[100:])
    assert b"".join(found) == frame
    assert all(isinstance(one, Unusual) for one in found)
    assert found[0] == frame[:10]
