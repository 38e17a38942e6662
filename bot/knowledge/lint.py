"""What a lawyer would not sign: every check an answer must pass before people read it.

Each finding names file, line and what to write instead. Errors keep new content from being taken
over by the running bot; warnings (unsigned, due soon) do not.
"""

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from bot.knowledge.content import Content
from bot.knowledge.due import WARN_DAYS
from bot.knowledge.kit import check_kit, kit_texts
from bot.knowledge.render import step_footnotes
from bot.knowledge.sources import CONFIRMED, ONE_SOURCE, WRITTEN_LANGUAGES, YamlFile
from bot.knowledge.topics import (
    FOOTNOTE_DEFINITION,
    Paragraph,
    Problem,
    Step,
    Topic,
    read_topic,
)

MAX_BODY_BYTES = 1600  # a WeChat text message is 2,048 bytes with buttons, sources and status
MAX_LABEL = {"zh": 20, "zh-Hant": 20, "en": 40, "es": 44}  # characters a phone shows on one key
MAX_BUTTONS = 10
CHECK_DAYS = {"hotlines": 90, "law": 180}
# Topics and steps that words and buttons of the program lead to, so that no editor removes them.
REQUIRED_STEPS: Mapping[str, tuple[str, ...]] = {
    "crisis_self_harm": ("help", "ask", "other", "children", "bereaved"),
    "physical_danger": ("start", "partner"),
    "conversation": (
        "greet",
        "thanks",
        "goodbye",
        "affirm",
        "deny",
        "ask-capabilities",
        "ask-privacy",
        "bot-challenge",
    ),
    "talk_to_human": (),
    "where_to_start": (),
    "elsewhere": (),
}

# Words that make a statement of law, which then needs a source in the same paragraph.
_LAW = {
    "zh": re.compile(
        r"《[^》]+》|第[一二三四五六七八九十百零\d]+条|依法|法律规定|违法|构成犯罪|刑法|法律上"
    ),
    "en": re.compile(
        r"《[^》]+》|\bart(?:icle|\.) ?\d|\bthe law (?:says|forbids|requires|allows|gives)\b|"
        r"\bby law\b|\bunlawful\b|\billegal\b|\bCriminal Law\b|\bCivil Code\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"《[^》]+》|\bart(?:ículo|\.) ?\d|\bla ley (?:dice|prohíbe|exige|permite|obliga)\b|"
        r"\bpor ley\b|\bilegal(?:es)?\b|\bCódigo (?:Civil|Penal)\b|\bley penal\b",
        re.IGNORECASE,
    ),
}
Forbidden = list[tuple[re.Pattern[str], str, str]]
SIGNS = "signs.yml"
# The files that answers are made of beside the topics, and the topic that holds each.
HELD_FILES = {
    SIGNS: "verify_court_notice",
    "official_hosts.yml": "verify_court_notice",
    "kit/conducts.yml": "report_collection",
    "kit/letters.yml": "report_collection",
    "kit/yardsticks.yml": "report_collection",
}
_ONE_SOURCE = {
    "zh": re.compile(r"有一个来源|一处来源|据一个来源|只有一个来源|一家来源"),
    "en": re.compile(r"\bone source\b|\ba single source\b", re.IGNORECASE),
    "es": re.compile(r"\buna (?:sola )?fuente\b", re.IGNORECASE),
}
_UNITS = {
    "day": re.compile("[日天]|days?\\b|d[ií]as?\\b", re.IGNORECASE),
    "working_day": re.compile("工作日|working days?|business days?|h[áa]bil", re.IGNORECASE),
    "month": re.compile("月|months?\\b|mes(?:es)?\\b", re.IGNORECASE),
    "year": re.compile("[年岁]|years?\\b|años?\\b", re.IGNORECASE),
}
_NUMBER = re.compile(r"(?<![\d.])(?:\+\d[\d ]{6,}|\d{3,5}(?:[ -]\d{3,4}){0,2})(?!\d|\.\d)")


def lint(content: Content, today: date | None = None) -> list[Problem]:
    """Every finding, sorted by file and line. `today` adds what is due on that day."""
    problems: list[Problem] = []
    forbidden = _forbidden(content)
    for name in REQUIRED_STEPS.keys() - content.topics.keys():
        problems.append(
            Problem(f"topics/{name}", 1, "this topic is missing", "The program leads there: add it")
        )
    for languages in content.topics.values():
        problems += _compare_languages(content, languages)
        for topic in languages.values():
            problems += _topic(content, topic, today, forbidden)
    problems += _menu(content)
    problems += _phrases(content)
    problems += _source_data(content)
    problems += content.sign_off_problems
    problems += _holders(content)
    problems += _signs(content, forbidden)
    problems += check_kit(content.kit, content.sources)
    problems += [
        Problem(path, 1, f"'{found[0]}': {why}", instead)
        for path, text in kit_texts(content.kit)
        for pattern, why, instead in forbidden
        if (found := pattern.search(text))
    ]
    return sorted(problems)


def _at(
    content: Content, topic: Topic, line: int, message: str, remedy: str, warn: bool = False
) -> Problem:
    return Problem(topic.path, line, message, remedy, "warning" if warn else "error")


def _topic(
    content: Content, topic: Topic, today: date | None, forbidden: Forbidden
) -> Iterator[Problem]:
    for name in topic.route:
        if name not in content.sources.hotlines:
            yield _at(
                content, topic, 2, f"route names an unknown hotline '{name}'", "See hotlines.yml"
            )
    if not topic.route:
        yield _at(
            content,
            topic,
            2,
            "no route",
            "Write 'route: [h12345]': whom to ask when this is withdrawn",
        )
    for step_id in REQUIRED_STEPS.get(topic.id, ()):
        if step_id not in topic.steps:
            yield _at(
                content, topic, 1, f"step '{step_id}' is missing", "The program leads there: add it"
            )
    for step in topic.steps.values():
        yield from _step(content, topic, step, forbidden)
    yield from _dates(content, topic, today)


def _dates(content: Content, topic: Topic, today: date | None) -> Iterator[Problem]:
    if topic.stub:
        return
    uses_hotlines = any(step.hotlines for step in topic.steps.values()) or bool(topic.route)
    longest = CHECK_DAYS["hotlines" if uses_hotlines else "law"]
    if topic.check_again > topic.checked + timedelta(days=longest):
        yield _at(
            content,
            topic,
            2,
            f"check_again is more than {longest} days after checked",
            "Numbers are checked every 90 days, laws every 180",
        )
    if topic.check_again <= topic.checked:
        yield _at(content, topic, 2, "check_again is not after checked", "Write a later day")
    if today is None:
        return
    left = (topic.check_again - today).days
    if left < 0:
        yield _at(
            content,
            topic,
            2,
            f"the check date {topic.check_again} has passed: the answer is withdrawn",
            "Check the sources again and set both dates",
        )
    elif left <= max(WARN_DAYS):
        yield _at(
            content,
            topic,
            2,
            f"must be checked again in {left} days ({topic.check_again})",
            "Check the sources and set both dates",
            warn=True,
        )


def _step(content: Content, topic: Topic, step: Step, forbidden: Forbidden) -> Iterator[Problem]:
    for number, part in enumerate(step.parts, 1):
        size = len(part.encode())
        if size > MAX_BODY_BYTES:
            yield _at(
                content,
                topic,
                step.line,
                f"part {number} of step '{step.id}' has {size} bytes",
                f"Shorten it to {MAX_BODY_BYTES}, or put <!-- break --> where a new message begins",
            )
    if len(step.buttons) > MAX_BUTTONS:
        yield _at(
            content,
            topic,
            step.line,
            f"{len(step.buttons)} buttons",
            f"Offer {MAX_BUTTONS} at most",
        )
    if not step.buttons and topic.id != "conversation":
        yield _at(
            content,
            topic,
            step.line,
            f"step '{step.id}' ends without a next action",
            "Add a button",
        )
    yield from _buttons(content, topic, step)
    linked = {
        _digits(content.sources.hotlines[name].number)
        for name in step.hotlines
        if name in content.sources.hotlines
    }
    for paragraph in step.paragraphs:
        yield from _paragraph(content, topic, paragraph, linked)
    for text, line in chain(
        ((step.title, step.line),),
        ((p.text, p.line) for p in step.paragraphs),
        ((button.label, button.line) for button in step.buttons),
        (
            (text, step.line)
            for text in step.staff
            if not text.startswith(("不要说", "Do not say", "No diga"))
        ),
    ):
        for pattern, why, instead in forbidden:
            found = pattern.search(text)
            if found:
                yield _at(content, topic, line, f"'{found[0]}': {why}", instead)


def _buttons(content: Content, topic: Topic, step: Step) -> Iterator[Problem]:
    for button in step.buttons:
        target = button.target
        if len(button.label) > MAX_LABEL[topic.language]:
            yield _at(
                content,
                topic,
                button.line,
                f"the button '{button.label}' is too long for a phone",
                f"Use {MAX_LABEL[topic.language]} characters at most",
            )
        if target.kind == "tool" and not _opens(content, target.tool):
            yield _at(
                content, topic, button.line, f"no letter for '{target.tool}'", "See kit/letters.yml"
            )
        if target.kind != "step":
            continue
        if not content.has(target.topic):
            yield _at(
                content, topic, button.line, f"no topic '{target.topic}'", "Link an existing topic"
            )
            continue
        there = content.topic(target.topic, topic.language)
        if target.step and target.step not in there.steps:
            steps = ", ".join(there.steps) or "none"
            yield _at(
                content,
                topic,
                button.line,
                f"no step '{target.step}' in {target.topic}",
                f"Steps: {steps}",
            )


def _opens(content: Content, tool: str) -> bool:
    """complaint-new-LETTER and complaint-list-CHECKLIST name what letters.yml holds."""
    name, _, part = tool.partition("-")
    if not part:
        return True
    kind, _, entry = part.partition("-")
    held = {"new": "letters", "list": "checklists"}.get(kind, "")
    return name == "complaint" and entry in content.kit.get("letters", {}).get(held, {})


def _paragraph(
    content: Content, topic: Topic, paragraph: Paragraph, linked: set[str]
) -> Iterator[Problem]:
    line = paragraph.line
    sources = content.sources
    marks = set()
    for name in paragraph.footnotes:
        if name not in sources.articles:
            yield _at(
                content,
                topic,
                line,
                f"unknown source [^{name}]",
                "Add it to sources.yml or correct it",
            )
            continue
        marks.add(sources.articles[name].confidence)
    for name in paragraph.hotlines:
        if name not in sources.hotlines:
            yield _at(content, topic, line, f"unknown hotline '{name}'", "See hotlines.yml")
        elif not _shows(paragraph.text, sources.hotlines[name].number):
            yield _at(
                content,
                topic,
                line,
                f"the link to '{name}' does not show {sources.hotlines[name].number}",
                "Write the number as hotlines.yml has it",
            )
    for name in paragraph.deadlines:
        if name not in sources.deadlines:
            yield _at(content, topic, line, f"unknown deadline '{name}'", "See deadlines.yml")
            continue
        length = sources.deadlines[name].length
        if (
            length is not None
            and not _shows(paragraph.text, str(length))
            and _words(length) not in paragraph.text
        ):
            yield _at(
                content,
                topic,
                line,
                f"the link to '{name}' does not say {length}",
                "Write the number",
            )
        unit = sources.deadlines[name].unit
        if length is not None and not _UNITS[unit].search(paragraph.text):
            yield _at(
                content,
                topic,
                line,
                f"the link to '{name}' does not say what it counts ({unit})",
                "Write days, working days, months or years as deadlines.yml has it",
            )
    if marks & ONE_SOURCE and not _ONE_SOURCE[_written(topic)].search(paragraph.text):
        yield _at(
            content,
            topic,
            line,
            "rests on one source only and does not say so",
            "Begin: 有一个来源说 / One source says / Según una sola fuente",
        )
    if (
        _LAW[_written(topic)].search(paragraph.text)
        and not paragraph.footnotes
        and not paragraph.deadlines
    ):
        yield _at(
            content,
            topic,
            line,
            "a statement of law without a source",
            "Add [^instrument-article] from sources.yml, or leave the law out",
        )
    # Mainland numbers come first in hotlines.yml; the first entry with a number is the one to name.
    known: dict[str, str] = {}
    for name, hotline in sources.hotlines.items():
        known.setdefault(_digits(hotline.number), name)
    for number in _NUMBER.findall(paragraph.text):
        plain = _digits(number)
        if plain in known and plain not in linked:
            yield _at(
                content,
                topic,
                line,
                f"{number} is not linked to hotlines.yml",
                f"Write [{number}](hotline:{known[plain]})",
            )


def _shows(text: str, number: str) -> bool:
    """Whether the number stands there as a whole: 110 does not stand in 12110."""
    wanted = re.escape(number.replace(" ", ""))
    return bool(re.search(rf"(?<!\d){wanted}(?!\d)", text.replace(" ", "")))


def _digits(number: str) -> str:
    return re.sub(r"[ -]", "", number)


_CHINESE_NUMBERS = {
    2: "两",
    3: "三",
    5: "五",
    6: "六",
    7: "七",
    10: "十",
    15: "十五",
    20: "二十",
    30: "三十",
}


def _words(length: int) -> str:
    return _CHINESE_NUMBERS.get(length, str(length))


def _written(topic: Topic) -> str:
    return "zh" if topic.language.startswith("zh") else topic.language


def _compare_languages(content: Content, languages: Mapping[str, Topic]) -> Iterator[Problem]:
    """All languages say the same: steps, buttons, sources, numbers, deadlines."""
    base = languages["zh"]
    for topic in languages.values():
        if topic is base:
            continue
        for name, value in (("checked", topic.checked), ("check_again", topic.check_again)):
            if value != getattr(base, name):
                yield _at(
                    content,
                    topic,
                    2,
                    f"{name} differs from zh.md",
                    "All languages of a topic share it",
                )
        if (topic.route, topic.safety, topic.stub, topic.holds) != (
            base.route,
            base.safety,
            base.stub,
            base.holds,
        ):
            yield _at(
                content,
                topic,
                2,
                "route, safety, stub or holds differs from zh.md",
                "Write the same",
            )
        if list(topic.steps) != list(base.steps):
            yield _at(
                content,
                topic,
                1,
                f"steps are {', '.join(topic.steps)}; zh.md has {', '.join(base.steps)}",
                "Write the same steps in the same order",
            )
            continue
        for step_id, step in topic.steps.items():
            yield from _compare_steps(content, topic, step, base.steps[step_id])


def _compare_steps(content: Content, topic: Topic, step: Step, base: Step) -> Iterator[Problem]:
    def differs(what: str, here: object, there: object) -> Problem:
        return _at(
            content,
            topic,
            step.line,
            f"step '{step.id}': {what} {here}; zh.md has {there}",
            "Make both languages say the same",
        )

    targets = [button.target for button in step.buttons]
    base_targets = [button.target for button in base.buttons]
    if targets != base_targets:
        yield differs(
            "buttons lead to", [_where(t) for t in targets], [_where(t) for t in base_targets]
        )
    for what, here, there in (
        ("sources", set(step.footnotes), set(base.footnotes)),
        # Numbers elsewhere differ on purpose: each language names those of its readers' places.
        ("hotlines", _mainland(content, step), _mainland(content, base)),
        ("deadlines", set(step.deadlines), set(base.deadlines)),
    ):
        if here != there:
            yield differs(
                what, sorted(here - there) or "lack some", sorted(there - here) or "fewer"
            )
    if bool(step.staff) != bool(base.staff):
        yield differs("staff block", bool(step.staff), bool(base.staff))


def _mainland(content: Content, step: Step) -> set[str]:
    known = content.sources.hotlines
    return {name for name in step.hotlines if name not in known or known[name].region == "cn"}


def _where(target: object) -> str:
    return ":".join(str(value) for value in vars(target).values() if value)


def _holders(content: Content) -> Iterator[Problem]:
    """Every file that answers are made of is checked, signed and withdrawn with one topic."""
    for file in HELD_FILES:
        if not (content.root / file).exists():
            continue
        holders = [name for name, topic in content.topics.items() if file in topic["zh"].holds]
        if len(holders) != 1:
            yield Problem(
                file,
                1,
                f"held by {' and '.join(holders) or 'no topic'}",
                f"Write it into 'holds: [...]' of one topic: {HELD_FILES[file]}",
            )


def _signs(content: Content, forbidden: Forbidden) -> Iterator[Problem]:
    """What people are told of the signs in a notice: every language, its source, nothing false."""
    for group in ("signs", "tactics", "steps"):
        entries = content.held.get(SIGNS, {}).get(group) or ()
        named = entries.items() if isinstance(entries, dict) else ((e["id"], e) for e in entries)
        for name, entry in named:
            for message, remedy in _sign(content, entry, forbidden):
                yield Problem(SIGNS, 1, f"{name}: {message}", remedy)


def _sign(
    content: Content, entry: Mapping[str, Any], forbidden: Forbidden
) -> Iterator[tuple[str, str]]:
    source = entry.get("source") or ""
    article = content.sources.articles.get(source)
    if source and article is None:
        yield f"unknown source '{source}'", "Add it to sources.yml or correct it"
    for language in WRITTEN_LANGUAGES:
        text = entry["text"].get(language) or ""
        if not text:
            yield f"no text in {language}", "Write it in zh, en and es"
        if _LAW[language].search(text) and not source:
            yield f"a statement of law without a source ({language})", "Name its article as source"
        if article and article.confidence in ONE_SOURCE and not _ONE_SOURCE[language].search(text):
            yield (
                f"rests on one source only and does not say so ({language})",
                "Begin: 有一个来源说 / One source says / Según una sola fuente",
            )
        for pattern, why, instead in forbidden:
            if found := pattern.search(text):
                yield f"'{found[0]}': {why}", instead


def _menu(content: Content) -> Iterator[Problem]:
    reached = {name for group in content.groups for name in group.topics}
    for group in content.groups:
        for name in group.topics:
            if not content.has(name):
                yield Problem(
                    "menu.yml",
                    1,
                    f"group {group.id}: no topic '{name}'",
                    "Write it or leave it out",
                )
        for language in WRITTEN_LANGUAGES:
            if not group.title.get(language):
                yield Problem("menu.yml", 1, f"group {group.id}: no title in {language}", "Add it")
    frontier = set(reached) | {"crisis_self_harm", "physical_danger", "conversation", "elsewhere"}
    while frontier:
        reached |= frontier
        frontier = {
            button.target.topic
            for name in frontier
            if content.has(name)
            for step in content.topic(name, "zh").steps.values()
            for button in step.buttons
            if button.target.kind == "step"
        } - reached
    for name, languages in content.topics.items():
        if name not in reached:
            yield Problem(
                languages["zh"].path, 1, "no menu and no button leads here", "Add it to menu.yml"
            )


def _phrases(content: Content) -> Iterator[Problem]:
    base = content.phrases["zh"]
    for language, phrases in content.phrases.items():
        path = f"phrases/{language}.yml"
        for key, text in phrases.items():
            try:
                fields = [name for _, name, _, _ in string.Formatter().parse(text)]
            except ValueError:
                fields = [""]
            if any(name is not None and not name.isidentifier() for name in fields):
                yield Problem(
                    path, 1, f"'{key}' has a brace that is none", "Write only {words} as they were"
                )
        for key in base.keys() ^ phrases.keys():
            yield Problem(path, 1, f"'{key}' is not in all languages", "Write it in zh, en and es")
        for key in base.keys() & phrases.keys():
            if set(re.findall(r"{(\w+)}", phrases[key])) != set(re.findall(r"{(\w+)}", base[key])):
                yield Problem(
                    path, 1, f"'{key}' has other words in braces than zh", "Keep them as they are"
                )


def _source_data(content: Content) -> Iterator[Problem]:
    sources = content.sources
    for footnote, article in sources.articles.items():
        if article.confidence not in CONFIRMED | ONE_SOURCE:
            yield Problem(
                "sources.yml",
                1,
                f"{footnote}: confidence '{article.confidence}' may not be used",
                "Only T, A, 2+, B, 1 and C may; leave out what is known from memory",
            )
        if not article.quotation:
            yield Problem(
                "sources.yml", 1, f"{footnote}: no quotation", "Quote the operative words"
            )
    for name, deadline in sources.deadlines.items():
        if not deadline.sources:
            yield Problem("deadlines.yml", 1, f"{name}: no source", "Name the article")
        for footnote in deadline.sources:
            if footnote not in sources.articles:
                yield Problem(
                    "deadlines.yml", 1, f"{name}: unknown source '{footnote}'", "See sources.yml"
                )
    for name, hotline in sources.hotlines.items():
        if hotline.confidence not in CONFIRMED | ONE_SOURCE:
            yield Problem(
                "hotlines.yml",
                1,
                f"{name}: confidence '{hotline.confidence}' may not be used",
                "Only T, A, 2+, B, 1 and C may; leave out what is known from memory",
            )
        if hotline.instead and hotline.instead not in sources.hotlines:
            yield Problem(
                "hotlines.yml", 1, f"{name}: unknown 'instead: {hotline.instead}'", "Name an entry"
            )


def _forbidden(content: Content) -> Forbidden:
    file = YamlFile(content.root / "forbidden.yml", content.root)
    return [
        (re.compile(pattern, re.IGNORECASE), entry["why"], entry["instead"])
        for entry in file.data.values()
        for pattern in entry["patterns"]
    ]


def footnote_definitions(content: Content, topic: Topic) -> str:
    """The sources of a file as Markdown footnotes, so that it reads well on any Git host."""
    lines = []
    names: Iterable[str] = dict.fromkeys(
        name for step in topic.steps.values() for name in step_footnotes(content, step)
    )
    for name in names:
        if name not in content.sources.articles:
            continue
        article = content.sources.articles[name]
        instrument = content.sources.instrument_of(name)
        number = f"（{instrument.number}）" if instrument.number else ""
        lines.append(
            f"[^{name}]: 《{instrument.title['zh']}》{number} {article.key}：{article.quotation}"
        )
    return "\n".join(lines)


def fix(content: Content) -> list[Path]:
    """Write the footnote definitions of every topic file. Returns the files that changed."""
    changed = []
    for languages in content.topics.values():
        for topic in languages.values():
            path = content.root / topic.path
            text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
            found = FOOTNOTE_DEFINITION.search(text)
            body = (text[: found.start()] if found else text).rstrip()
            definitions = footnote_definitions(content, topic)
            new = body + ("\n\n" + definitions if definitions else "") + "\n"
            if new != text:
                path.write_text(new, encoding="utf-8")
                changed.append(path)
                read_topic(path, content.root)
    return changed
