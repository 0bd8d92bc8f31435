"""The words people read for the closed lists of the field, as message ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models.vocabulary import Phase, Role, Theme
from server.i18n import msg

THEMES: Final[Mapping[Theme, str]] = {
    Theme.SUMMARY: msg("Summary"),
    Theme.SOURCE: msg("Source"),
    Theme.EFFECTS: msg("Effects"),
    Theme.VICTIMS: msg("Victims"),
    Theme.ACCESSIBILITY: msg("Accessibility"),
    Theme.VITAL: msg("Vital infrastructure"),
    Theme.COMMUNICATION: msg("Communication"),
    Theme.IMPACT: msg("Societal impact"),
    Theme.FORECAST: msg("Forecast"),
}

PHASES: Final[Mapping[Phase, str]] = {
    Phase.COLD: msg("Cold"),
    Phase.TEPID: msg("Tepid"),
    Phase.WARM: msg("Warm"),
    Phase.AFTERMATH: msg("Aftermath"),
    Phase.CLOSED: msg("Closed"),
}

ROLES: Final[Mapping[Role, str]] = {
    Role.OBSERVER: msg("Observer"),
    Role.LIAISON: msg("Liaison"),
    Role.EDITOR: msg("Editor"),
    Role.COORDINATOR: msg("Coordinator"),
}
