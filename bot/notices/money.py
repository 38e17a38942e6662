"""Amounts of money and law articles that a text names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.notices.folding import FoldedText
from bot.notices.spans import Span

_AMOUNT = re.compile(
    r"(?:(?P<sign>人民币|rmb|cny|¥|￥|usd|\$)\s{0,2})?(?P<figure>\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,2})?|\d{1,10}(?:\.\d{1,4})?)"
    r"\s{0,2}(?P<unit>亿元|万元|千元|万块|元|块钱|块|圆|万(?!分|一|元)|yuan|rmb)?"
)
_FACTOR = {"亿元": 1e8, "万元": 1e4, "千元": 1e3, "万块": 1e4, "万": 1e4}


@dataclass(frozen=True)
class Amount:
    span: Span
    yuan: float


def find_amounts(folded: FoldedText) -> tuple[Amount, ...]:
    """Amounts with a currency before or a unit after; a bare figure is none."""
    found = []
    for match in _AMOUNT.finditer(folded.lines):
        if not (match["sign"] or match["unit"]):
            continue
        value = float(match["figure"].replace(",", "")) * _FACTOR.get(match["unit"] or "", 1)
        found.append(Amount(folded.line_span(*match.span()), round(value, 2)))
    return tuple(found)


# Names by which notices quote laws, and the instrument of sources.yml behind each.
_LAWS = {
    "民事诉讼法": "cpl",
    "民诉法": "cpl",
    "民法典": "civil-code",
    "刑法": "criminal-law",
    "治安管理处罚法": "psapl",
    "仲裁法": "arbitration-law",
    "律师法": "lawyers-law",
    "个人信息保护法": "pipl",
    "法律援助法": "legal-aid-law",
    "人民调解法": "peoples-mediation",
    "反电信网络诈骗法": "anti-telecom-fraud",
}
_LAW = re.compile(
    r"(?P<law>" + "|".join(sorted(_LAWS, key=len, reverse=True)) + r")[》>〉\])]{0,2}"
    r"(?:\([^()]{0,16}\))?(?:的)?(?:有关)?(?:规定)?,?第(?P<article>[一二三四五六七八九十百零〇两\d]{1,9})条"
)
_OTHER_LAW = re.compile(
    r"《(?P<law>[^《》\n]{2,40})》(?:\([^()]{0,16}\))?第(?P<article>[一二三四五六七八九十百零〇两\d]{1,9})条"
)
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True)
class QuotedLaw:
    """`held`: our sources hold that article; `id` is its footnote. Not held means not checked."""

    span: Span
    law: str
    article: int
    id: str
    held: bool


def find_laws(
    folded: FoldedText, known: Callable[[str], bool] | Mapping[str, object]
) -> tuple[QuotedLaw, ...]:
    """Articles that the text cites. `known` says whether sources.yml holds a footnote id."""
    holds = known if callable(known) else known.__contains__
    found: dict[int, QuotedLaw] = {}
    for match in (*_LAW.finditer(folded.text), *_OTHER_LAW.finditer(folded.text)):
        article = chinese_number(match["article"])
        if article is None:
            continue
        law = next((name for name in _LAWS if match["law"].endswith(name)), match["law"])
        footnote = f"{_LAWS[law]}-{article}" if law in _LAWS else ""
        span = folded.span(*match.span())
        if not any(q.span.end == span.end for q in found.values()):
            held = bool(footnote) and holds(footnote)
            found[span.end] = QuotedLaw(span, law, article, footnote, held)
    return tuple(sorted(found.values(), key=lambda law: law.span.start))


def chinese_number(text: str) -> int | None:
    """一百二十四 -> 124. None for what is no number below 10,000."""
    if text.isdigit():
        return int(text) if len(text) <= 4 else None
    total = digit = 0
    seen = False
    for character in text:
        if character in _DIGIT:
            digit = _DIGIT[character]
            seen = True
        elif character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
            seen = True
        else:
            return None
    return total + digit if seen else None
