"""The last day of a period, and days as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.casework.dates import last_day, read_day, two_weekdays_before
from bot.casework.read_days import read_days
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


def days(*pairs: tuple[int, int], year: int = 2026) -> tuple[date, ...]:
    return tuple(date(year, month, day) for month, day in pairs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # TODAY is a Sunday.
        ("2026-11-15", days((11, 15))),
        ("昨天下午收到的", days((11, 21))),
        ("我妈11月15号签的", days((11, 15))),
        ("大前天", days((11, 19))),
        ("三天前", days((11, 19))),
        ("兩週前", days((11, 8))),
        ("hace 3 días", days((11, 19))),
        ("two weeks ago", days((11, 8))),
        ("周五", days((11, 20))),
        ("Friday", days((11, 20))),
        ("el viernes", days((11, 20))),
        ("上周五", days((11, 13), (11, 20))),
        ("last Friday", days((11, 13), (11, 20))),
        ("el viernes pasado", days((11, 13), (11, 20))),
        ("星期天", days((11, 15), (11, 22))),
        ("这周三", days((11, 18))),
        ("el lunes por la tarde", days((11, 16))),
        ("二〇二六年十一月十五日", days((11, 15))),
        ("十一月二十一日", days((11, 21))),
        ("民国115年11月15日", days((11, 15))),
        ("民國一百一十五年十一月十五日", days((11, 15))),
        ("115/11/15", days((11, 15))),
        ("03/04/2026", days((3, 4), (4, 3))),
        ("15/11/2026", days((11, 15))),
        ("11/15", days((11, 15))),
        ("15号", days((11, 15))),
        ("the 15th", days((11, 15))),
        ("el 15 de noviembre de 2025", days((11, 15), year=2025)),
        ("31号", days((10, 31))),
        ("农历十月初七", "lunar"),
        ("臘月初八", "lunar"),
        ("2026-02-30", "impossible"),
        ("32号", "impossible"),
        ("2027-01-01", "future"),
        ("12月30日", "future"),  # five weeks ahead: not silently last year's
        ("Dec 30", "future"),
        ("3月5日", days((3, 5))),
        ("mañana", "future"),
        ("下周一", "future"),
        ("15", "unclear"),
        ("录音可以当证据吗", None),
        ("", None),
        ("0天前", "unclear"),
    ],
)
def test_days_as_people_say_them(text: str, expected: tuple[date, ...] | str | None) -> None:
    read = read_days(text, TODAY)
    assert (read and (read.problem or read.days)) == expected


def test_in_january_december_is_last_years() -> None:
    read = read_days("12月30日", date(2027, 1, 3))
    assert read
    assert read.days == (date(2026, 12, 30),)


@given(
    st.text(alphabet="0123456789年月日号周前天上星期一十百初el viernesago/-. ", max_size=30),
    st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1)),
)
def test_reading_days_never_fails_and_none_lies_ahead(text: str, today: date) -> None:
    read = read_days(text, today)
    if read:
        assert bool(read.days) != bool(read.problem)
        assert all(day <= today for day in read.days)


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


@pytest.mark.parametrize(
    "text", ["999999 days ago", "99999999999999999999 days ago", "hace 99999999 semanas"]
)
def test_days_before_all_calendars_are_impossible(text: str) -> None:
    read = read_days(text, TODAY)
    assert read is not None
    assert read.problem == "impossible"


@pytest.mark.parametrize("text", ["⓵ days ago", "十百天前", "一二十天前"])
def test_what_is_no_numeral_counts_no_days(text: str) -> None:
    read = read_days(text, TODAY)
    assert read is None or not read.days
