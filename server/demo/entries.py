"""What somebody does in the demo: one class per deed, each with its moment, person and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.vocabulary import ActionState, OrganisationCode, Phase, Priority, Theme

EXERCISE: Final = "oefening"
"""The source of whatever was invented to make the room work."""


@dataclass(frozen=True, slots=True)
class Source:
    """A public text. `press` means that a news medium repeats what `says` told it."""

    id: str
    label: str
    publisher: str
    title: str
    date: str
    """ISO, as far as it is known: a day, a month or a year."""
    url: str
    kind: str
    says: str = ""

    @property
    def line(self) -> str:
        """The source in one line, for the fields that hold plain text."""
        return f"{self.publisher}: {self.title} ({self.date}), {self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that `who` (a user name) does at a moment of the exercise's clock."""

    id: str
    at: datetime
    who: str
    sources: tuple[Source, ...]
    exercise: bool
    """Whether it holds something invented; without sources it always does."""

    @property
    def source(self) -> str:
        """All sources in one text field."""
        lines = [one.line for one in self.sources]
        return "; ".join([*lines, EXERCISE] if self.exercise else lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Entry):
    """A paragraph of the picture, below the heading `under`; it may take older ones' place."""

    theme: Theme
    under: str
    text: str
    replaces: tuple[str, ...] = ()
    item: bool = False
    """A bullet instead of a paragraph."""

    @property
    def labels(self) -> tuple[tuple[str, str | None], ...]:
        """What follows the text, each with its address: `[KNMI]`."""
        real = tuple((f"[{one.label}]", one.url) for one in self.sources)
        return (*real, (f"[{EXERCISE}]", None)) if self.exercise else real

    @property
    def full_text(self) -> str:
        """The paragraph as it reads when it is complete."""
        return " ".join((self.text, *(label for label, _ in self.labels)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FactEntry(Entry):
    """A key fact; the same `fact` again gives it another value."""

    fact: str
    theme: Theme
    label: str
    value: str
    unit: str
    org: OrganisationCode


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEntry(Entry):
    """A draft of a decision."""

    number: int
    title: str
    text: str
    grounds: str
    team: str
    org: OrganisationCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEntry(Entry):
    """An action; `due_in` minutes after it was written, `decision` is an entry's id."""

    what: str
    org: OrganisationCode
    team: str
    priority: Priority
    due_in: int | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEntry(Entry):
    """An action moves on."""

    action: str
    state: ActionState


@dataclass(frozen=True, slots=True, kw_only=True)
class GripEntry(Entry):
    """An organisation scales up or down."""

    org: OrganisationCode
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEntry(Entry):
    """The incident moves to another phase."""

    phase: Phase


Written = Line | FactEntry | DecisionEntry | ActionEntry | StateEntry
"""Deeds that change a shared document."""
Managed = GripEntry | PhaseEntry
"""Deeds that change the incident itself; a coordinator asks the server for them."""
Deed = Written | Managed
