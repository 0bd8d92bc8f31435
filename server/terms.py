"""The words people read for the themes of a picture, as message ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models.vocabulary import Theme
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
