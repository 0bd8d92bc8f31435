"""Writing lines of the picture: paragraphs under headings, in the shape that ProseMirror reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pycrdt import XmlElement, XmlFragment, XmlText

from server.demo.entries import Line
from server.demo.sheet import Caret, Sheet, Step
from sync.shapes import theme_root

HEADING_LEVEL: Final = 2


def plain(element: XmlElement) -> str:
    """The text of a paragraph or heading without its marks."""
    return "".join(_letters(child) for child in element.children if isinstance(child, XmlText))


def _letters(text: XmlText) -> str:
    return "".join(run for run, _ in text.diff() if isinstance(run, str))


def write_line(sheet: Sheet, line: Line) -> Iterator[Step]:
    """Type a paragraph where it belongs, then its sources; what it replaces goes last."""
    fragment = _fragment(sheet, line)
    # a place with a field says that somebody writes there, one without that they read
    place = {"document": "picture", "theme": line.theme.value, "field": "text"}
    text = _half_written(fragment, line)
    if text is None:
        if _section_end(fragment, line.under) is None:
            _new_heading(sheet, fragment, line.under)
            yield Step(place)
        text = _new_paragraph(sheet, fragment, line)
        yield Step(place, Caret.IN_NEW_TEXT)
    for piece in sheet.cut(line.text.removeprefix(_letters(text))):
        if _is_wiped(text):
            return
        text += piece
        yield Step(place, Caret.BEHIND_LETTER)
    if _is_wiped(text):
        return
    with sheet.doc.transaction():
        for label, href in line.labels:
            text += " "
            text.insert(len(text), label, {"link": {"href": href}} if href else None)
        _strike(fragment, _replaced(sheet, line))
    yield Step(place)


def shows_line(sheet: Sheet, line: Line) -> bool:
    """Whether the paragraph stands there, complete."""
    return any(plain(one) == line.full_text for one in _paragraphs(_fragment(sheet, line)))


def begins_line(sheet: Sheet, line: Line) -> bool:
    """Whether a paragraph stands there that somebody left half-written."""
    return _half_written(_fragment(sheet, line), line) is not None


def _fragment(sheet: Sheet, line: Line) -> XmlFragment:
    fragment: XmlFragment = sheet.doc.get(theme_root(line.theme), type=XmlFragment)
    return fragment


def _new_heading(sheet: Sheet, fragment: XmlFragment, title: str) -> None:
    with sheet.doc.transaction():
        fragment.children.append(XmlElement("heading", None, [XmlText(title)]))
        blocks = list(fragment.children)
        assert isinstance(blocks[-1], XmlElement), "a heading was appended"
        # a number, as ProseMirror has it; the constructor's types know text only
        blocks[-1].attributes["level"] = HEADING_LEVEL


def _half_written(fragment: XmlFragment, line: Line) -> XmlText | None:
    """The text of a paragraph that an earlier run began, or None."""
    for paragraph in _paragraphs(fragment):
        begun = plain(paragraph)
        if len(begun) > 3 and line.text.startswith(begun):
            return _text_of(paragraph)
    return None


def _is_wiped(text: XmlText) -> bool:
    """Whether somebody removed the paragraph meanwhile. Nothing may be written into it then:
    what pycrdt makes of that is no update that anybody can read."""
    return text.parent is None


def _text_of(paragraph: XmlElement) -> XmlText | None:
    children = list(paragraph.children)
    only = children[0] if len(children) == 1 else None
    return only if isinstance(only, XmlText) else None


def _new_paragraph(sheet: Sheet, fragment: XmlFragment, line: Line) -> XmlText:
    """An empty paragraph where the line belongs: in place of what it replaces, else at the end
    of its section."""
    with sheet.doc.transaction():
        if line.item:
            item = _bullets(fragment, line.under).children.append(XmlElement("list_item"))
            return _empty_paragraph(item, None)
        index = _index_after(fragment, _replaced(sheet, line))
        if index is None:
            index = _section_end(fragment, line.under)
        return _empty_paragraph(fragment, index)


def _empty_paragraph(parent: XmlFragment | XmlElement, index: int | None) -> XmlText:
    where = len(list(parent.children)) if index is None else index
    paragraph = parent.children.insert(where, XmlElement("paragraph", None, [XmlText("")]))
    text = _text_of(paragraph)
    assert text is not None, "a new paragraph holds one text"
    return text


def _bullets(fragment: XmlFragment, under: str) -> XmlElement:
    """The list at the end of a section; made when the section does not end in one."""
    end = _section_end(fragment, under)
    blocks = list(fragment.children)
    last = blocks[(len(blocks) if end is None else end) - 1]
    if isinstance(last, XmlElement) and last.tag == "bullet_list":
        return last
    return fragment.children.insert(len(blocks) if end is None else end, XmlElement("bullet_list"))


def _section_end(fragment: XmlFragment, under: str) -> int | None:
    """Where a section's next block goes; None when there is no such heading."""
    inside = False
    for index, block in enumerate(fragment.children):
        if isinstance(block, XmlElement) and block.tag == "heading":
            if inside:
                return index
            inside = plain(block) == under
    return len(list(fragment.children)) if inside else None


def _paragraphs(parent: XmlFragment | XmlElement) -> Iterator[XmlElement]:
    for child in parent.children:
        if not isinstance(child, XmlElement):
            continue
        if child.tag == "paragraph":
            yield child
        elif child.tag in ("bullet_list", "ordered_list", "list_item"):
            yield from _paragraphs(child)


def _replaced(sheet: Sheet, line: Line) -> set[str]:
    """The texts that the line takes the place of."""
    lines = {deed.id: deed for deed in sheet.story.timeline if isinstance(deed, Line)}
    return {lines[id].full_text for id in line.replaces}


def _index_after(fragment: XmlFragment, texts: set[str]) -> int | None:
    for index, block in enumerate(fragment.children):
        if isinstance(block, XmlElement) and plain(block) in texts:
            return index + 1
    return None


def _strike(fragment: XmlFragment, texts: set[str]) -> None:
    """Remove the replaced paragraphs, from the end so that places stay what they are."""
    blocks = list(enumerate(fragment.children))
    for index, block in reversed(blocks):
        if isinstance(block, XmlElement) and block.tag == "paragraph" and plain(block) in texts:
            del fragment.children[index]
