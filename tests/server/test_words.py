"""The language of a page, and moments in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import HTTPConnection

from server import problems, terms
from server.i18n import Words
from server.settings import WEB
from server.templating import initials

WORDS = Words(WEB / "locale", "nl")


def asking(cookie: str = "", accept: str = "") -> HTTPConnection:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return HTTPConnection({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("", "", "nl"),
        ("", "en", "en"),
        ("", "en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("", "nl;q=0.5,en;q=0.9", "en"),
        ("", "fr-FR,fr;q=0.9", "nl"),
        ("", "fr,en;q=0.1", "en"),
        ("", "en;q=0,nl;q=0.1", "nl"),
        ("", ";;;q=,,en;q=x", "nl"),
        ("samenbeeld-language=nl", "en", "nl"),
        ("samenbeeld-language=en", "nl", "en"),
        ("samenbeeld-language=xx", "en", "en"),
    ],
)
def test_the_chosen_language_goes_before_the_browsers(cookie: str, accept: str, language: str):
    assert WORDS.language_of(asking(cookie, accept)) == language


def test_english_can_be_the_default():
    assert Words(WEB / "locale", "en").language_of(asking()) == "en"


def test_without_the_dutch_catalogue_nothing_starts(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Words(tmp_path, "nl")


def every_message() -> set[str]:
    sentences = set(terms.THEMES.values())
    for meaning in problems.CATALOGUE.values():
        sentences |= {meaning.title, meaning.what_happened}
        sentences |= {meaning.what_is_kept, meaning.what_to_do}
    return sentences


def test_every_problem_and_term_has_its_dutch():
    catalogue = WORDS.translations("nl")._catalog  # type: ignore[attr-defined]
    assert {sentence for sentence in every_message() if not catalogue.get(sentence)} == set()


def test_every_problem_says_what_happened_what_is_kept_and_what_to_do():
    assert set(problems.CATALOGUE) == set(problems.Kind)
    for meaning in problems.CATALOGUE.values():
        for sentence in (meaning.what_happened, meaning.what_is_kept, meaning.what_to_do):
            assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("S. Hendrickx", "SH"), ("Aydin", "A"), ("J. van Aalst", "JA"), ("", "?"), (". .", "?")],
)
def test_initials(name: str, letters: str):
    assert initials(name) == letters
