"""The form of a new incident: as typed, so that it can be shown again, and as meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import FormData

from models.incidents import IncidentTheme, NewIncident
from models.vocabulary import HIGHEST_GRIP, OrganisationCode, Phase, Role, Theme, Tlp
from server.forms import text_of, texts_of
from server.i18n import Gettext, msg

Part = tuple[OrganisationCode, Role, int | None]

LONGEST_TITLE: Final = 120
RHYTHMS: Final = range(5, 7 * 24 * 60 + 1)
"""Minutes between two pictures: from a flash crisis to once a week."""

_TITLE: Final = msg("Give the incident a name of at most 120 characters.")
_CHOICE: Final = msg("Choose one of the values in the list.")
_EXERCISE: Final = msg("Choose whether it is real or an exercise.")
_RHYTHM: Final = msg("Give a number of minutes from 5 to 10080.")
_THEMES: Final = msg("Choose at least one theme.")
_ORGANISATIONS: Final = msg("One of the organisations is unknown.")


@dataclass(frozen=True, slots=True)
class IncidentForm:
    """What somebody typed. `parties` are organisation codes; how each takes part is in `roles`,
    with its GRIP level in `grips`, both by code."""

    title: str
    phase: str
    exercise: str
    tlp: str
    rhythm: str
    themes: tuple[str, ...]
    parties: tuple[str, ...]
    roles: Mapping[str, str]
    grips: Mapping[str, str]

    def check(
        self, known: Iterable[str], translate: Gettext
    ) -> tuple[NewIncident | None, list[Part], dict[str, str]]:
        """The incident that is meant and who takes part, or what is wrong with each field."""
        errors: dict[str, str] = {}
        if not self.title or len(self.title) > LONGEST_TITLE or not self.title.isprintable():
            errors["title"] = translate(_TITLE)
        if self.exercise not in _REAL_OR_EXERCISE:
            errors["exercise"] = translate(_EXERCISE)
        for field, value, words in (("phase", self.phase, Phase), ("tlp", self.tlp, Tlp)):
            if value not in list(words):
                errors[field] = translate(_CHOICE)
        if not self.rhythm.isascii() or not self.rhythm.isdigit() or not _is_rhythm(self.rhythm):
            errors["rhythm"] = translate(_RHYTHM)
        if not self.themes or not set(self.themes) <= set(Theme):
            errors["themes"] = translate(_THEMES)
        parts = self._parts(frozenset(known))
        if parts is None:
            errors["organisations"] = translate(_ORGANISATIONS)
        return (None if errors else self._meant()), parts or [], errors

    def _meant(self) -> NewIncident:
        return NewIncident(
            title=self.title,
            phase=Phase(self.phase),
            exercise=_REAL_OR_EXERCISE[self.exercise],
            tlp=Tlp(self.tlp),
            themes=tuple(IncidentTheme(Theme(theme)) for theme in dict.fromkeys(self.themes)),
            rhythm=int(self.rhythm),
        )

    def _parts(self, known: frozenset[str]) -> list[Part] | None:
        parts: list[Part] = []
        for code in dict.fromkeys(self.parties):
            role, grip = self.roles.get(code, Role.EDITOR), self.grips.get(code, "")
            if code not in known or role not in list(Role) or grip not in _GRIPS:
                return None
            parts.append((OrganisationCode(code), Role(role), int(grip) if grip else None))
        return parts


_REAL_OR_EXERCISE: Final[Mapping[str, bool]] = {"no": False, "yes": True}
_GRIPS: Final = frozenset({"", *map(str, range(HIGHEST_GRIP + 1))})


def _is_rhythm(digits: str) -> bool:
    return len(digits) < 8 and int(digits) in RHYTHMS


def blank() -> IncidentForm:
    """What a new form shows. Whether it is real is for a person to say: a real incident is never
    opened by pressing Enter."""
    return IncidentForm(
        title="",
        phase=Phase.WARM,
        exercise="",
        tlp=Tlp.AMBER,
        rhythm="30",
        themes=tuple(Theme),
        parties=(),
        roles={},
        grips={},
    )


def read_form(form: FormData) -> IncidentForm:
    """What was submitted: `organisations` many times, `role-<code>` and `grip-<code>` with each."""
    parties = texts_of(form, "organisations")
    return IncidentForm(
        title=" ".join(text_of(form, "title", 1000).split()),
        phase=text_of(form, "phase", 32),
        exercise=text_of(form, "exercise", 8),
        tlp=text_of(form, "tlp", 16),
        rhythm=text_of(form, "rhythm", 16),
        themes=texts_of(form, "themes"),
        parties=parties,
        roles=_each(form, "role", parties),
        grips=_each(form, "grip", parties),
    )


def _each(form: FormData, name: str, codes: tuple[str, ...]) -> dict[str, Any]:
    values = {code: text_of(form, f"{name}-{code}", 16) for code in codes}
    return {code: value for code, value in values.items() if value}
