"""What a person is told about a notice that they pasted: the clock first, then what was found.

The reading itself is done by bot.notices; here it becomes sentences and buttons. Nothing says that
a notice is genuine, no sign is listed that was not found, and readings a day are limited, because a
forger would learn from both.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.conversation import screens
from bot.conversation.messages import Key, Outcome, Reply, Session, Turn
from bot.knowledge.content import Content
from bot.knowledge.render import article_label
from bot.notices import Reading, read_notice
from bot.notices.numbers import masked
from bot.notices.reading import Deadline

READINGS_A_DAY = 20
MAX_SIGNS = 4  # shown; the strongest come first
MAX_TACTICS = 2
MAX_DEADLINES = 3
MAX_CASES = 2
MAX_QUOTE = 36  # characters of a quoted place
ALREADY_ACTED = "already_acted"
HOLDER = "verify_court_notice"
"""The topic that holds signs.yml: while it is withdrawn, nothing is read by these signs either."""
TOPICS = {
    "court_notice": "verify_court_notice",
    "mediation": "verify_mediation_call",
    "lawyer_letter": "verify_lawyer_letter",
    "police_claim": "verify_police_claim",
    "collection": "verify_collector",
    "lender_reminder": "verify_collector",
    "loan_offer": "illegal_lender",
    "fake_help": "debt_relief_scam",
    "other_scam": "verify_police_claim",
    "official_warning": "verify_police_claim",
}
PAPER_TOPICS = {
    "enforcement": "verify_enforcement_notice",
    "arbitration": "arbitration_notary",
    "notary": "arbitration_notary",
}


def topic_of(reading: Reading) -> str | None:
    """The topic that tells how to verify this kind of message."""
    if reading.kind == "court_notice" and reading.paper in PAPER_TOPICS:
        return PAPER_TOPICS[reading.paper]
    return TOPICS.get(reading.kind)


def answer_notice(
    session: Session, text: str, content: Content, now: datetime, sender: str = ""
) -> Turn:
    """Read the text and answer it; `now` has a time zone. Counts the reading against the day.

    While the signs are withdrawn or past their check date, people get the official route instead.
    """
    language = session.language
    if content.status(HOLDER, language, now.date()) != "current":
        return screens.open_step(
            content, replace(session, pending=""), HOLDER, "", now, decision="notice"
        )
    count = _readings_today(session, now)
    if count >= READINGS_A_DAY:
        said = content.phrase("notice_limit", language, limit=READINGS_A_DAY)
        keys = _keys(content, session, (HOLDER, "talk_to_human"))
        after = replace(session, pending="", readings=count)
        rows = (*keys, *screens.navigation(content, after))
        outcome = Outcome(language, "notice", HOLDER)
        return Turn(after, (Reply(said, rows),), outcome=outcome)
    reading = read_notice(
        text,
        sender=sender,
        today=now.date(),
        language=language,
        sources_known=content.sources.articles,
    )
    after = replace(session, pending="", readings=count + 1, tool="", tool_state={})
    rows = (*_buttons(reading, content, after), *screens.navigation(content, after))
    topic = topic_of(reading)
    outcome = Outcome(
        language,
        "notice",
        topic if topic and content.has(topic) else None,
        sources=_sources(reading, content, language),
    )
    return Turn(after, (Reply(compose(reading, content, language), rows),), outcome=outcome)


def _readings_today(session: Session, now: datetime) -> int:
    """The count begins anew every day (China's, or whichever zone `now` is in)."""
    if session.updated is None:
        return session.readings
    same_day = session.updated.astimezone(now.tzinfo).date() == now.date()
    return session.readings if same_day else 0


def compose(reading: Reading, content: Content, language: str) -> str:
    """The reading in the person's words: deadlines, verdict, signs, what stays open, the route."""
    if reading.kind == "not_a_notice":
        return content.phrase("notice_none", language)
    parts = []
    if reading.deadlines:
        lines = [
            f"• {_deadline_line(deadline, content, language)}"
            for deadline in reading.deadlines[:MAX_DEADLINES]
        ]
        parts.append("\n".join([content.phrase("notice_deadlines", language), *lines]))
    parts.append(content.phrase(f"notice_{reading.verdict}", language))
    signs = [f"• {_sign_line(sign, content, language)}" for sign in reading.against[:MAX_SIGNS]]
    if not signs and reading.verdict == "consistent":
        signs = [
            f"• {_sign_line(sign, content, language)}"
            for sign in reading.signs
            if sign.rule.direction == "for"
        ][:2]
    if signs:
        lead = "notice_found" if reading.against else "notice_found_for"
        parts.append("\n".join([content.phrase(lead, language), *signs]))
    noted = [
        f"• {_sign_line(sign, content, language)}"
        for sign in reading.signs
        if sign.rule.weight == "neutral" and sign.rule.direction == "against"
    ][:2]
    if noted:
        parts.append("\n".join([content.phrase("notice_noted", language), *noted]))
    cases = _case_lines(reading, content, language)
    if cases:
        parts.append("\n".join(cases))
    if reading.kind == "collection" and reading.tactics:
        tactics = [
            f"• {content.pick(found.tactic.text, language)}"
            for found in reading.tactics[:MAX_TACTICS]
        ]
        parts.append("\n".join([content.phrase("notice_tactics", language), *tactics]))
    parts.append(content.phrase("notice_open", language))
    steps = [
        f"{number}. {content.pick(step.text, language)}"
        for number, step in enumerate(reading.next_steps[:4], 1)
    ]
    if steps:
        parts.append("\n".join([content.phrase("notice_steps", language), *steps]))
    return "\n\n".join(parts)


def _deadline_line(deadline: Deadline, content: Content, language: str) -> str:
    when = content.phrase(f"notice_due_{deadline.relation}", language)
    if deadline.due:
        when = f"{deadline.due.isoformat()} {when}".strip()
    elif deadline.length is not None:
        entry = content.sources.deadlines[deadline.id]
        unit = content.phrase(f"notice_unit_{deadline.unit}", language, count=deadline.length)
        joint = "，" if language.startswith("zh") else ", "
        when = f"{unit}{joint}{content.pick(entry.start, language)}"
    else:
        when = content.pick(content.sources.deadlines[deadline.id].start, language)
    joint = "：" if language.startswith("zh") else ": "
    return f"{deadline.text}{joint}{when}"


def _sign_line(sign: Any, content: Content, language: str) -> str:
    text = content.pick(sign.rule.text, language)
    quote = masked(" ".join(sign.span.quote.split()))
    if len(quote) < 2:
        return text
    if len(quote) > MAX_QUOTE:
        quote = quote[:MAX_QUOTE] + "…"
    marks = "“{}”：{}" if language.startswith("zh") else "“{}”: {}"
    return marks.format(quote, text)


def _case_lines(reading: Reading, content: Content, language: str) -> list[str]:
    lines: list[str] = []
    for number in reading.case_numbers:
        if number.form not in ("present", "mediation_register") or len(lines) == MAX_CASES:
            continue
        name = number.type_name(language)
        if name is None and number.court is None:
            continue
        court = (
            number.court.name if number.court else content.phrase("notice_court_unknown", language)
        )
        lines.append(
            content.phrase(
                "notice_case",
                language,
                number=number.span.quote,
                type=name or number.type or "",
                court=court,
            )
        )
    return lines


def _buttons(reading: Reading, content: Content, session: Session) -> tuple[tuple[Key, ...], ...]:
    """First what may already have been done, then verify, prepare, report, keep."""
    if reading.kind == "not_a_notice":
        return _keys(content, session, ("verify_court_notice", "where_to_start"))
    names: list[tuple[str, str]] = []
    if reading.involves_action:
        names.append((ALREADY_ACTED, "key_notice_acted"))
    verify = topic_of(reading)
    if verify:
        names.append((verify, "key_notice_verify"))
    if reading.deadlines:
        prepare = "enforcement_what_next" if reading.paper == "enforcement" else "sued_what_next"
        names.append((prepare, "key_notice_prepare"))
    names.append(("report_collection", "key_notice_report"))
    names.append(("keep_evidence", "key_notice_keep"))
    rows = []
    for topic, phrase in names:
        if content.has(topic):
            key = screens.topic_key(content, session, topic)
            rows.append((replace(key, text=content.phrase(phrase, session.language)),))
    return tuple(rows)


def _keys(
    content: Content, session: Session, topics: tuple[str, ...]
) -> tuple[tuple[Key, ...], ...]:
    return tuple(
        (screens.topic_key(content, session, topic),) for topic in topics if content.has(topic)
    )


def _sources(reading: Reading, content: Content, language: str) -> tuple[dict[str, Any], ...]:
    """The articles behind the signs that were found, as `ask --json` shows sources."""
    footnotes = dict.fromkeys(sign.rule.source for sign in reading.against)
    found = []
    for footnote in footnotes:
        article = content.sources.articles.get(footnote)
        if article is None:
            continue
        instrument = content.sources.instrument_of(footnote)
        found.append(
            {
                "id": footnote,
                "title": content.pick(instrument.title, language),
                "number": instrument.number,
                "article": article_label(content, footnote, language),
                "url": instrument.url,
                "checked": article.checked.isoformat(),
            }
        )
    return tuple(found)
