"""Days as people write them, and the periods of the deadline card."""

import calendar
import re
from datetime import date, timedelta

from bot.conversation.choices import fold
from bot.knowledge.sources import Deadline

_MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for number, name in enumerate(names.split(), 1)
}
_RELATIVE = {
    "今天": 0,
    "今日": 0,
    "today": 0,
    "hoy": 0,
    "昨天": 1,
    "昨日": 1,
    "yesterday": 1,
    "ayer": 1,
    "前天": 2,
    "前日": 2,
    "anteayer": 2,
    "the day before yesterday": 2,
}
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号號]?")
_CHINESE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:de\s+|of\s+)?([a-z]+)\.?,?(?:\s+(?:de\s+)?(\d{4}))?"
)
_MONTH_DAY = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?")


def read_day(text: str, today: date) -> date | None:
    """The day that a text names, or None. Without a year it is the last such day before tomorrow.

    Forms such as 03/04/2026 are refused: day and month could be either way round.
    """
    said = fold(text)
    if said in _RELATIVE:
        return today - timedelta(days=_RELATIVE[said])
    if found := _YEAR_FIRST.fullmatch(said):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _CHINESE.fullmatch(said):
        return _past(int(found[1]), int(found[2]), None, today)
    if (found := _DAY_MONTH.fullmatch(said)) and found[2] in _MONTHS:
        return _past(_MONTHS[found[2]], int(found[1]), found[3], today)
    if (found := _MONTH_DAY.fullmatch(said)) and found[1] in _MONTHS:
        return _past(_MONTHS[found[1]], int(found[2]), found[3], today)
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _past(month: int, day: int, year: str | None, today: date) -> date | None:
    if year:
        return _day(int(year), month, day)
    this_year = _day(today.year, month, day)
    if this_year and this_year > today:
        return _day(today.year - 1, month, day)
    return this_year


def last_day(deadline: Deadline, start: date) -> date:
    """The plain last day of a period whose event was on `start`.

    Days are counted from the next day (Civil Procedure Interpretation art. 125), so the last day
    is `start` plus the length; months and years end on the same day of the month, or on its last.
    No shift for weekends or holidays is made: none is established in our sources.
    Raises ValueError for a period without a length or one that runs backwards.
    """
    if deadline.length is None or deadline.direction != "after":
        raise ValueError(f"{deadline.id} cannot be counted from a day")
    if deadline.unit == "day":
        return start + timedelta(days=deadline.length)
    if deadline.unit == "working_day":
        raise ValueError(f"{deadline.id} counts working days, which need a calendar of holidays")
    months = deadline.length * (12 if deadline.unit == "year" else 1)
    index = start.month - 1 + months
    year, month = start.year + index // 12, index % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def two_weekdays_before(day: date) -> date:
    """The day to act by: two weekdays earlier (public holidays are not known here)."""
    left = 2
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < 5
    return day
