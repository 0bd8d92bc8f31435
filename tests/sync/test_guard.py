"""Reading the structure of updates: everything honest passes, nothing hostile costs anything."""

import random
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from sync import guard, lib0
from sync.errors import Malformed
from tests.attacks import recipes
from tests.builders import Browser


def test_a_keystroke_writes_one_clock_and_needs_the_one_before():
    browser = Browser(client_id=9)
    browser.type("ab")
    structure = guard.parse_update(browser.type("c"))
    assert structure.runs == [guard.Run(9, 2, 3)]
    assert structure.links == []
    assert structure.after({9: 2}) == {9: 3}
    assert structure.after({9: 1}) is None
    assert structure.writes({9: 2}) == {9: 2}


def test_text_is_counted_as_javascript_does():
    structure = guard.parse_update(Browser(client_id=9).type("é🚒x"))
    assert structure.runs == [guard.Run(9, 0, 4)]


def test_a_deletion_names_what_it_deletes():
    browser = Browser(client_id=9)
    browser.type("abcdef")
    structure = guard.parse_update(browser.erase(1, 3))
    assert structure.deletes == [guard.Run(9, 1, 3)]
    assert structure.after({9: 6}) == {}
    assert structure.after({9: 2}) is None


def _edit(doc, rng):
    text, numbers, table = doc.get("t", type=Text), doc.get("a", type=Array), doc.get("m", type=Map)
    page = doc.get("x", type=XmlFragment)
    match rng.randrange(9):
        case 0 | 1:
            text += rng.choice(["De Maas", " stijgt 🚒", "é", "\n"])
        case 2 if len(text):
            del text[0 : len(str(text)[0].encode())]
        case 3:
            values = [1, 2.5, None, True, "x", b"\x01", [1, [2]], {"a": {"b": 1}}]
            numbers.append(rng.choice(values))
        case 4 if len(numbers):
            del numbers[rng.randrange(len(numbers))]
        case 5:
            table[rng.choice("abc")] = rng.choice([1, "twee", Map({"diep": Text("t")})])
        case 6:
            page.children.append(XmlElement("paragraph", {"level": 2}, [XmlText("water")]))
        case 7 if len(page.children):
            run = page.children[0].children[0]
            run.insert(0, "vet", {"strong": {}, "link": {"href": "https://x"}})
        case 8 if len(page.children) > 1:
            del page.children[len(page.children) - 1]
        case _:
            text += "."


@pytest.mark.parametrize("seed", range(30))
def test_everything_an_honest_document_emits_is_read_and_fits(seed):
    rng = random.Random(seed)
    docs = [Doc(client_id=100 + n) for n in range(3)]
    clocks: dict[int, int] = {}
    changes: list[bytes] = []
    subscriptions = [doc.observe(lambda event: changes.append(event.update)) for doc in docs]
    server = Doc()
    for _ in range(60):
        doc = rng.choice(docs)
        doc.apply_update(server.get_update(doc.get_state()))
        changes.clear()
        _edit(doc, rng)
        for change in changes:
            after = guard.parse_update(change).after(clocks)
            assert after is not None
            server.apply_update(change)
            clocks.update(after)
            assert clocks == guard.parse_state_vector(server.get_state())
    whole = guard.parse_update(server.get_update())
    assert whole.after({}) == clocks
    assert whole.writes(clocks) == {}
    del subscriptions


def test_a_struct_that_builds_on_itself_is_refused():
    # what pycrdt emits for an edit inside a paragraph that was deleted
    with pytest.raises(Malformed):
        guard.parse_update(bytes.fromhex("0101050a0400050a015a00"))


def test_structs_that_wait_for_each_other_in_a_circle_are_a_gap():
    def waits_for(client: int, other: int) -> bytes:
        origin = lib0.number(other) + b"\x00"
        return b"\x01" + lib0.number(client) + b"\x00" + b"\x84" + origin + b"\x01x"

    circle = b"\x02" + waits_for(1, 2) + waits_for(2, 1) + b"\x00"
    assert guard.parse_update(circle).after({}) is None


def test_structs_of_two_ids_that_build_on_each_other_in_turn_fit():
    one, two = Browser(client_id=1), Browser(client_id=2)
    for number in range(6):
        writer, reader = (one, two) if number % 2 else (two, one)
        reader.take(writer.type(str(number)))
    structure = guard.parse_update(one.doc.get_update())
    assert structure.after({}) == {1: 3, 2: 3}


def _any_nested(depth: int) -> bytes:
    value = b"\x75\x01" * depth + b"\x7e"
    return b"\x01\x01\x05\x00\x08\x01\x01t" + b"\x01" + value + b"\x00"


def test_values_nested_deeper_than_32_are_refused_without_using_the_stack():
    guard.parse_update(_any_nested(31))
    for depth in (33, 400, 14_000, 100_000):
        with pytest.raises(Malformed):
            guard.parse_update(_any_nested(depth))


@pytest.mark.parametrize(
    "update",
    [
        lib0.number(2**40) + b"\x00",
        b"\x01" + lib0.number(2**30) + b"\x05\x00",
        b"\x01\x01\x05\x00\x04\x01\x01t" + lib0.number(2**50),
        b"\x01\x01\x05\x00\x1f\x01\x01t",
        b"\x01\x01\x05\x00\x07\x01\x01t\x09\x00",
        b"\x01\x01\x05" + lib0.number(2**60),
        b"\x00\x01\x05" + lib0.number(2**40),
        b"\x01\x01\x05\x00\x04\x01\x01t\x00\x00",
        b"\xff" * 1_000_000,
        b"\x00" * (guard.LARGEST_UPDATE + 1),
    ],
)
def test_lies_about_sizes_are_refused_at_once(update):
    began = time.perf_counter()
    with pytest.raises(Malformed):
        guard.parse_update(update)
    assert time.perf_counter() - began < 0.1


@settings(max_examples=300)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_structure_or_malformed(update):
    with suppress(Malformed):
        guard.parse_update(update)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_state_vector_or_malformed(data):
    with suppress(Malformed):
        guard.parse_state_vector(data)


@pytest.mark.parametrize("value", [b"{", b"NaN", b"nul", b'{"a":}', b"[" * 200_000, b"\xff"])
@pytest.mark.parametrize("head", [b"\x05\x01\x01t", b"\x06\x01\x01t\x04bold"])
def test_what_should_be_json_is_json(head, value):
    with pytest.raises(Malformed):
        guard.parse_update(b"\x01\x01\x05\x00" + head + lib0.block(value) + b"\x00")
    guard.parse_update(b"\x01\x01\x05\x00" + head + lib0.block(b'{"a":[1,"\xc3\xa9"]}') + b"\x00")


def test_R8_one_client_has_one_block_in_an_update():
    """Two that overlap made a document whose own full state could not be loaded, or no end."""
    one = recipes.an_update(5, 0, b"\x04\x01\x01t\x01a")[1:-1]
    for other in (one, recipes.an_update(5, 1, b"\x84\x05\x00\x01b")[1:-1]):
        with pytest.raises(Malformed):
            guard.parse_update(b"\x02" + one + other + b"\x00")
