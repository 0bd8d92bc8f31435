"""Writing a deed into a document: the shape, at once or by letter, half-way, and with others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pycrdt import Doc, Map, Text, XmlElement, XmlFragment

from server.demo import pen
from server.demo.entries import Line, Written
from server.demo.material import FLOOD, Story, read_story, story_of
from server.demo.sheet import Sheet, by_letter, row_id, whole
from sync.shapes import Node, read_actions, read_decisions, read_picture
from tests.server.test_demo_material import a_story, an_entry

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def told(*entries: dict[str, Any]) -> Story:
    return read_story(a_story(), [an_entry(**entry) for entry in entries])


def write(doc: Doc[Any], story: Story, *, letters: bool = False) -> None:
    for deed in story.timeline:
        for _ in pen.write(a_sheet(doc, story, letters=letters), deed):  # type: ignore[arg-type]
            pass


def a_sheet(doc: Doc[Any], story: Story, *, letters: bool = False) -> Sheet:
    return Sheet(doc, story, NOW, by_letter if letters else whole)


def summary(doc: Doc[Any]) -> list[tuple[str, str]]:
    (theme,) = read_picture(doc, ["summary"])
    return [(node.type, text_of(node)) for node in theme.content]


def text_of(node: Node) -> str:
    return node.text + "".join(text_of(child) for child in node.content)


def test_a_line_stands_under_its_heading_and_ends_in_its_sources() -> None:
    doc: Doc[Any] = Doc()
    write(doc, told({"text": "De Geul stijgt: 3.260 m³/s 🌊.", "source": ["vrln-verslag"]}))
    (theme,) = read_picture(doc, ["summary"])
    heading, paragraph = theme.content
    assert (heading.type, heading.level, text_of(heading)) == ("heading", 2, "Stand")
    assert [(run.text, run.href) for run in paragraph.content] == [
        ("De Geul stijgt: 3.260 m³/s 🌊. ", None),
        ("[VRLN]", "https://vrln.nl/nieuws/verantwoordingsverslag-aanpak-hoogwater"),
    ]


def test_by_letter_or_at_once_gives_the_same_text() -> None:
    slow, fast = Doc[Any](), Doc[Any]()
    story = told({"id": "a"}, {"id": "b", "text": "Préfecture 🌊"})
    write(slow, story, letters=True)
    write(fast, story)
    assert summary(slow) == summary(fast)


def test_lines_go_to_the_end_of_their_section() -> None:
    doc: Doc[Any] = Doc()
    write(
        doc,
        told(
            {"id": "a", "under": "Maas", "text": "Een."},
            {"id": "b", "under": "Geul", "text": "Twee."},
            {"id": "c", "under": "Maas", "text": "Drie."},
        ),
    )
    assert [text.removesuffix(" [oefening]") for _, text in summary(doc)] == [
        *("Maas", "Een.", "Drie."),
        *("Geul", "Twee."),
    ]


def test_a_line_takes_the_place_of_those_it_replaces() -> None:
    doc: Doc[Any] = Doc()
    write(
        doc,
        told(
            {"id": "a", "text": "Een."},
            {"id": "b", "text": "Twee."},
            {"id": "c", "text": "Drie."},
            {"id": "d", "text": "Nieuw.", "replaces": ["a", "c"]},
        ),
    )
    assert [text.removesuffix(" [oefening]") for _, text in summary(doc)] == [
        *("Stand", "Nieuw.", "Twee."),
    ]


def test_items_share_one_list() -> None:
    doc: Doc[Any] = Doc()
    write(doc, told({"id": "a", "item": True}, {"id": "b", "item": True, "text": "Tweede."}))
    (theme,) = read_picture(doc, ["summary"])
    assert [node.type for node in theme.content] == ["heading", "bullet_list"]
    items = theme.content[1].content
    assert [(item.type, item.content[0].type) for item in items] == [("list_item", "paragraph")] * 2


def test_a_line_that_was_left_half_written_is_completed_where_it_stands() -> None:
    doc, story = Doc[Any](), told({"id": "a", "text": "De Maas stijgt snel."}, {"id": "b"})
    first, second = _lines(story)
    steps = pen.write(a_sheet(doc, story, letters=True), first)
    for _ in range(9):
        next(steps)
    steps.close()
    sheet = a_sheet(doc, story)
    assert pen.is_begun(sheet, first)
    assert not pen.is_written(sheet, first)
    for deed in (first, second):
        for _ in pen.write(sheet, deed):
            pass
    assert pen.is_written(sheet, first)
    assert not pen.is_begun(sheet, first)
    assert [text for _, text in summary(doc)] == [
        *("Stand", "De Maas stijgt snel. [oefening]", "Het regent. [oefening]"),
    ]


def _lines(story: Story) -> list[Line]:
    return [deed for deed in story.timeline if isinstance(deed, Line)]


def test_two_people_who_write_in_one_section_at_once_both_stay() -> None:
    story = told({"id": "a", "text": "Van de een."}, {"id": "b", "text": "Van de ander."})
    docs: list[Doc[Any]] = [Doc(client_id=1), Doc(client_id=2)]
    writing = [
        pen.write(a_sheet(doc, story, letters=True), deed)
        for doc, deed in zip(docs, _lines(story), strict=True)
    ]
    # the heading is there before both: otherwise each makes its own, as two people would
    next(writing[0])
    docs[1].apply_update(docs[0].get_update())
    left = list(writing)
    while left:
        left = [steps for steps in left if next(steps, None) is not None]
        for one, other in ((0, 1), (1, 0)):
            docs[one].apply_update(docs[other].get_update(docs[one].get_state()))
    assert summary(docs[0]) == summary(docs[1])
    texts = sorted(text for _, text in summary(docs[0]))
    assert texts == ["Stand", "Van de ander. [oefening]", "Van de een. [oefening]"]


def test_what_somebody_removed_while_it_was_written_stays_away() -> None:
    doc, story = Doc[Any](), told({"text": "Wordt gewist."})
    (line,) = _lines(story)
    steps = pen.write(a_sheet(doc, story, letters=True), line)
    for _ in range(6):
        next(steps)
    fragment = doc.get("text:summary", type=XmlFragment)
    del fragment.children[1]
    for _ in steps:
        pass
    assert summary(doc) == [("heading", "Stand")]


def test_headings_have_a_number_as_their_level() -> None:
    doc: Doc[Any] = Doc()
    write(doc, told({}))
    (heading, _) = doc.get("text:summary", type=XmlFragment).children
    assert isinstance(heading, XmlElement)
    assert isinstance(dict(heading.attributes)["level"], int | float)


# --- rows ----------------------------------------------------------------------------------------


def the_flood(kind: type[Any]) -> list[Any]:
    return [deed for deed in story_of(FLOOD).timeline if isinstance(deed, kind)]


def written(*deeds: Written) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    for deed in deeds:
        for _ in pen.write(Sheet(doc, story_of(FLOOD), NOW, by_letter), deed):
            pass
    return doc


def test_a_decision_is_a_draft_with_texts_that_people_can_go_on_in() -> None:
    deed = the_flood(pen.DecisionEntry)[0]
    doc = written(deed)
    (decision,) = read_decisions(doc)
    assert (decision.number, decision.title) == (1, deed.title)
    assert (decision.text, decision.team, decision.org) == (deed.text, "RBT", "24")
    assert decision.at == "2021-07-14T15:30+02:00"
    assert decision.source.startswith("Veiligheidsregio Zuid-Limburg: ")
    row = doc.get("rows", type=Map)[decision.id]
    assert all(isinstance(row[name], Text) for name in ("title", "text", "grounds"))


def test_an_action_is_due_from_the_moment_it_is_written_and_points_at_its_decision() -> None:
    decision, action = the_flood(pen.DecisionEntry)[0], the_flood(pen.ActionEntry)[2]
    (row,) = read_actions(written(action))
    assert row.due == "2026-11-23T16:00:00.000Z"
    assert row.decision == row_id(story_of(FLOOD).id, decision.id)
    assert row.state == "open"


def test_a_state_moves_an_action_on_and_a_fact_gets_its_next_value() -> None:
    action, state = the_flood(pen.ActionEntry)[0], the_flood(pen.StateEntry)[0]
    (row,) = read_actions(written(action, state))
    assert row.state == "done"
    peaks = [deed for deed in the_flood(pen.FactEntry) if deed.fact == "piek-verwacht"]
    (theme,) = read_picture(written(*peaks), ["source"])
    assert [(fact.label, fact.value) for fact in theme.facts] == [
        ("Maas, Sint Pieter, verwachte piek", "3.375")
    ]


def test_what_somebody_wrote_into_a_row_stands() -> None:
    deed = the_flood(pen.ActionEntry)[0]
    doc, story = Doc[Any](), story_of(FLOOD)
    steps = pen.write(Sheet(doc, story, NOW, by_letter), deed)
    for _ in range(5):
        next(steps)
    row = doc.get("rows", type=Map)[row_id(story.id, deed.id)]
    row["what"] = Text("Anders")
    for _ in pen.write(Sheet(doc, story, NOW), deed):
        pass
    assert [action.what for action in read_actions(doc)] == ["Anders"]


@pytest.mark.parametrize("kind", [pen.ActionEntry, pen.DecisionEntry, pen.FactEntry, Line])
def test_what_was_written_is_recognised(kind: type[Any]) -> None:
    deed, story = the_flood(kind)[0], story_of(FLOOD)
    assert not pen.is_written(Sheet(Doc(), story, NOW), deed)
    sheet = Sheet(written(deed), story, NOW)
    assert pen.is_written(sheet, deed)
    assert not pen.is_begun(sheet, deed)
