"""Words in the language of who reads: Dutch from the catalogue, English as written in the code."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import HTTPConnection

LANGUAGES: Final = ("nl", "en")
COOKIE: Final = "samenbeeld-language"

Gettext = Callable[[str], str]


def msg(message: str) -> str:
    """Marks a sentence for the catalogue where it is declared; it is translated where it is
    shown."""
    return message


class Words:
    """The catalogues, read once."""

    def __init__(self, folder: Path, default: str) -> None:
        """Raises FileNotFoundError without the Dutch catalogue: it is the default language."""
        self.default = default
        self._languages: Mapping[str, gettext.NullTranslations] = {
            "en": gettext.NullTranslations(),
            "nl": _read(folder / "nl.po"),
        }

    def translations(self, language: str) -> gettext.NullTranslations:
        """Everything about one language."""
        return self._languages[language]

    def gettext(self, language: str) -> Gettext:
        """The function that turns an English sentence into this language."""
        return self._languages[language].gettext

    def language_of(self, connection: HTTPConnection) -> str:
        """The language somebody chose, else the first their browser asks for, else the default."""
        chosen = connection.cookies.get(COOKIE)
        if chosen in LANGUAGES:
            return chosen
        wanted = _preferences(connection.headers.get("accept-language", ""))
        return negotiate_locale(wanted, LANGUAGES, sep="-") or self.default


def _read(path: Path) -> gettext.NullTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale="nl")
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def _preferences(header: str) -> list[str]:
    """`nl-NL,nl;q=0.9,en;q=0.8` as languages, the dearest first; what is malformed is left out."""
    found: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = _quality(parameter)
        if tag and quality > 0:
            found.append((-quality, tag))
    return [tag for _, tag in sorted(found, key=lambda each: each[0])]


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
