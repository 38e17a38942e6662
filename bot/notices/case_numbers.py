"""Case numbers: the rule in force since 2016, the writings before it, registers and look-alikes.

Rule: 《关于人民法院案件案号的若干规定》 (法〔2015〕137号, amended by 法〔2018〕335号),
articles 2 to 7:
（year）court code, speciality, type, serial 号. A number that reads well proves nothing: it can be
copied. One that does not is a warning and no proof either.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.notices.courts import PROVINCES, Court, court_of
from bot.notices.folding import FoldedText
from bot.notices.spans import Span

Form = Literal["present", "old", "mediation_register", "masked", "other"]
_TYPES = Path(__file__).with_name("data") / "case_types.yml"
_OPEN, _CLOSE = "(\\[〔【{（［", ")\\]〕】}）］"
_MASK = "x×*＊某?？_▇█□○●…."
# （year） then up to 40 characters, then 号. Full width has been folded to half width before.
_NUMBER = re.compile(
    rf"[{_OPEN}]\s*(?P<year>(?:19|20)\d\d|[x*×某]{{4}}|20[x*×某\d]{{2}})\s*(?:年度?)?\s*[{_CLOSE}]"
    rf"\s*(?P<body>[^{_OPEN}{_CLOSE}\n,，。;；:：、!！?？]{{1,40}}?)\s*号(?P<suffix>之[一二三四五六七八九十]{{1,3}})?"
)
_BODY = re.compile(
    rf"(?P<code>最高法|[{PROVINCES}兵军](?:\d{{4}}|\d{{2}})?)"
    r"(?P<special>知|铁|海|林|油|矿|垦)?(?P<type>[\u4e00-\u9fff]{1,6}?)"
    r"(?P<odd>字第|字|第)?(?P<serial>\d{1,7}(?:[-—~至]\d{1,7})?)$"
)
_OLD_BODY = re.compile(
    r"(?P<head>[\u4e00-\u9fff]{1,14}?)(?P<odd>字第|字|第)?(?P<serial>\d{1,7}(?:[-—~至]\d{1,7})?)$"
)
_NOT_A_COURT = re.compile(
    r"仲|裁字|劳人|证内|证外|证字|公证|公(?:刑|经|治)|检|罚|不动产|产权|税|函|发$|办|令|通字|律|行政许可|司鉴|评报|政复|复议"
    r"|市监|银|保监|工商|规|建|环|房权|国用|企法|缉|专利"
)
_REGISTER = re.compile(r"诉前|引调|诉调|预调|前调|委调|特调|联调|先调|人调|诉非|非诉|诉转|立调")
# A case that a court itself numbers although a word above stands in it (行政复议 is not one).
_COURT_WORDS = re.compile(r"民初|民终|刑初|刑终|行初|行终|执|赔|破|财保|监|抗|再|申")
_HAS_MASK = re.compile(r"[x×*某?_▇█□○●…]")
_PSEUDO = re.compile(
    r"(?:法务|立案预登记|预立案|诉讼登记|案件登记|委案|调字|法催|律函|预诉)(?:编号|号码|号|第)?[::]?\s*"
    r"(?:第)?[a-z0-9\-]{4,24}号?|调字第\s?\d{2,12}号"
)


@dataclass(frozen=True)
class CaseNumber:
    """One number found. Parts that cannot be read are None; `serial` keeps leading zeros."""

    span: Span
    form: Form
    year: int | None = None
    court_code: str | None = None
    court: Court | None = None
    special: str | None = None
    type: str | None = None
    serial: str | None = None
    suffix: str | None = None
    well_formed: bool = False  # agrees with the present rule in every part

    def type_name(self, language: str) -> str | None:
        return type_name(self.type, language)

    def stage(self) -> str | None:
        """What the type says about how far things are: sued, enforcement, mediation, ..."""
        return str(_types()[self.type]["stage"]) if self.type in _types() else None


@cache
def _types() -> dict[str, dict[str, Any]]:
    """Type codes with their names and the stage they belong to (data/case_types.yml)."""
    data: dict[str, dict[str, Any]] = yaml.load(
        _TYPES.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return data


def type_name(code: str | None, language: str) -> str | None:
    entry = _types().get(code or "")
    return str(entry["name"]["zh" if language == "zh-Hant" else language]) if entry else None


def find_case_numbers(folded: FoldedText) -> tuple[CaseNumber, ...]:
    """Every case number of the text, in order; numbers of other bodies have the form `other`."""
    found = []
    for match in _NUMBER.finditer(folded.text):
        number = _read(match, folded)
        if number:
            found.append(number)
    return tuple(found)


def find_pseudo_numbers(folded: FoldedText) -> tuple[Span, ...]:
    """法务编号, 立案预登记号 and the like: dressed up as case numbers, no form of the rule."""
    return tuple(folded.span(*match.span()) for match in _PSEUDO.finditer(folded.text))


def _read(match: "re.Match[str]", folded: FoldedText) -> CaseNumber | None:
    body = re.sub(r"\s+", "", match["body"])
    year_text = match["year"]
    year = int(year_text) if year_text.isdigit() else None
    if not re.search(r"[\u4e00-\u9fff]", body):
        # 法释〔2020〕17号 numbers a document; （2025）**** 号 hides everything.
        if not (_HAS_MASK.search(body) and not body.isdigit()):
            return None
        return CaseNumber(_span(match, folded), "masked", year)
    number = CaseNumber(_span(match, folded), "other", year, suffix=match["suffix"])
    present = _BODY.match(body)
    if present and _is_present(present, year) and not _is_elsewhere(present["type"]):
        return _present(number, present)
    if _HAS_MASK.search(body) or year is None or re.match(r"[a-z]", body):
        return _masked(number, body)
    old = _OLD_BODY.match(body)
    if old is None or _is_elsewhere(old["head"]):
        if old is None and not re.search(r"\d", body):
            return None
        return number if _is_elsewhere(body) else replace(number, **_readable(body))
    if not old["odd"]:
        # 粤01123号: a code without a type. 民初123号: a type without a court.
        if re.match(rf"[{PROVINCES}]\d", body) or not re.search(
            "[初终执调申再监特督审保提抗]|民上", old["head"]
        ):
            return replace(number, **_readable(body))
        if old["head"] in _types():
            return replace(number, type=old["head"], serial=old["serial"])
    return replace(
        number,
        form="mediation_register" if _REGISTER.search(old["head"]) else "old",
        type=_type_at_end(old["head"]),
        serial=old["serial"],
    )


def _span(match: "re.Match[str]", folded: FoldedText) -> Span:
    return folded.span(match.start(), match.end())


def _is_present(parts: "re.Match[str]", year: int | None) -> bool:
    """黔毕中刑终字第139号 begins with a province too: digits or a known type tell it apart."""
    if len(parts["code"]) > 1 and parts["code"] != "最高法":
        return True
    if parts["odd"] and (parts["special"] or "") + parts["type"] not in _types():
        return False
    return year is None or year >= 2015


def _is_elsewhere(words: str) -> bool:
    return "检" in words or (bool(_NOT_A_COURT.search(words)) and not _COURT_WORDS.search(words))


def _present(number: CaseNumber, parts: "re.Match[str]") -> CaseNumber:
    kind = parts["type"]
    special = parts["special"]
    if special and special + kind in _types():
        kind, special = special + kind, None
    form: Form = "present"
    if _REGISTER.search(kind):
        form = "mediation_register"
    elif parts["odd"]:
        form = "old"  # 鲁72民特字61号 mixes both writings
    elif number.year is None:
        form = "masked"
    code = parts["code"]
    return replace(
        number,
        form=form,
        court_code=code,
        court=court_of(code),
        special=special,
        type=(special or "") + kind,
        serial=parts["serial"],
        well_formed=form == "present" and kind in _types() and (number.year or 0) >= 2015,
    )


def _readable(body: str) -> dict[str, Any]:
    """What can be read of a number that is none: the court code, if one stands there."""
    code = re.match(rf"最高法|[{PROVINCES}](?:\d{{4}}|\d{{2}})", body)
    if code is None or re.match(r"[\u4e00-\u9fff]\d{5,}", body):
        return {}
    return {"court_code": code.group(), "court": court_of(code.group())}


def _masked(number: CaseNumber, body: str) -> CaseNumber | None:
    if _is_elsewhere(body):
        return replace(number, form="masked") if _HAS_MASK.search(body) else number
    kinds = (kind for kind in _types_by_length() if len(kind) > 1)
    kind = next((kind for kind in kinds if kind in body), None)
    if kind is None and "执" in body:
        kind = "执"
    if kind is None and not re.search("[初终调申再监特督审保破]", body):
        return None
    return replace(number, form="masked", type=kind, **_readable(body))


@cache
def _types_by_length() -> tuple[str, ...]:
    return tuple(sorted(_types(), key=len, reverse=True))


def _type_at_end(head: str) -> str | None:
    return next((kind for kind in _types_by_length() if head.endswith(kind)), None)
