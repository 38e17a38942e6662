"""Which signs of signs.yml a text shows, and where. Patterns live in the data, predicates here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.notices import courts
from bot.notices.case_numbers import CaseNumber
from bot.notices.folding import FoldedText
from bot.notices.links import Link
from bot.notices.numbers import Number, sender_kind
from bot.notices.rules import Rule
from bot.notices.spans import Span

# Longer than any notice: what a book-length paste says further down is not weighed.
MAX_CHARACTERS = 30_000
# A sentence that warns makes no demand: “不要向安全账户转账”, “凡是……都是诈骗”.
_SENTENCE_END = re.compile(r"[。！？!?;；\n]")
_CLAUSE_END = re.compile(r"[。！？!?;；\n,，:：]")
_WARNING_CLAUSE = re.compile(
    r"不会|绝不|从不|不得要求|切勿|请勿|勿|不要|别|不能|无需|无须|不需要|严禁|谨防|警惕|防止|防范|小心|拒绝|不收"
)
_WARNING_SENTENCE = re.compile(
    r"^.{0,24}?(?:凡是?|任何|如遇|若遇|如有人|若有人|如果有人|有人自称|遇到|接到|谨防|警惕|不要(?:相信|轻信)|切勿(?:相信|轻信)|请勿(?:相信|轻信)|"
    r"不(?:轻信|相信|听信)|防范|骗子|诈骗分子|不法分子|犯罪分子|有人冒充|冒充|公检法(?:机关)?(?:不会|没有)|没有所谓)"
)
_WARNING_AFTER = re.compile(
    r"^.{0,40}?(?:都是|均是|均为|全部是|全是|就是|一律是|一定是|属于|肯定是|必是|是)(?:典型)?(?:的)?(?:诈骗|骗子|骗局|假)"
    r"|^.{0,16}诈骗行为|^.{0,40}(?:必有诈|必诈|风险高|谨慎)"
)
_WARNING_INSIDE = re.compile(r"请勿|切勿|勿|不要|谨防|不会|不需要|任何人")
# A warning that goes on to make a demand: “请勿挂断，立即转账到安全账户”.
_DEMAND = re.compile(
    r"请(?!勿|您?不要|谨防|警惕)|立即|马上|务必|必须|需要?您|现需|否则|尽快|按照|配合"
)
_LOAN = re.compile(r"贷|欠款|逾期|借款|还款|花呗|信用卡|分期|债务|白条")
_OFFICIAL_KINDS = ("court", "delivery", "police", "government", "lender")
_FREEZE = re.compile(
    r"冻结|失效|停用|注销|异常|解冻|(?:银行|账户|认证|证书|密码器?|etc|今日).{0,6}过期"
)
_LOG_IN = re.compile(r"登录|登陆|登入|点击|访问|下载|打开|进入|请登|安装")
_BANKISH = re.compile(r"账户|帐户|银行|卡|积分|征信|支付宝|微信|余额|社保|医保|etc|etag")
_MONEY_OR_CODE = re.compile(
    r"转账|汇款|缴纳|缴费|支付|付款|还款|收款|账号|验证码|密码|下载|扫码|共享|保证金|费用|还清|结清"
)


@dataclass(frozen=True)
class Evidence:
    """What the predicates look at."""

    folded: FoldedText
    kind: str
    case_numbers: tuple[CaseNumber, ...]
    pseudo_numbers: tuple[Span, ...]
    courts: tuple[courts.NamedCourt, ...]
    links: tuple[Link, ...]
    placeholders: tuple[Span, ...]
    numbers: tuple[Number, ...]
    sender: str
    today: date


@dataclass(frozen=True)
class FoundSign:
    rule: Rule
    span: Span


def find_signs(rules: tuple[Rule, ...], evidence: Evidence) -> tuple[FoundSign, ...]:
    """The signs that the text shows, each at its first place. The kind is not looked at here."""
    found = []
    for rule in rules:
        span = (
            _pattern_place(rule, evidence.folded) if rule.any else _predicate_place(rule, evidence)
        )
        if span is not None:
            found.append(FoundSign(rule, span))
    return tuple(found)


def _pattern_place(rule: Rule, folded: FoldedText) -> Span | None:
    text = folded.text[:MAX_CHARACTERS]
    place: tuple[int, int] | None = None
    for pattern in rule.any:
        for count, match in enumerate(pattern.finditer(text)):
            if match.end() == match.start():
                continue
            if rule.warned or rule.direction == "for" or not is_warning(text, *match.span()):
                place = match.span()
                break
            if count >= 8:
                break
        if place:
            break
    if place is None:
        return None
    if not all(pattern.search(text) for pattern in rule.all):
        return None
    if any(pattern.search(text) for pattern in rule.unless):
        return None
    return folded.span(*place)


def is_warning(text: str, start: int, end: int) -> bool:
    """Whether these words stand in a warning against what they name, not in a demand for it."""
    window = text[max(0, start - 80) : start]
    sentence = _SENTENCE_END.split(window)[-1]
    clause = _CLAUSE_END.split(window)[-1]
    rest = _SENTENCE_END.split(text[start : end + 60])[0]
    if _WARNING_AFTER.search(rest) or _WARNING_INSIDE.search(text[start:end]):
        return True
    if _WARNING_CLAUSE.search(clause[-16:]) and not re.search(r"否则|如不|若不", clause):
        return True
    # The match itself may hold the warning: 转账至任何个人账户的都是诈骗.
    if re.search(r"(?:不会|切勿|请勿|不要).{0,8}$", text[max(0, start - 10) : start]):
        return True
    return bool(_WARNING_SENTENCE.search(sentence)) and not _DEMAND.search(sentence[-24:])


def _predicate_place(rule: Rule, evidence: Evidence) -> Span | None:
    place = PREDICATES[rule.predicate](evidence)
    if place is None or any(pattern.search(evidence.folded.text) for pattern in rule.unless):
        return None
    return place


def _first(spans: tuple[Span, ...]) -> Span | None:
    return spans[0] if spans else None


def _lookalike_host(evidence: Evidence) -> Span | None:
    return next((link.span for link in evidence.links if "lookalike" in link.oddities), None)


def _unofficial_link(evidence: Evidence) -> Span | None:
    for link in evidence.links:
        if link.known is None and not link.is_government and "lookalike" not in link.oddities:
            return link.span
    return None


def _odd_link(evidence: Evidence) -> Span | None:
    odd = {"short", "address", "punycode", "homoglyph", "user"}
    return next((link.span for link in evidence.links if odd & set(link.oddities)), None)


def _official_host(evidence: Evidence) -> Span | None:
    for link in evidence.links:
        if link.known is not None and link.known.kind in _OFFICIAL_KINDS and not link.oddities:
            return link.span
    return None


def _freeze_and_link(evidence: Evidence) -> Span | None:
    """A freeze or expiry, a demand to log in, and an address that is no known official host."""
    text = evidence.folded.text
    freeze = _FREEZE.search(text)
    if not (freeze and _LOG_IN.search(text) and _BANKISH.search(text)):
        return None
    if evidence.kind in ("court_notice", "mediation", "official_warning"):
        return None
    spans = [
        link.span
        for link in evidence.links
        if link.known is None and not link.is_government and not _is_bank_host(link)
    ]
    spans += evidence.placeholders
    if not spans or is_warning(text, *freeze.span()):
        return None
    login = _LOG_IN.search(text)
    assert login is not None
    return None if is_warning(text, *login.span()) else spans[0]


def _is_bank_host(link: Link) -> bool:
    return bool(
        re.fullmatch(
            r"(?:icbc|ccb|abchina|boc|bankcomm|cmbchina|psbc|spdb|cib|cebbank|citicbank|cmbc|hxb|"
            r"pingan|95516|unionpay|alipay|10086|10010|189|jd|qq|weixin|ctrip|12306)"
            r"\.(?:com|cn|com\.cn)",
            link.registered,
        )
    )


def _wedged(evidence: Evidence) -> Span | None:
    return _first(tuple(trick.span for trick in evidence.folded.tricks))


def _pseudo_case_number(evidence: Evidence) -> Span | None:
    return _first(evidence.pseudo_numbers)


def _malformed(evidence: Evidence) -> Span | None:
    """Looks like the present form but lacks a part: （2025）粤01123号."""
    for number in evidence.case_numbers:
        if number.form == "other" and re.search(
            rf"[)\]〕】]\s?[{courts.PROVINCES}]\d{{2,}}号", number.span.quote.translate(_HALF)
        ):
            return number.span
    return None


_HALF = str.maketrans("（）［］０１２３４５６７８９", "()[]0123456789")


def _future(evidence: Evidence) -> Span | None:
    for number in evidence.case_numbers:
        if number.year and number.year > evidence.today.year:
            return number.span
    return None


def _court_mismatch(evidence: Evidence) -> Span | None:
    """A court named that differs from the coded one, where no court named agrees."""
    coded = [number for number in evidence.case_numbers if number.court]
    if not coded or not evidence.courts:
        return None
    for number in coded:
        assert number.court_code
        if not all(courts.differs(number.court_code, named.name) for named in evidence.courts):
            return None
    return coded[0].span


def _court_agrees(evidence: Evidence) -> Span | None:
    for number in evidence.case_numbers:
        if not (number.court and number.well_formed and number.court_code):
            continue
        for named in evidence.courts:
            if named.name in number.court.name or number.court.name in named.name:
                return number.span
    return None


def _well_formed(evidence: Evidence) -> Span | None:
    return next((number.span for number in evidence.case_numbers if number.well_formed), None)


def _court_named(evidence: Evidence) -> Span | None:
    return next((named.span for named in evidence.courts), None)


def _criminal_for_loan(evidence: Evidence) -> Span | None:
    if not _LOAN.search(evidence.folded.text):
        return None
    return next((n.span for n in evidence.case_numbers if n.stage() == "criminal"), None)


def _private_contact(evidence: Evidence) -> Span | None:
    """Only mobile or virtual numbers to call, and neither a landline nor an official line."""
    phones = [n for n in evidence.numbers if n.kind not in ("id_card", "bank_card", "account")]
    if phones and all(number.kind in ("mobile", "virtual") for number in phones):
        return phones[0].span
    return None


def _sender(evidence: Evidence) -> Span | None:
    return Span(0, 0, "") if sender_kind(evidence.sender)[0] else None


def _asks_nothing(evidence: Evidence) -> Span | None:
    text = evidence.folded.text
    demand = next(
        (m for m in _MONEY_OR_CODE.finditer(text) if not is_warning(text, *m.span())), None
    )
    if demand or not text.strip():
        return None
    return evidence.folded.span(0, min(len(text), 1))


def _warns_only(evidence: Evidence) -> Span | None:
    text = evidence.folded.text
    if evidence.links or not re.search(r"诈骗|骗局|骗子|被骗|有诈|警惕|谨防", text):
        return None
    warning = re.search(r"诈骗|骗局|骗子|被骗|有诈|警惕|谨防", text)
    assert warning is not None
    return evidence.folded.span(*warning.span())


PREDICATES: Mapping[str, Callable[[Evidence], Span | None]] = {
    "lookalike_host": _lookalike_host,
    "unofficial_link": _unofficial_link,
    "odd_link": _odd_link,
    "official_host": _official_host,
    "freeze_and_link": _freeze_and_link,
    "wedged": _wedged,
    "pseudo_case_number": _pseudo_case_number,
    "malformed_case_number": _malformed,
    "future_case_number": _future,
    "court_mismatch": _court_mismatch,
    "court_agrees": _court_agrees,
    "well_formed_number": _well_formed,
    "court_named": _court_named,
    "criminal_number_for_loan": _criminal_for_loan,
    "private_contact": _private_contact,
    "sender": _sender,
    "asks_nothing": _asks_nothing,
    "warns_only": _warns_only,
}
