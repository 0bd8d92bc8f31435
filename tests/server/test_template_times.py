"""Times as templates write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.template_times import filters

NOW = datetime(2021, 7, 16, 1, 17, tzinfo=UTC)
DUTCH = filters("nl", lambda: NOW)
ENGLISH = filters("en", lambda: NOW)


def test_a_moment_of_today_is_only_its_time_in_amsterdam() -> None:
    assert DUTCH["moment"]("2021-07-15T23:05:00+00:00") == "01:05"
    assert DUTCH["moment"](datetime(2021, 7, 16, 1, 17, tzinfo=UTC)) == "03:17"


def test_a_moment_of_another_day_names_the_day() -> None:
    assert DUTCH["moment"]("2021-07-14T14:00:00+02:00") == "wo 14 jul 14:00"
    assert ENGLISH["moment"]("2021-07-14T14:00:00+02:00") == "Wed 14 Jul 14:00"


def test_a_moment_of_another_year_names_the_year() -> None:
    assert DUTCH["moment"]("2020-07-14T14:00:00+02:00") == "14 jul 2020 14:00"


def test_a_text_without_a_zone_is_the_time_in_amsterdam() -> None:
    assert DUTCH["clock"]("2021-07-16T03:10") == "03:10"


@pytest.mark.parametrize("text", ["", "gisteren", "2021-99-99", "<b>", "9999-12-31T23:59:59Z"])
def test_a_text_that_is_no_moment_stays_as_it_is(text: str) -> None:
    assert DUTCH["moment"](text) == text
    assert DUTCH["day"](text) == ""
    assert DUTCH["minutes_old"](text) == 0


def test_an_age_is_in_minutes_and_never_negative() -> None:
    assert DUTCH["minutes_old"](datetime(2021, 7, 16, 1, 0, tzinfo=UTC)) == 17
    assert DUTCH["minutes_old"](datetime(2021, 7, 16, 2, 0, tzinfo=UTC)) == 0
