"""Times in templates, as people in Dutch crisis rooms write them: 03:17, vr 16 jul."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
_LOCALES: Final = {"nl": "nl", "en": "en_GB"}

Moment = datetime | str
"""A moment of ours, or an ISO text out of a shared document, which may hold anything."""


def filters(
    language: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> dict[str, Callable[[Moment], object]]:
    """The filters `clock`, `day`, `moment` and `minutes_old` for one language."""
    return {
        "clock": clock,
        "day": partial(day, language),
        "moment": partial(_moment, language, now),
        "minutes_old": partial(_minutes_old, now),
    }


def clock(moment: Moment) -> str:
    """03:17; a text that is no moment stays as it is."""
    at = _local(moment)
    return str(moment) if at is None else f"{at:%H:%M}"


def day(language: str, moment: Moment) -> str:
    """vr 16 jul; empty for a text that is no moment."""
    at = _local(moment)
    if at is None:
        return ""
    return format_datetime(at, "EEE d MMM", locale=_LOCALES[language]).replace(".", "")


def _moment(language: str, now: Callable[[], datetime], moment: Moment) -> str:
    """Today only the time, then the date, then the year."""
    at, today = _local(moment), now().astimezone(AMSTERDAM).date()
    if at is None or at.date() == today:
        return clock(moment)
    if at.year == today.year:
        return f"{day(language, moment)} {clock(moment)}"
    date = format_datetime(at, "d MMM y", locale=_LOCALES[language]).replace(".", "")
    return f"{date} {clock(moment)}"


def _minutes_old(now: Callable[[], datetime], moment: Moment) -> float:
    """How long ago; nothing for a text that is no moment, or for what is yet to come."""
    at = _local(moment)
    return 0.0 if at is None else max(0.0, (now() - at).total_seconds() / 60)


def _local(moment: Moment) -> datetime | None:
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=AMSTERDAM)
    try:
        return moment.astimezone(AMSTERDAM)
    except OverflowError:  # the last or first hours that a calendar knows
        return None
