"""A topic as a person sees it, for its editors: in the terminal, or as one printable page."""

import re
from datetime import datetime
from html import escape

from bot.knowledge.content import Content
from bot.knowledge.render import article_label, render_step, step_footnotes
from bot.knowledge.topics import Button, Step, Topic

_STYLE = """
body { font: 11pt/1.5 "Noto Sans CJK SC", "Noto Sans", sans-serif; }
body { max-width: 42em; margin: 2em auto; }
section { break-inside: avoid; border-top: 1px solid #999; padding-top: .5em; }
.buttons { list-style: none; padding: 0; }
.buttons li { border: 1px solid #666; border-radius: .4em; display: inline-block; }
.buttons li { padding: .2em .6em; margin: .2em 0; }
.staff { background: #eee; padding: .4em .8em; }
.sources { font-size: 9pt; }
p { white-space: pre-line; }
"""


def as_text(content: Content, name: str, language: str, now: datetime) -> str:
    """Every step with its buttons, its staff notes and the quoted articles."""
    topic = content.topic(name, language)
    lines = [
        f"{topic.title}  ({name}, {language}, {content.version(name, language)}, "
        f"{content.status(name, language, now.date())})"
    ]
    for step in topic.steps.values():
        lines += ["", "=" * 60, f"#{step.id}"]
        lines += render_step(content, topic, step, language, now).texts
        lines += [f"  [{button.label}] -> {_where(button)}" for button in step.buttons]
        lines += [f"  staff: {note}" for note in step.staff]
        lines += [
            f"  {title}：{quotation}" for title, quotation in _quotations(content, step, language)
        ]
    return "\n".join(lines)


def as_html(content: Content, name: str, language: str, now: datetime) -> str:
    """One self-contained page; texts are escaped, nothing is loaded from elsewhere."""
    topic = content.topic(name, language)
    steps = "\n".join(
        _section(content, topic, step, language, now) for step in topic.steps.values()
    )
    title = escape(topic.title)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{title}</title>"
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        f"<p>{name} · {language} · {content.version(name, language)}</p>\n{steps}\n</body></html>\n"
    )


def _section(content: Content, topic: Topic, step: Step, language: str, now: datetime) -> str:
    texts = render_step(content, topic, step, language, now).texts
    parts = [f'<section id="{step.id}">', *(f"<p>{escape(text)}</p>" for text in texts)]
    parts.append(
        '<ul class="buttons">'
        + "".join(
            f"<li>{escape(button.label)} <small>{escape(_where(button))}</small></li>"
            for button in step.buttons
        )
        + "</ul>"
    )
    parts += [f'<p class="staff">{escape(note)}</p>' for note in step.staff]
    parts.append(
        '<ul class="sources">'
        + "".join(
            f"<li>{escape(title)}：{escape(quotation)}</li>"
            for title, quotation in _quotations(content, step, language)
        )
        + "</ul></section>"
    )
    return "\n".join(parts)


def _quotations(content: Content, step: Step, language: str) -> list[tuple[str, str]]:
    found = []
    for footnote in step_footnotes(content, step):
        instrument = content.sources.instrument_of(footnote)
        label = article_label(content, footnote, language)
        title = f"{content.pick(instrument.short, language)} {label}"
        found.append((title.strip(), content.sources.articles[footnote].quotation))
    return found


def _where(button: Button) -> str:
    target = button.target
    return target.tool or (
        f"{target.topic}#{target.step}" if target.kind == "step" else target.kind
    )


_SENTENCE = re.compile(r"[^。！？!?.;；\n]+[。！？!?.;；]*")


def longest(content: Content, count: int = 10) -> list[str]:
    """The longest steps (bytes of one message) and sentences (characters), for who shortens."""
    parts, sentences = [], []
    for languages in content.topics.values():
        for topic in languages.values():
            for step in topic.steps.values():
                where = f"{topic.path}:{step.line} #{step.id}"
                parts += [(len(part.encode()), where) for part in step.parts]
                sentences += [
                    (len(sentence.strip()), f"{where}  {sentence.strip()[:60]}")
                    for part in step.parts
                    for sentence in _SENTENCE.findall(part)
                ]
    return [
        *(f"{size} bytes  {where}" for size, where in sorted(parts, reverse=True)[:count]),
        *(f"{size} characters  {where}" for size, where in sorted(sentences, reverse=True)[:count]),
    ]
