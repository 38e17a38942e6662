"""Days, times and periods that a text names, set against today."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from bot.notices.folding import FoldedText
from bot.notices.money import chinese_number
from bot.notices.spans import Span

_TIME = (
    r"(?:\s{0,2}(?:上午|下午|早上|中午|晚上|晚)?\s{0,2}(?P<hour>\d{1,2})\s{0,2}"
    r"(?:[:时点](?:\s{0,2}(?P<minute>\d{1,2})分?|整|半)?))?"
)
_DATE = re.compile(
    r"(?:(?P<year>(?:19|20)\d\d)\s{0,2}[年./\-]\s{0,2})?(?<!\d)(?P<month>\d{1,2})\s{0,2}[月./\-]\s{0,2}"
    r"(?P<day>\d{1,2})\s{0,2}(?P<mark>[日号](?!案|令|文))?"
    r"(?:\s{0,2}\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?" + _TIME
)
_CHINESE_DATE = re.compile(
    r"(?:二[〇零○o]二[一二三四五六七八九〇零]年)?(?P<month>[一二三四五六七八九十]{1,2})月"
    r"(?P<day>[一二三四五六七八九十]{1,3})[日号]"
)
_NEAR = re.compile(
    r"(?P<word>今天|今日|今晚|当日|当天|明天|明日|后天|本日)" + _TIME.replace("<hour>", "<hour>")
)
_PERIOD = re.compile(
    r"(?P<count>\d{1,3}|[一二三四五六七八九十两]{1,3})\s{0,2}(?P<unit>个?工作日|个自然日|个?小时|日|天|个月)\s{0,2}(?:之?内|以内|内|届满)"
)
_OFFSET = {
    "今天": 0,
    "今日": 0,
    "今晚": 0,
    "当日": 0,
    "当天": 0,
    "本日": 0,
    "明天": 1,
    "明日": 1,
    "后天": 2,
}
_UNIT = {"日": "day", "天": "day", "个自然日": "day", "个工作日": "working_day",
         "工作日": "working_day", "小时": "hour", "个小时": "hour", "个月": "month"}  # fmt: skip
_HEARING = re.compile(r"开庭|庭审|到庭|出庭|应诉|传唤|审理|听证|调解|谈话|应到")


@dataclass(frozen=True)
class Day:
    """`relation` to today: past, today, tomorrow, future; unknown: no such day."""

    span: Span
    day: date | None
    time: str | None
    relation: str
    role: str  # hearing | other


@dataclass(frozen=True)
class Period:
    """15日内, 24小时内: a period that the text itself sets."""

    span: Span
    count: int
    unit: str  # day | working_day | hour | month


def find_days(folded: FoldedText, today: date, taken: tuple[Span, ...] = ()) -> tuple[Day, ...]:
    """The days a text names. A day without a year is the one nearest to today that lies ahead,
    unless it was within the last 60 days."""
    found: list[Day] = []
    for match in _DATE.finditer(folded.lines):
        span = folded.line_span(*match.span())
        if any(span.start < other.end and other.start < span.end for other in taken):
            continue
        if not match["year"] and not (match["mark"] and "月" in match.group()):
            continue
        year = int(match["year"]) if match["year"] else None
        day = _day(year, int(match["month"]), int(match["day"]), today)
        found.append(_found(folded.lines, match, span, day, today))
    for match in _CHINESE_DATE.finditer(folded.lines):
        month, number = chinese_number(match["month"]), chinese_number(match["day"])
        day = _day(None, month or 0, number or 0, today)
        span = folded.line_span(*match.span())
        found.append(Day(span, day, None, _relation(day, today), "other"))
    for match in _NEAR.finditer(folded.lines):
        day = today + timedelta(days=_OFFSET[match["word"]])
        found.append(_found(folded.lines, match, folded.line_span(*match.span()), day, today))
    return tuple(sorted(found, key=lambda item: item.span.start))


def find_periods(folded: FoldedText) -> tuple[Period, ...]:
    found = []
    for match in _PERIOD.finditer(folded.text):
        count = chinese_number(match["count"])
        if count:
            unit = _UNIT[match["unit"]]
            found.append(Period(folded.span(*match.span()), count, unit))
    return tuple(found)


def _found(text: str, match: "re.Match[str]", span: Span, day: date | None, today: date) -> Day:
    around = text[max(0, match.start() - 12) : match.end() + 24]
    role = "hearing" if _HEARING.search(around) else "other"
    return Day(span, day, _clock(match), _relation(day, today), role)


def _clock(match: "re.Match[str]") -> str | None:
    if not match["hour"]:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if "半" in match.group():
        minute = 30
    if hour < 12 and re.search("下午|晚", match.group()):
        hour += 12
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def _day(year: int | None, month: int, number: int, today: date) -> date | None:
    try:
        day = date(year or today.year, month, number)
    except ValueError:
        return None
    if year is None and (today - day).days > 60:
        try:
            day = day.replace(year=day.year + 1)
        except ValueError:
            return None
    return day


def _relation(day: date | None, today: date) -> str:
    if day is None:
        return "unknown"
    ahead = (day - today).days
    return "past" if ahead < 0 else {0: "today", 1: "tomorrow"}.get(ahead, "future")
