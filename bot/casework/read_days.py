"""Days as people say them in a deadline, and why a day cannot be counted from.

Where the words allow two days both are given: the person presses the right one, nothing is guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from bot.casework.dates import read_day
from bot.conversation.choices import fold

LONGEST = 40  # characters; longer words are a question or a story
ROC_BEFORE = 1911  # year 1 of the Republic of China calendar is 1912
# A day without a year that lies this far ahead is meant for this year, not for the last.
SOON = timedelta(days=120)
Problem = Literal["", "future", "impossible", "lunar", "unclear"]


@dataclass(frozen=True)
class Read:
    """One day, or two to choose from (the earlier first), or what stands in the way."""

    days: tuple[date, ...] = ()
    problem: Problem = ""


_DIGITS = {char: number for number, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "两": 2,
    "兩": 2,
}
_CN = "〇零一二三四五六七八九十百"
_WORDS = {
    **dict.fromkeys(("a", "an", "one", "un", "una", "uno"), 1),
    **dict.fromkeys(("two", "dos", "couple"), 2),
    **dict.fromkeys(("three", "tres"), 3),
    **dict.fromkeys(("four", "cuatro"), 4),
    **dict.fromkeys(("five", "cinco"), 5),
    **dict.fromkeys(("six", "seis"), 6),
    **dict.fromkeys(("seven", "siete"), 7),
    **dict.fromkeys(("eight", "ocho"), 8),
    **dict.fromkeys(("nine", "nueve"), 9),
    **dict.fromkeys(("ten", "diez"), 10),
}
_WEEKDAYS = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mon tue wed thu fri sat sun",
        "lunes martes miercoles jueves viernes sabado domingo",
        "一 二 三 四 五 六 日",
        "1 2 3 4 5 6 7",
    )
    for number, name in enumerate(names.split())
} | {"天": 6, "tues": 1, "thur": 3, "thurs": 3}
_LATIN_DAY = "|".join(sorted((name for name in _WEEKDAYS if len(name) > 2), key=len, reverse=True))
# What may stand around a day and changes nothing.
_AROUND = re.compile(
    r"收到|签收|簽收|送到|送达|送達|寄到|拿到|留下|签的|簽的|到的|大概|大约|大約|应该是|應該是|好像|是|左右"
    r"|下午|上午|早上|中午|晚上|[我的](?:妈|媽|爸|老婆|老公|家人)|的|了|我|在|那天"
    r"|\b(?:i (?:got|received|signed)(?: it)?|it (?:came|arrived)|got it|received|signed|around)\b"
    r"|\b(?:in the (?:morning|afternoon|evening)|morning|afternoon|evening|about|on)\b"
    r"|\b(?:me llego|llego|lo recibi|recibi|lo firme|firmo|fue|creo que|al mediodia|el dia)\b"
    r"|\bpor la (?:tarde|manana|noche)\b"
)
_LUNAR = re.compile(
    r"农历|農曆|阴历|陰曆|旧历|舊曆|正月|冬月|腊月|臘月|闰|閏|廿|初[一二三四五六七八九十]"
    r"|lunar|calendario chino"
)
_AHEAD = re.compile(
    r"明天|明日|后天|後天|下周|下週|下个月|\btomorrow\b|\bnext\b|^manana$|pasado manana|proxim[oa]"
)
_ROC = re.compile(
    r"(民国|民國)?\s*(\d{2,3})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号號]?"
)
_FULL = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号號]?")
_EIGHT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_SHORT = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})")
_MONTH_DAY = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?")
_DAY_ONLY = re.compile(
    r"(?:本月|这个月|這個月|the|el)?\s*(\d{1,2})\s*(?:[日号號]|st|nd|rd|th)|el (\d{1,2})"
)
_AGO = re.compile(
    rf"(\d{{1,3}}|[{_CN}两兩]{{1,3}})\s*(天|日|个?星期|個?星期|周|週|个?礼拜)\s*(?:之|以)?前"
    r"|(\w+)\s+(?:of\s+)?(days?|weeks?)\s+ago"
    r"|hace\s+(\w+)\s+(dias?|semanas?)"
)
_WEEKDAY = re.compile(
    r"(?P<cn>上个?|上個|这个?|這個?|本)?(?:周|週|星期|礼拜|禮拜)(?P<day>[一二三四五六日天1-7])"
    rf"|(?P<en>last|this|past)?\s*(?P<enday>{_LATIN_DAY})(?P<en2>\s+last)?"
    rf"|(?:el|este)?\s*(?:(?P<es>pasado|ultimo)\s+)?(?P<esday>{_LATIN_DAY})"
    r"(?P<es2>\s+pasado|\s+de la semana pasada)?"
)
_BACK = {"大前天": 3, "antes de ayer": 2, "antier": 2}


def read_days(text: str, today: date) -> Read | None:
    """What a text says about a day up to today; None where it is no day at all but other words."""
    said = fold(text)
    if not said or len(said) > LONGEST:
        return None
    if _LUNAR.search(said):
        return Read(problem="lunar")
    bare = " ".join(_AROUND.sub(" ", said).split())
    for form in dict.fromkeys((said, bare, bare.replace(" ", ""))):
        found = _read(form, today)
        if found:
            return found
    if _AHEAD.search(said):
        return Read(problem="future")
    return Read(problem="unclear") if any(char.isdigit() for char in said) else None


def _read(said: str, today: date) -> Read | None:
    for reading in (_counted_back, _weekday, _in_digits, _in_words):
        found = reading(said, today)
        if found:
            return found
    return None


def _counted_back(said: str, today: date) -> Read | None:
    if back := _BACK.get(said):
        return Read((today - timedelta(days=back),))
    found = _AGO.fullmatch(said)
    if not found:
        return None
    number, unit = next(
        (found[first], found[first + 1]) for first in (1, 3, 5) if found[first] is not None
    )
    count = whole_number(number)
    if not count:
        return None
    is_weeks = unit.startswith(("week", "semana")) or unit[-1] in "期周週拜"
    try:
        return Read((today - timedelta(days=count * (7 if is_weeks else 1)),))
    except OverflowError:
        return Read(problem="impossible")


def _weekday(said: str, today: date) -> Read | None:
    """ "Friday" is the last one; "last Friday" said on a Sunday may be either of two."""
    found = _WEEKDAY.fullmatch(said)
    if not found:
        return None
    day = _WEEKDAYS[found["day"] or found["enday"] or found["esday"]]
    back = (today.weekday() - day) % 7
    of_this_week = today - timedelta(days=today.weekday() - day)
    if (found["cn"] or "").startswith(("这", "這", "本")) or found["en"] == "this":
        return _not_ahead(of_this_week, today)
    is_last = bool(
        (found["cn"] or "").startswith("上")
        or found["en"] in ("last", "past")
        or found["en2"]
        or found["es"]
        or found["es2"]
    )
    if is_last:
        return Read(
            tuple(sorted({of_this_week - timedelta(days=7), today - timedelta(days=back or 7)}))
        )
    if not back:  # said on that very weekday: today, or a week ago
        return Read((today - timedelta(days=7), today))
    return Read((today - timedelta(days=back),))


def _in_digits(said: str, today: date) -> Read | None:
    plain = _arabic(said)
    if found := (_FULL.fullmatch(plain) or _EIGHT.fullmatch(plain)):
        return _exact(int(found[1]), int(found[2]), int(found[3]), today)
    if (found := _ROC.fullmatch(plain)) and (found[1] or len(found[2]) == 3):
        return _exact(int(found[2]) + ROC_BEFORE, int(found[3]), int(found[4]), today)
    if found := _YEAR_LAST.fullmatch(plain):
        return _either(int(found[1]), int(found[2]), int(found[3]), today)
    if found := _MONTH_DAY.fullmatch(plain):
        return _without_year(int(found[1]), int(found[2]), today)
    if found := _SHORT.fullmatch(plain):
        return _either(int(found[1]), int(found[2]), None, today)
    if found := _DAY_ONLY.fullmatch(plain):
        return _last_with(int(found[1] or found[2]), today)
    return None


def _in_words(said: str, today: date) -> Read | None:
    """ "15 November", "el 15 de noviembre", "yesterday": as the diary reads them."""
    plain = re.sub(r"^(?:the|el)\s+", "", said)
    day = read_day(plain, today)
    if day is None:
        return None
    if day.year < today.year and not re.search(r"\d{4}", plain):
        return _without_year(day.month, day.day, today)
    return _not_ahead(day, today)


def _exact(year: int, month: int, day: int, today: date) -> Read:
    try:
        return _not_ahead(date(year, month, day), today)
    except ValueError:
        return Read(problem="impossible")


def _not_ahead(day: date, today: date) -> Read:
    return Read((day,)) if day <= today else Read(problem="future")


def _without_year(month: int, day: int, today: date) -> Read:
    """The last such day; one that lies soon ahead is not silently taken for last year's."""
    try:
        this_year = date(today.year, month, day)
    except ValueError:
        return Read(problem="impossible")
    if this_year <= today:
        return Read((this_year,))
    if this_year - today <= SOON:
        return Read(problem="future")
    return _exact(today.year - 1, month, day, today)


def _either(first: int, second: int, year: int | None, today: date) -> Read:
    """Month and day either way round: both where both are days up to today."""

    def one(month: int, day: int) -> Read:
        return _exact(year, month, day, today) if year else _without_year(month, day, today)

    both = [one(first, second), one(second, first)]
    days = tuple(sorted({day for read in both for day in read.days}))
    if days:
        return Read(days)
    problems = {read.problem for read in both}
    return Read(problem="future" if "future" in problems else "impossible")


def _last_with(number: int, today: date) -> Read:
    """ "the 15th": the last day of that number."""
    if not 1 <= number <= 31:
        return Read(problem="impossible")
    return Read((next(day for day in _backwards(today) if day.day == number),))


def _backwards(day: date) -> Iterator[date]:
    while True:
        yield day
        day -= timedelta(days=1)


def whole_number(text: str) -> int | None:
    """In Arabic or Chinese digits (up to 199, or digit by digit), or in words up to ten."""
    if text.isdecimal():
        return int(text)
    if text in _WORDS:
        return _WORDS[text]
    if text and set(text) <= {*_DIGITS, "十", "百"}:
        return _chinese(text)
    return None


def _chinese(text: str) -> int | None:
    """Up to 199, or a year digit by digit; None for anything else."""
    hundred, _, rest = text.rpartition("百")
    rest = rest.lstrip("零〇") if hundred else rest
    tens, ten, ones = rest.partition("十")
    if hundred not in ("", "一") or (ten and (len(tens) > 1 or len(ones) > 1 or "十" in ones)):
        return None
    if not ten:
        below = int("".join(str(_DIGITS[char]) for char in rest)) if rest else 0
    else:
        below = (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return (100 if hundred else 0) + below


def _arabic(said: str) -> str:
    """Chinese numerals before 年, 月 and 日, as papers write them, in Arabic digits.

    What is no numeral becomes 0, which is no day.
    """
    return re.sub(
        rf"([{_CN}]{{1,6}})(?=[年月日号號])", lambda found: str(_chinese(found[1]) or 0), said
    )
