"""When something happened, as people write it, and what a one-line entry says. China time."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.casework.dates import read_day
from bot.casework.read_days import whole_number
from bot.conversation.choices import fold

_PERIOD = re.compile(
    r"(?P<pm>下午|傍晚|晚上|今晚|昨晚|昨夜|夜里|半夜|凌晨|早上|上午|清晨|中午)?\s*"
    r"(?P<hour>\d{1,2}|[零一二两三四五六七八九十]{1,3})\s*"
    r"(?:[:：](?P<minute>\d{2})|[点點時时](?P<cn>半|[零一二三四五六七八九十]{1,3}|\d{1,2})?(?:分)?)"
    r"\s*(?P<am>a\.?m\b\.?|p\.?m\b\.?)?",
    re.IGNORECASE,
)
_HOUR_ONLY = re.compile(
    r"(?:\bat\s+|\ba\s+las?\s+)?(?P<hour>\d{1,2})\s*(?P<am>a\.?m\.?|p\.?m\.?)(?![a-z])"
    r"|\ba\s+las?\s+(?P<alone>\d{1,2})(?!\d|:)",
    re.IGNORECASE,
)
_AFTERNOON = ("下午", "傍晚", "晚上", "今晚", "昨晚", "昨夜")
_NIGHT = ("夜里", "半夜")
_DAYS_BACK = (
    (("刚才", "刚刚", "剛才", "剛剛", "just now", "ahora mismo", "recien"), None),
    (("前天", "前日", "day before yesterday", "anteayer", "antier"), 2),
    (("昨天", "昨日", "昨晚", "昨夜", "yesterday", "last night", "ayer", "anoche"), 1),
    (("今天", "今日", "今早", "今晚", "today", "this morning", "tonight", "hoy", "esta manana"), 0),
)
_DAY = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号號]?"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*[日号號]?"
    r"|\d{1,2}(?:st|nd|rd|th)?\s+(?:de\s+|of\s+)?[a-z]{3,10}(?:\s+(?:de\s+)?\d{4})?"
    r"|[a-z]{3,10}\s+\d{1,2}(?:st|nd|rd|th)?(?!\d|:)(?:,?\s+\d{4})?"
)
# A day in digits that does not exist is refused, never read as today.
_DIGITS_DAY = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}\s*月\s*\d{1,2}")
_FUTURE = re.compile(r"明天|明日|后天|後天|tomorrow|pasado manana")
_FARTHEST = timedelta(days=3650)


@dataclass(frozen=True)
class Moment:
    """`has_time` is False where only a day was named; `at` then stands at its noon."""

    at: datetime
    has_time: bool


def read_moment(text: str, now: datetime) -> Moment | None:
    """The moment that a text names, not in the future and at most ten years back, or None."""
    said = fold(unicodedata.normalize("NFKC", text).replace("\n", " "))
    day = _day(said, now.date())
    clock, wrong = _clock(said)
    if wrong or _FUTURE.search(said) or (day is None and _DIGITS_DAY.search(said)):
        return None
    if day is None and clock is None:
        just_now = any(word in said for word in _DAYS_BACK[0][0])
        return Moment(now, has_time=True) if just_now else None
    if clock is None:
        assert day is not None
        at = datetime.combine(day, time(12), now.tzinfo)
        at = min(at, now) if day == now.date() else at
        return Moment(at, has_time=False) if _possible(at, now) else None
    at = datetime.combine(day or now.date(), clock, now.tzinfo)
    if day is None and at > now:  # "at 11 pm", said in the morning, was yesterday
        at -= timedelta(days=1)
    return Moment(at, has_time=True) if _possible(at, now) else None


def _possible(at: datetime, now: datetime) -> bool:
    return now - _FARTHEST <= at <= now


def _day(said: str, today: date) -> date | None:
    for found in _DAY.finditer(said):
        day = read_day(found[0], today)
        if day:
            return day
    for words, back in _DAYS_BACK[1:]:
        if back is not None and any(word in said for word in words):
            return today - timedelta(days=back)
    return None


def _clock(said: str) -> tuple[time | None, bool]:
    """The time of day, and whether one was written that cannot be (25:70, 十十点)."""
    found = _PERIOD.search(said)
    if found:
        read = whole_number(found["hour"])
        minutes = 30 if found["cn"] == "半" else whole_number(found["minute"] or found["cn"] or "0")
        if read is None or minutes is None:
            return None, True
        hour, minute = read, minutes
        part, half = found["pm"] or "", (found["am"] or "")[:1]
    elif found := _HOUR_ONLY.search(said):
        hour, minute = int(found["hour"] or found["alone"]), 0
        part, half = "", (found["am"] or "")[:1]
    else:
        return None, False
    spanish_evening = re.search(r"de la (?:tarde|noche)", said) is not None
    if (part in _AFTERNOON or half == "p" or spanish_evening) and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    elif part in _NIGHT:
        hour = hour + 12 if 8 <= hour < 12 else hour % 12 if hour <= 12 else hour
    try:
        return time(hour % 24 if hour == 24 else hour, minute), False
    except ValueError:
        return None, True


_WHO = (
    (
        "family",
        r"妈|爸|母亲|父亲|家人|家里|老婆|老公|妻|丈夫|媳妇|哥|姐|弟|妹|亲戚|孩子|儿子|女儿"
        r"|媽|父母|mother|father|\bmum\b|\bmom\b|\bdad\b|wife|husband|sister|brother|parents|family"
        r"|\bmadre\b|\bpadre\b|mama|\bpapa\b|esposa|marido|hermana|hermano|familia|hij[oa]",
    ),
    (
        "work",
        r"单位|我们?公司|到公司|公司前台|老板|领导|同事|人事|單位|boss|employer|colleague|work(?:place)?|office"
        r"|jefe|jefa|trabajo|oficina|compañer|companer",
    ),
    ("other", r"朋友|邻居|同学|鄰居|friend|neighbou?r|amig[oa]|vecin[oa]"),
)
_HOW = (
    ("visit", r"上门|敲门|堵门|上門|visit|at (?:my|the) door|came to|visita|puerta"),
    ("sms", r"短信|简讯|簡訊|彩信|\bsms\b|\btext(?:ed|s)?\b|mensaje"),
    ("social", r"微信|qq|抖音|微博|朋友圈|群里|whatsapp|wechat|facebook|telegram|redes"),
    ("call", r"电话|電話|打给|打給|来电|打来|call|phone|rang|llam"),
)


# Also without a mark: how people ask in each language. A wrong guess costs one line on the screen.
_ASKS = re.compile(
    r"[?？]|[吗嗎呢嘛](?:$|[，。,.!！])|怎[么麼]|如何|为什么|為什麼|是不是|能不能|可不可以|会不会|會不會"
    r"|算不算|要不要|该不该|違法|违法|合法|犯法"
    r"|^(?:so |but |and |please )?(?:is|are|am|was|can|could|do|does|did|should|may|must|will|would"
    r"|what|how|why|when|where|who|which)\b"
    r"|\b(?:is (?:this|that|it) (?:legal|allowed)|what (?:should|can|do) i)\b"
    r"|^(?:y |pero )?(?:puedo|puede|pueden|podria|debo|deberia|tengo que"
    r"|es (?:legal|normal|delito)|esto es|que (?:hago|debo|puedo|pasa)|como|cuando|cuanto|donde"
    r"|cual|quien|por que|sirve|vale)\b"
)
QUESTION_MARKS = ("?", "？", "吗", "嗎", "呢")


def is_question(text: str) -> bool:
    """Whether a line ends as a question does."""
    return text.rstrip(" 。.").endswith(QUESTION_MARKS)


def sounds_like_question(text: str) -> bool:
    """Whether words may be a question to us. Collectors ask too: this offers, never decides."""
    return is_question(text) or "¿" in text or _ASKS.search(fold(text)) is not None


def read_line(text: str) -> tuple[str, str]:
    """Who was contacted and by what, as far as a line says so; "" where it does not."""
    said = fold(text)

    def first(table: tuple[tuple[str, str], ...]) -> str:
        return next((name for name, pattern in table if re.search(pattern, said)), "")

    return first(_WHO), first(_HOW)
