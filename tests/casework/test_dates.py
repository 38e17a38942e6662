"""The last day of a period, and days as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.casework.dates import last_day, read_day, two_weekdays_before
from bot.knowledge.content import Content

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-15", date(2026, 11, 15)),
        ("2026年11月15日", date(2026, 11, 15)),
        ("２０２６/１１/１５", date(2026, 11, 15)),
        ("11月15号", date(2026, 11, 15)),
        ("12月30日", date(2025, 12, 30)),
        ("昨天", date(2026, 11, 21)),
        ("hoy", TODAY),
        ("15 November", date(2026, 11, 15)),
        ("Nov 15, 2025", date(2025, 11, 15)),
        ("15 de noviembre de 2026", date(2026, 11, 15)),
        ("3 dic", None),
        ("1st Sep", date(2026, 9, 1)),
        ("03/04/2026", None),
        ("2026-02-30", None),
        ("soon", None),
        ("", None),
        ("催收", None),
    ],
)
def test_a_day_is_read_or_asked_again(text: str, day: date | None) -> None:
    assert read_day(text, TODAY) == day


@given(st.text(max_size=30))
def test_reading_a_day_never_fails(text: str) -> None:
    read_day(text, TODAY)


@pytest.mark.parametrize(
    ("name", "start", "last"),
    [
        # 15 days from the day after receipt: received on the 1st, the 16th is the last day.
        ("answer", date(2026, 11, 1), date(2026, 11, 16)),
        ("payment-order", date(2026, 12, 20), date(2027, 1, 4)),
        ("preservation-reconsideration", date(2028, 2, 26), date(2028, 3, 2)),  # leap year
        ("arbitration-set-aside", date(2026, 11, 30), date(2027, 2, 28)),  # no 30 February
        ("retrial", date(2026, 8, 31), date(2027, 2, 28)),
        ("public-notice", date(2026, 11, 1), date(2026, 12, 1)),
    ],
)
def test_last_days_of_the_card(content: Content, name: str, start: date, last: date) -> None:
    assert last_day(content.sources.deadlines[name], start) == last


def test_a_period_that_runs_backwards_or_stands_in_the_paper_is_refused(content: Content) -> None:
    for name in ("hearing", "hearing-notice"):
        with pytest.raises(ValueError, match="cannot be counted"):
            last_day(content.sources.deadlines[name], TODAY)


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1)))
def test_the_day_to_act_by_is_a_weekday_at_least_two_days_earlier(day: date) -> None:
    early = two_weekdays_before(day)
    assert early.weekday() < 5
    assert timedelta(days=2) <= day - early <= timedelta(days=4)
