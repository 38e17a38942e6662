"""Reads one claimed notice: kind, verdict, and everything found, each with its place in the text.

The verdict is `consistent` at best, never "genuine": everything that speaks for a notice can be
copied. What speaks against it is weighed in responses/signs.yml; a sender's number, a missing seal
and an unofficial link are neutral there and never decide.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

from bot.notices.case_numbers import CaseNumber, find_case_numbers, find_pseudo_numbers
from bot.notices.courts import NamedCourt, find_named
from bot.notices.dates import Day, Period, find_days, find_periods
from bot.notices.folding import FoldedText, Trick
from bot.notices.links import (
    Link,
    find_emails,
    find_links,
    find_placeholders,
    find_qr_codes,
)
from bot.notices.money import Amount, QuotedLaw, find_amounts, find_laws
from bot.notices.numbers import Number, find_numbers, masked, sender_kind
from bot.notices.rules import (
    STERN_KINDS,
    WEAK_TOGETHER,
    WEAK_TOGETHER_STERN,
    NextStep,
    Rules,
    Tactic,
    load_rules,
    pick,
)
from bot.notices.signs import MAX_CHARACTERS, Evidence, FoundSign, find_signs
from bot.notices.spans import Span

Kind = Literal[
    "court_notice",
    "mediation",
    "lawyer_letter",
    "police_claim",
    "collection",
    "lender_reminder",
    "loan_offer",
    "fake_help",
    "other_scam",
    "official_warning",
    "not_a_notice",
]
Verdict = Literal["signs_of_forgery", "cannot_tell", "consistent"]
# Kinds that say they come from an authority or a person with its weight.
AUTHORITY = ("court_notice", "mediation", "lawyer_letter", "police_claim")
ENOUGH = 3  # points from which a text is that kind of message
CONSISTENT_SIGNS = 2  # signs for it that a consistent court paper shows at least
# The order in which kinds with the same points are preferred.
_ORDER = (
    "other_scam", "fake_help", "official_warning", "police_claim", "mediation", "court_notice",
    "lawyer_letter", "collection", "loan_offer", "lender_reminder",
)  # fmt: skip
_BY_STAGE = {
    "payment_order": ("payment_order",),
    "preservation": ("preservation",),
    "enforcement": ("enforcement",),
    "mediation": ("mediation",),
    "sued": ("complaint",),
}


@dataclass(frozen=True)
class Deadline:
    """A clock that runs if the paper is genuine. `due` is the day where the text names it."""

    id: str
    span: Span
    due: date | None
    relation: str  # past | today | tomorrow | future | unknown
    length: int | None
    unit: str
    text: str


@dataclass(frozen=True)
class FoundTactic:
    tactic: Tactic
    span: Span


@dataclass(frozen=True)
class Reading:
    """What was found in a text. Spans count characters of the text as it was sent."""

    kind: Kind
    verdict: Verdict | None
    language: str
    paper: str
    signs: tuple[FoundSign, ...] = ()
    case_numbers: tuple[CaseNumber, ...] = ()
    courts: tuple[NamedCourt, ...] = ()
    links: tuple[Link, ...] = ()
    emails: tuple[Span, ...] = ()
    qr_codes: tuple[Span, ...] = ()
    numbers: tuple[Number, ...] = ()
    amounts: tuple[Amount, ...] = ()
    dates: tuple[Day, ...] = ()
    periods: tuple[Period, ...] = ()
    laws: tuple[QuotedLaw, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    tactics: tuple[FoundTactic, ...] = ()
    tricks: tuple[Trick, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    sender_kind: str = ""
    sender_area: str = ""

    @property
    def against(self) -> tuple[FoundSign, ...]:
        """Signs against, strong first; neutral ones are not among them."""
        signs = [s for s in self.signs if s.rule.direction == "against"]
        order = {"strong": 0, "weak": 1}
        counted = [s for s in signs if s.rule.weight in order]
        return tuple(sorted(counted, key=lambda sign: order[sign.rule.weight]))

    @cached_property
    def involves_action(self) -> bool:
        """Money, a link, a code or a picture to scan: the person may have acted already."""
        ids = {sign.rule.id for sign in self.signs}
        acting = {
            "private_account", "safe_account", "codes_or_screen", "fee_to_drop_case",
            "freeze_and_log_in", "pay_before_loan", "asks_payment", "pickup_code",
            "bill_failed_link", "online_police", "recover_lost_money", "asks_96110_money",
        }  # fmt: skip
        accounts = any(number.kind in ("bank_card", "account") for number in self.numbers)
        return bool(self.links or self.qr_codes or accounts or ids & acting)

    def as_json(self) -> dict[str, Any]:
        """The contract of `helpline check-notice` (shared design). Numbers in quotes are masked."""
        language = self.language
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "paper": self.paper or None,
            "signs": [_sign_json(sign, language) for sign in self.signs],
            "case_numbers": [_case_json(number, language) for number in self.case_numbers],
            "courts": [{"name": c.name, **_place(c.span)} for c in self.courts],
            "links": [_link_json(link, language) for link in self.links],
            "emails": [_place(span) for span in self.emails],
            "qr_codes": [_place(span) for span in self.qr_codes],
            "numbers": [_number_json(number) for number in self.numbers],
            "amounts": [{"yuan": a.yuan, **_place(a.span)} for a in self.amounts],
            "dates": [_day_json(day) for day in self.dates],
            "periods": [{"count": p.count, "unit": p.unit, **_place(p.span)} for p in self.periods],
            "laws": [_law_json(law) for law in self.laws],
            "deadlines": [_deadline_json(deadline) for deadline in self.deadlines],
            "tactics": [_tactic_json(found, language) for found in self.tactics],
            "tricks": [{"kind": t.kind, **_place(t.span)} for t in self.tricks],
            "sender": {"kind": self.sender_kind or None, "area": self.sender_area or None},
            "next_steps": [
                {"id": s.id, "text": pick(s.text, language), "route": s.route}
                for s in self.next_steps
            ],
        }


def read_notice(
    text: str,
    *,
    sender: str = "",
    today: date,
    language: str = "zh",
    sources_known: Callable[[str], bool] | Mapping[str, object] = {},  # noqa: B006  # only read
) -> Reading:
    """Read a pasted text. `today` is the day dates are set against; `sources_known` says whether
    sources.yml holds a footnote id such as cpl-128."""
    rules = load_rules()
    folded = FoldedText(text)
    cases = find_case_numbers(folded)
    taken = tuple(number.span for number in cases)
    links = find_links(folded)
    emails = find_emails(folded)
    numbers = find_numbers(folded, (*taken, *(link.span for link in links), *emails))
    named = tuple(
        NamedCourt(name, folded.span(start, end)) for name, start, end in find_named(folded.text)
    )
    evidence = Evidence(
        folded=folded,
        kind="",
        case_numbers=cases,
        pseudo_numbers=find_pseudo_numbers(folded),
        courts=named,
        links=links,
        placeholders=find_placeholders(folded),
        numbers=numbers,
        sender=sender,
        today=today,
    )
    signs = find_signs(rules.signs, evidence)
    kind = _kind(rules, folded, cases, signs)
    signs = tuple(s for s in signs if not s.rule.kinds or kind in s.rule.kinds)
    if kind == "not_a_notice":
        signs = ()
    paper = _paper(rules, folded, kind, cases)
    days = find_days(folded, today, (*taken, *(link.span for link in links)))
    verdict = _verdict(kind, signs)
    sender_is, area = sender_kind(sender)
    reading = Reading(
        kind=kind,
        verdict=verdict,
        language=language,
        paper=paper,
        signs=_ordered(signs),
        case_numbers=cases,
        courts=named,
        links=links,
        emails=emails,
        qr_codes=find_qr_codes(folded),
        numbers=numbers,
        amounts=find_amounts(folded),
        dates=days,
        periods=find_periods(folded),
        laws=find_laws(folded, sources_known),
        deadlines=_deadlines(rules, folded, kind, paper, cases, days, language),
        tactics=_tactics(rules, folded, kind),
        tricks=folded.tricks,
        sender_kind=sender_is,
        sender_area=area,
    )
    return _with_steps(reading, rules)


def _kind(
    rules: Rules, folded: FoldedText, cases: tuple[CaseNumber, ...], signs: tuple[FoundSign, ...]
) -> Kind:
    text = folded.text[:MAX_CHARACTERS]
    points = {
        kind: sum(worth for pattern, worth in patterns if pattern.search(text))
        for kind, patterns in rules.kinds.items()
    }
    claims = dict(points)
    for number in cases:
        if number.form == "mediation_register":
            points["mediation"] += 4
        elif number.form in ("present", "old", "masked") and number.stage() != "criminal":
            points["court_notice"] += 3
        break
    for sign in signs:
        if sign.rule.makes:
            kind, worth = sign.rule.makes
            points[kind] = points.get(kind, 0) + worth
    harmless = sum(worth for pattern, worth in rules.harmless if pattern.search(text))
    strong = any(s.rule.weight == "strong" and s.rule.direction == "against" for s in signs)
    best = max(_ORDER, key=lambda kind: (points[kind], -_ORDER.index(kind)))
    worth = points[best]
    warns = points["official_warning"] >= ENOUGH and not cases
    if warns and not any(
        s.rule.direction == "against" and s.rule.weight != "neutral" for s in signs
    ):
        return "official_warning"
    if best == "official_warning" and strong:
        best = next((k for k in AUTHORITY if claims[k] >= ENOUGH), "other_scam")
    if worth < ENOUGH:
        # Friends send each other money too: that alone makes no notice.
        telling = any(
            s.rule.weight == "strong"
            and s.rule.direction == "against"
            and (worth or s.rule.id != "private_account")
            for s in signs
        )
        return "other_scam" if telling else "not_a_notice"
    if harmless and not strong and not cases and worth - harmless < ENOUGH - 1:
        return "not_a_notice"
    return best  # type: ignore[return-value]  # _ORDER holds kinds only


def _paper(rules: Rules, folded: FoldedText, kind: str, cases: tuple[CaseNumber, ...]) -> str:
    """The paper that a court notice claims to be: the first of signs.yml that fits."""
    if kind not in ("court_notice", "mediation"):
        return ""
    if kind == "mediation":
        return "mediation"
    text = folded.text
    for paper in rules.papers:
        if any(pattern.search(text) for pattern in paper.any):
            return paper.id
    for number in cases:
        names = _BY_STAGE.get(number.stage() or "")
        if names:
            return names[0]
    return ""


def _verdict(kind: str, signs: tuple[FoundSign, ...]) -> Verdict | None:
    if kind == "not_a_notice":
        return None
    against = [s.rule for s in signs if s.rule.direction == "against"]
    weak = sum(rule.weight == "weak" for rule in against)
    enough = WEAK_TOGETHER_STERN if kind in STERN_KINDS else WEAK_TOGETHER
    if any(rule.weight == "strong" for rule in against) or weak >= enough:
        return "signs_of_forgery"
    if weak:
        return "cannot_tell"
    speaks_for = sum(s.rule.direction == "for" and s.rule.weight != "neutral" for s in signs)
    needed = CONSISTENT_SIGNS if kind in AUTHORITY else 1
    return "consistent" if speaks_for >= needed else "cannot_tell"


def _ordered(signs: tuple[FoundSign, ...]) -> tuple[FoundSign, ...]:
    weight = {"strong": 0, "weak": 1, "neutral": 2}
    return tuple(sorted(signs, key=lambda s: (s.rule.direction == "for", weight[s.rule.weight])))


def _deadlines(
    rules: Rules,
    folded: FoldedText,
    kind: str,
    paper: str,
    cases: tuple[CaseNumber, ...],
    days: tuple[Day, ...],
    language: str,
) -> tuple[Deadline, ...]:
    """Clocks of the papers the text claims to be, the day named first. Empty for other kinds."""
    if kind not in ("court_notice", "mediation"):
        return ()
    text = folded.text
    wanted: dict[str, Span] = {}
    for entry in rules.papers:
        if kind == "mediation" and entry.id not in ("mediation", "summons"):
            continue
        match = next((m for pattern in entry.any if (m := pattern.search(text))), None)
        if match and not (entry.id in ("filing", "documents") and wanted):
            for name in entry.deadlines:
                wanted.setdefault(name, folded.span(*match.span()))
    for number in cases:
        for stage in _BY_STAGE.get(number.stage() or "", ()):
            entry = next(p for p in rules.papers if p.id == stage)
            for name in entry.deadlines:
                wanted.setdefault(name, number.span)
    if "enforcement-notice" in wanted:  # a judgment named there is past its appeal
        wanted.pop("answer", None)
        wanted.pop("jurisdiction-objection", None)
    hearing = next((d for d in days if d.role == "hearing" and d.day), None)
    found = [
        _deadline(rules, name, span, hearing if name == "hearing" else None, language)
        for name, span in wanted.items()
        if name != "hearing" or hearing or paper == "summons"
    ]
    return tuple(sorted(found, key=lambda d: (d.due is None, d.due or date.max)))


def _deadline(rules: Rules, name: str, span: Span, named: Day | None, language: str) -> Deadline:
    entry = rules.deadlines[name]
    parts = [pick(entry.paper, language), pick(entry.action, language)]
    text = "：".join(parts) if language.startswith("zh") else ": ".join(parts)
    due = named.day if named else None
    return Deadline(
        name,
        named.span if named else span,
        due,
        named.relation if named else "unknown",
        entry.length,
        entry.unit,
        text,
    )


def due_if_received(deadline: Deadline, received: date) -> date | None:
    """The plain last day of a period of days that began on the day of receipt."""
    if deadline.length is None or deadline.unit != "day":
        return None
    return received + timedelta(days=deadline.length)


def _tactics(rules: Rules, folded: FoldedText, kind: str) -> tuple[FoundTactic, ...]:
    if kind not in ("collection", "lawyer_letter", "mediation", "police_claim", "lender_reminder"):
        return ()
    found = []
    for tactic in rules.tactics:
        match = next((m for p in tactic.any if (m := p.search(folded.text))), None)
        if match and (kind == "collection" or re.search("贷|欠|逾期|还款|债", folded.text)):
            found.append(FoundTactic(tactic, folded.span(*match.span())))
    return tuple(found)


def _with_steps(reading: Reading, rules: Rules) -> Reading:
    names = list(rules.steps_by_kind[reading.kind])
    if reading.kind == "court_notice":
        if reading.paper in ("enforcement", "preservation"):
            names.insert(1, "verify_enforcement")
        if reading.paper in ("arbitration", "notary"):
            names.insert(1, "verify_arbitration")
    if reading.verdict == "signs_of_forgery" and "report" not in names and names:
        names.append("report")
    if not reading.deadlines and "deadline" in names:
        names.remove("deadline")
    if reading.kind != "not_a_notice" and (
        reading.involves_action or reading.verdict == "signs_of_forgery"
    ):
        names.insert(0, "stop")
    if reading.deadlines and "deadline" in names:  # deadlines come first in every verdict
        names.remove("deadline")
        names.insert(0, "deadline")
    return replace(reading, next_steps=tuple(rules.steps[name] for name in names))


def _place(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "quote": masked(span.quote)}


def _sign_json(sign: FoundSign, language: str) -> dict[str, Any]:
    rule = sign.rule
    return {
        "id": rule.id,
        "weight": rule.weight,
        "direction": rule.direction,
        **_place(sign.span),
        "text": pick(rule.text, language),
        "source": rule.source or None,
    }


def _case_json(number: CaseNumber, language: str) -> dict[str, Any]:
    return {
        "text": number.span.quote,
        "form": number.form,
        "year": number.year,
        "court_code": number.court_code,
        "court": number.court.name if number.court else None,
        "court_confidence": number.court.confidence if number.court else None,
        "type": number.type,
        "type_name": number.type_name(language),
        "serial": number.serial,
        "suffix": number.suffix,
        "start": number.span.start,
        "end": number.span.end,
    }


def _link_json(link: Link, language: str) -> dict[str, Any]:
    known = link.known
    return {
        **_place(link.span),
        "host": link.host,
        "registered_domain": link.registered,
        "known": pick(known.name, language) if known else None,
        "known_kind": known.kind if known else None,
        "confidence": known.confidence if known else None,
        "oddities": list(link.oddities),
    }


def _number_json(number: Number) -> dict[str, Any]:
    place = {"start": number.span.start, "end": number.span.end, "quote": number.masked}
    return {"kind": number.kind, "area": number.area or None, **place}


def _day_json(day: Day) -> dict[str, Any]:
    return {
        **_place(day.span),
        "date": day.day.isoformat() if day.day else None,
        "time": day.time,
        "relation": day.relation,
        "role": day.role,
    }


def _law_json(law: QuotedLaw) -> dict[str, Any]:
    return {
        **_place(law.span),
        "law": law.law,
        "article": law.article,
        "source": law.id if law.held else None,
        "checked": law.held,
    }


def _deadline_json(deadline: Deadline) -> dict[str, Any]:
    return {
        "id": deadline.id,
        **_place(deadline.span),
        "due": deadline.due.isoformat() if deadline.due else None,
        "relation": deadline.relation,
        "length": deadline.length,
        "unit": deadline.unit,
        "text": deadline.text,
    }


def _tactic_json(found: FoundTactic, language: str) -> dict[str, Any]:
    tactic = found.tactic
    text = pick(tactic.text, language)
    return {"id": tactic.id, **_place(found.span), "text": text, "source": tactic.source}
