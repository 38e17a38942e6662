"""The hotline worker's look-up: words in titles, texts, articles and numbers, without any NLU."""

import unicodedata
from dataclasses import dataclass
from datetime import date

from bot.knowledge.content import Content
from bot.knowledge.render import article_label, step_footnotes

TITLE_WEIGHT = 5
EXCERPT = 60  # characters either side of the hit


@dataclass(frozen=True)
class Found:
    topic: str
    step: str
    title: str
    excerpt: str
    version: str
    status: str
    score: int


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def find(content: Content, words: str, language: str, today: date, limit: int = 10) -> list[Found]:
    """Steps that hold every word, best first. Words are separated by blanks; a Chinese word of two
    characters is found inside a sentence. Staff notes, sources and numbers are searched too. An
    answer that people do not get today is found all the same, and its status says why."""
    wanted = _fold(words).split()
    found = []
    for name in content.topics if wanted else ():
        topic = content.topic(name, language)
        for step in topic.steps.values():
            title = _fold(f"{topic.title} {step.title} {name}")
            body = _fold("\n".join((*step.parts, *step.staff)))
            sources = _fold(
                " ".join(_source(content, note, language) for note in step_footnotes(content, step))
            )
            numbers = _fold(
                " ".join(content.sources.hotlines[line].number for line in step.hotlines)
            )
            everything = f"{title}\n{body}\n{sources}\n{numbers}"
            if not all(word in everything for word in wanted):
                continue
            score = sum(TITLE_WEIGHT * title.count(word) + body.count(word) for word in wanted)
            found.append(
                Found(
                    name,
                    step.id,
                    f"{topic.title} / {step.title}",
                    _excerpt("\n".join(step.parts), wanted[0]),
                    content.version(name, language),
                    content.status(name, language, today),
                    score,
                )
            )
    return sorted(found, key=lambda hit: (-hit.score, hit.topic, hit.step))[:limit]


def _excerpt(text: str, word: str) -> str:
    flat = " ".join(text.split())
    at = max(_fold(flat).find(word), 0)
    start = max(at - EXCERPT, 0)
    end = at + len(word) + EXCERPT
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")


def _source(content: Content, footnote: str, language: str) -> str:
    instrument = content.sources.instrument_of(footnote)
    label = article_label(content, footnote, language)
    return f"{content.pick(instrument.short, language)} {instrument.number} {label}"
