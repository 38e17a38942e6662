"""Court codes and court names: which court a code stands for, which courts a text names."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.notices.spans import Span

_TABLE = Path(__file__).with_name("data") / "court_codes.tsv"
PROVINCES = "京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新"
# What a court code's name rests on (data/README.md).
CONFIDENCE = {
    "today": "division_today",
    "earlier": "division_earlier",
    "hand": "hand_table",
}
_NAME = re.compile(
    r"[\u4e00-\u9fffx*某]{2,24}?(?:中级|高级)?人民法院|最高人民法院"
    r"|[\u4e00-\u9fff]{2,8}(?:互联网|知识产权|金融|海事|铁路运输)(?:中级)?法院"
)
# Words that run into a court's name from the left.
_BEFORE_NAME = re.compile(
    r"^.*(?:【|我是|这里是|来自|收到|由|向|至|到|在|被|与|和|及|的|经|于|您好|你好|现将|通知|"
    r"关于|移交|移送|起诉|委托|报送|提交|受理|登录|属地|所在地|当地|户籍地|辖区|管辖|本案|贵|"
    r"发往|转入|汇入|名称|户名|法院|原告|申请|中国|中华人民共和国)"
)
_KIND = re.compile(r"(?:中级|高级)?人民法院$|(?:中级)?法院$")


@dataclass(frozen=True)
class Court:
    name: str
    confidence: str  # division_today | division_earlier | hand_table


@dataclass(frozen=True)
class NamedCourt:
    """A court as the text names it: 佛山市禅城区人民法院."""

    name: str
    span: Span


@cache
def _table() -> dict[str, tuple[str, str]]:
    table = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, name, basis = line.split("\t")
            table[code] = (name, basis)
    return table


def court_of(code: str) -> Court | None:
    """The court of a code such as 苏0981, or None: an unknown code says nothing about a notice."""
    entry = _table().get(code)
    return Court(entry[0], CONFIDENCE[entry[1]]) if entry else None


def place_of(code: str) -> str:
    """Province and city that a code points to (粤0602: 广东省佛山市), as far as the table knows."""
    court = court_of(code) or court_of(code[:3]) or court_of(code[:1])
    return _KIND.sub("", court.name) if court else ""


def clean_name(name: str) -> str:
    """A court's name without the words that ran into it."""
    kind = _KIND.search(name)
    if not kind:
        return name
    stem = _BEFORE_NAME.sub("", name[: kind.start()])
    return stem + kind.group() if len(stem) >= 2 else ""


def differs(code: str, named: str) -> bool:
    """Whether a named court plainly lies elsewhere or is of another level than the coded court.

    False when either is not known well enough. Development zones, renamed districts and branch
    courts make real differences, so this is a sign and never a proof.
    """
    court = court_of(code)
    if court is None or not named or re.search("[x*某]", named):
        return False
    coded = court.name
    if coded in named or named in coded:
        return False
    if _level(coded) == _level(named):
        stem = _KIND.sub("", named)
        known = _places()
        place = next((p for p in (stem, stem[-3:], stem[-2:] + "") if p in known), None)
        if place is None:
            return False
        return not any(part and part in coded for part in (stem, stem[-3:], stem[-4:]))
    named_place, coded_place = _KIND.sub("", named), _KIND.sub("", coded)
    return not (named_place in coded_place or coded_place in named_place)


def _level(name: str) -> str:
    match = re.search(r"最高|高级|中级", name)
    return match.group() if match else "basic"


@cache
def _places() -> frozenset[str]:
    """Every end of a court's place that could be a district, county or city by itself."""
    found: set[str] = set()
    for name, _ in _table().values():
        stem = _KIND.sub("", name)
        found.update(stem[-size:] for size in range(2, len(stem) + 1))
    return frozenset(found)


def find_named(text: str) -> list[tuple[str, int, int]]:
    """(name, start, end) of the courts named in a folded text."""
    found = []
    for match in _NAME.finditer(text):
        name = clean_name(match.group())
        if name:
            found.append((name, match.end() - len(name), match.end()))
    return found
