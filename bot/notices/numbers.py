"""Telephone, account and identity numbers in a text, what kind each is, and how it is masked."""

import re
from dataclasses import dataclass

from bot.notices.folding import FoldedText
from bot.notices.spans import Span

# Area codes of provincial capitals and municipalities: enough to name the place of a landline.
AREAS = {
    "010": "北京", "020": "广州", "021": "上海", "022": "天津", "023": "重庆", "024": "沈阳",
    "025": "南京", "027": "武汉", "028": "成都", "029": "西安", "0311": "石家庄", "0351": "太原",
    "0371": "郑州", "0431": "长春", "0451": "哈尔滨", "0471": "呼和浩特", "0512": "苏州",
    "0531": "济南", "0532": "青岛", "0551": "合肥", "0571": "杭州", "0574": "宁波", "0591": "福州",
    "0592": "厦门", "0731": "长沙", "0755": "深圳", "0757": "佛山", "0769": "东莞", "0771": "南宁",
    "0791": "南昌", "0851": "贵阳", "0871": "昆明", "0891": "拉萨", "0898": "海口", "0931": "兰州",
    "0951": "银川", "0971": "西宁", "0991": "乌鲁木齐", "0577": "温州", "0510": "无锡",
}  # fmt: skip
SHORT_LINES = frozenset(
    [
        "110",
        "119",
        "120",
        "122",
        "12110",
        "12300",
        "12309",
        "12315",
        "12321",
        "12345",
        "12348",
        "12355",
        "12356",
        "12363",
        "12368",
        "12377",
        "12378",
        "12381",
        "12386",
        "12389",
        "96110",
        "12338",
        "12123",
    ]
)
_VIRTUAL = ("170", "171", "162", "165", "167")
# Digits with blanks or hyphens between groups; 25 digits are the longest account.
_DIGITS = re.compile(r"(?<![\d.*x])\+?\d(?:[ \-]?[\d*x]){2,24}(?![\d*])")
_ID = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dx](?![\da-z])"
)
_PHONE_WORDS = re.compile(r"电话|手机|联系|致电|拨打|来电|热线|客服|咨询|call|phone|tel")
_ACCOUNT_WORDS = re.compile(
    r"账号|帐号|卡号|账户|帐户|户名|开户行|收款|对公|转账|汇款|cuenta|account"
)


@dataclass(frozen=True)
class Number:
    """`kind`: mobile, virtual, landline, service (95x), toll_free (400/800), short_line, gateway
    (106x), court_line (12368), foreign, id_card, bank_card, account. `masked` is what is shown."""

    span: Span
    kind: str
    digits: str
    masked: str
    area: str = ""


def sender_kind(sender: str) -> tuple[str, str]:
    """(kind, area) of a sender's number; ("", "") when there is none, ("name", "") for a word.

    The kind never decides anything: genuine senders use most of these, and shown numbers are faked.
    """
    digits = re.sub(r"[\s\-()（）]", "", sender)
    if not digits:
        return "", ""
    if not re.fullmatch(r"\+?\d+", digits):
        return "name", ""
    if re.fullmatch(r"(?:\+?86)?106\d{4,}", digits):
        return "gateway", ""
    return phone_kind(digits) or ("unknown", "")


def phone_kind(digits: str) -> tuple[str, str] | None:
    """(kind, area) of digits that are a telephone number in mainland China or abroad."""
    foreign = digits.startswith(("+", "00")) and not digits.startswith(("+86", "0086"))
    if foreign and len(digits) >= 8:
        return "foreign", ""
    digits = re.sub(r"^(?:\+|00)86", "", digits)
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    area = next((code for code in (digits[:3], digits[:4]) if code in AREAS), "")
    if re.fullmatch(r"0\d{2,3}12368\d{0,3}|12368\d{0,4}", digits):
        return "court_line", AREAS.get(area, "")
    if digits in SHORT_LINES or re.fullmatch(r"0\d{2,3}(?:96110|110)", digits):
        return "short_line", AREAS.get(area, "")
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return ("virtual" if digits.startswith(_VIRTUAL) else "mobile"), ""
    if re.fullmatch(r"106\d{5,17}", digits):
        return "gateway", ""
    if re.fullmatch(r"95\d{3,6}|100\d{2,3}|1010\d{4}", digits):
        return "service", ""
    if re.fullmatch(r"[48]00\d{7}", digits):
        return "toll_free", ""
    if re.fullmatch(r"0(?:10|2\d|[3-9]\d{2})\d{7,8}", digits):
        return "landline", AREAS.get(area, "")
    return None


def find_numbers(folded: FoldedText, taken: tuple[Span, ...] = ()) -> tuple[Number, ...]:
    """Telephone, card and identity numbers outside the places already read as something else."""
    found: list[Number] = []
    text = folded.lines
    identities = [match.span() for match in _ID.finditer(text)]
    for start, end in identities:
        digits = text[start:end]
        found.append(Number(folded.line_span(start, end), "id_card", digits, mask(digits, 4, 2)))
    for match in _DIGITS.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in identities):
            continue
        span = folded.line_span(*match.span())
        if any(span.start < other.end and other.start < span.end for other in taken):
            continue
        number = _number(match, span, text)
        if number:
            found.append(number)
    return tuple(sorted(found, key=lambda number: number.span.start))


def _number(match: "re.Match[str]", span: Span, text: str) -> Number | None:
    raw = re.sub(r"[ \-]", "", match.group())
    digits = raw
    before = text[max(0, match.start() - 14) : match.start()]
    if not re.fullmatch(r"\+?\d+", digits):
        if re.fullmatch(r"1[3-9]\d[*x]{3,5}\d{3,4}", digits):
            return Number(span, "mobile", digits, digits)
        return None
    kind = phone_kind(digits)
    if kind and (len(digits) < 5 or kind[0] in ("short_line", "service", "court_line")):
        # Three digits are a line only where the text speaks of calling; 95-numbers likewise.
        if len(digits) < 5 and not re.search(r"拨|打|报警|电话|致电|call|llam", before):
            return None
        return Number(span, kind[0], digits, digits, kind[1])
    if kind:
        return Number(span, kind[0], digits, mask(digits, 3, 2), kind[1])
    if re.fullmatch(r"[2-9]\d{6,7}", digits) and _PHONE_WORDS.search(before):
        return Number(span, "landline", digits, mask(digits, 2, 2))
    if 15 <= len(digits) <= 19 and (is_luhn(digits) or _ACCOUNT_WORDS.search(before)):
        return Number(span, "bank_card", digits, mask(digits, 4, 4))
    if 9 <= len(digits) <= 25 and _ACCOUNT_WORDS.search(before):
        return Number(span, "account", digits, mask(digits, 2, 4))
    return None


def mask(digits: str, head: int, tail: int) -> str:
    """138******23: enough to recognise the number, not enough to use it."""
    hidden = max(len(digits) - head - tail, 0)
    return digits[:head] + "*" * hidden + digits[len(digits) - tail :]


def is_luhn(digits: str) -> bool:
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


# Whatever a quote shows again: long digit runs lose their middle, whichever number they are.
_LONG_RUN = re.compile(
    r"(?<!\d)(?!(?:19|20)\d\d[-.]\d{1,2}[-.]\d{1,2}(?!\d))(?<!\d[-.])(?:\d[ \-]?){6,24}\d?[xX]?"
)


def masked(quote: str) -> str:
    """A quote as it may be shown: identity, card and telephone numbers without their middle.

    Case numbers and dates are shorter than seven digits in a row and stay readable.
    """

    def hide(match: "re.Match[str]") -> str:
        digits = [place for place, c in enumerate(match.group()) if c.isalnum()]
        count = len(digits)
        if count < 7:
            return match.group()
        head, tail = (4, 4) if count > 12 else (3, 2)
        hidden = set(digits[head : count - tail])
        return "".join("*" if i in hidden else c for i, c in enumerate(match.group()))

    return _LONG_RUN.sub(hide, quote)
