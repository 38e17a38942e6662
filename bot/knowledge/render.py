"""A step as the person sees it: body, the numbers it names, its sources, its status."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from bot.knowledge.content import Content
from bot.knowledge.sources import Hotline
from bot.knowledge.topics import Step, Topic
from bot.settings import CHINA

# Official hosts and everything under them: only these addresses are shown to people.
OFFICIAL_HOSTS = (
    "gov.cn",
    "gov.hk",
    "gov.mo",
    "gov.tw",
    "gov",
    "gob.es",
    "gob.mx",
    "acla.org.cn",
    "12377.cn",
    "12321.cn",
    "nifa.org.cn",
    "988lifeline.org",
    "samaritans.org.hk",
    "findahelpline.com",
    "befrienders.org",
)


@dataclass(frozen=True)
class Rendered:
    """The messages of one step and the sources behind them."""

    texts: tuple[str, ...]
    sources: tuple[dict[str, Any], ...] = ()
    is_law: bool = False


def article_label(content: Content, footnote: str, language: str) -> str:
    """ "第1033条", "art. 1033"; empty for a page."""
    article = content.sources.articles[footnote]
    if article.label:
        return content.pick(article.label, language)
    if content.sources.instrument_of(footnote).kind == "page" or not article.key[0].isdigit():
        return ""
    return content.phrase("article", language, number=article.key)


def source_list(content: Content, step: Step, language: str) -> tuple[dict[str, Any], ...]:
    """The sources as `ask --json` gives them, in the order in which the text uses them."""
    listed = []
    for footnote in step_footnotes(content, step):
        article = content.sources.articles[footnote]
        instrument = content.sources.instrument_of(footnote)
        listed.append(
            {
                "id": footnote,
                "title": content.pick(instrument.short, language),
                "number": instrument.number,
                "article": article_label(content, footnote, language),
                "url": instrument.url if _is_official(instrument.url) else None,
                "checked": article.checked.isoformat(),
            }
        )
    return tuple(listed)


def step_footnotes(content: Content, step: Step) -> tuple[str, ...]:
    """The step's footnotes and those of the deadlines it names, each once."""
    names = list(step.footnotes)
    for deadline in step.deadlines:
        names.extend(content.sources.deadlines[deadline].sources)
    return tuple(dict.fromkeys(names))


def _is_official(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    return any(f".{host}".endswith(f".{official}") for official in OFFICIAL_HOSTS)


def source_line(content: Content, step: Step, language: str) -> str:
    """ "依据：民法典 第1032条、第1033条；…" with every instrument once."""
    by_instrument: dict[str, list[str]] = {}
    for footnote in step_footnotes(content, step):
        labels = by_instrument.setdefault(content.sources.articles[footnote].instrument, [])
        label = article_label(content, footnote, language)
        if label:
            labels.append(label)
    if not by_instrument:
        return ""
    comma = "、" if language.startswith("zh") else ", "
    named = []
    for name, labels in by_instrument.items():
        instrument = content.sources.instruments[name]
        title = content.pick(instrument.short, language)
        if instrument.kind == "yardstick":
            title += content.phrase("yardstick_mark", language)
        named.append(f"{title} {comma.join(labels)}".strip())
    joint = "；" if language.startswith("zh") else "; "
    return content.phrase("sources", language, sources=joint.join(named))


def hotline_line(content: Content, hotline: Hotline, language: str, now: datetime) -> str:
    """One number with its hours; when it is surely closed, its next opening and what works now."""
    parts = [hotline.number or content.pick(hotline.name, language)]
    hours = content.pick(hotline.hours, language)
    if hours:
        key = "hours" if hotline.hours_confirmed else "hours_unconfirmed"
        parts.append(content.phrase(key, language, hours=hours))
    return " · ".join([*parts, *_closed(content, hotline, language, now)])


def _closed(content: Content, hotline: Hotline, language: str, now: datetime) -> list[str]:
    """The next opening (China's time) and what works now; empty while the line is open."""
    if hotline.schedule is None or hotline.schedule.is_open(now):
        return []
    opening = hotline.schedule.next_opening(now).astimezone(CHINA)
    parts = [content.phrase("opens_next", language, time=opening.strftime("%m-%d %H:%M"))]
    if hotline.instead and hotline.instead in content.sources.hotlines:
        instead = content.sources.hotlines[hotline.instead]
        parts.append(content.phrase("works_now", language, number=instead.number))
    return parts


def status_line(content: Content, topic: Topic, language: str, today: date) -> str:
    """When the sources were checked, who signed, and the version code."""
    version = content.version(topic.id, language)
    sign_off = content.sign_off(topic.id, language)
    values = {"checked": topic.checked.isoformat(), "version": version}
    if topic.safety and today > topic.check_again:
        return content.phrase("status_overdue", language, **values)
    if sign_off:
        return content.phrase("status_signed", language, signer=sign_off.signer, **values)
    return content.phrase("status_unsigned", language, **values)


def render_step(
    content: Content, topic: Topic, step: Step, language: str, now: datetime
) -> Rendered:
    """All messages of a step; sources and status stand below the last one."""
    parts = list(step.parts) or [""]
    parts[0] = f"{step.title}\n\n{parts[0]}".strip()
    tail = [
        hotline_line(content, content.sources.hotlines[name], language, now)
        for name in step.hotlines
        # Lines of other places stand in the text; their hours would bury the one to ring here.
        if content.sources.hotlines[name].region == "cn"
        and content.pick(content.sources.hotlines[name].hours, language)
    ]
    lines = source_line(content, step, language)
    footer = "\n".join(
        filter(None, ["\n".join(tail), lines, status_line(content, topic, language, now.date())])
    )
    parts[-1] = f"{parts[-1]}\n\n{footer}"
    return Rendered(tuple(parts), source_list(content, step, language), content.is_law(step))


def render_stub(
    content: Content, topic: Topic, language: str, now: datetime, status: str
) -> Rendered:
    """What stands where an answer is missing, withdrawn or past its check date."""
    lines = [topic.title, "", content.phrase(f"stub_{status}", language)]
    for name in topic.route:
        hotline = content.sources.hotlines[name]
        line = content.phrase(
            "route_line",
            language,
            number=hotline.number,
            name=content.pick(hotline.name, language),
            takes=content.pick(hotline.takes, language),
        )
        # Whom to look for where there is no one number.
        lines.append(" · ".join([f"• {line.strip()}", *_closed(content, hotline, language, now)]))
    return Rendered(("\n".join(lines),))
