"""Puts a letter together from what the person chose and confirmed. Facts and law stay apart."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.casework.case import CALLS, Case, Entry
from bot.casework.pattern import measures
from bot.knowledge.content import Content
from bot.knowledge.render import article_label

WRITTEN = "zh"  # the language of the authority; the person's own stands beside it
BESIDE = ("en", "es")
ENTRIES_IN_LETTER = 40  # more are handed in as the diary itself
_BRACES = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Answers:
    """What the person chose for one letter; `struck` are ids of entries they took out."""

    letter: str = ""
    kind: str = "unknown"
    lender: str = ""
    conducts: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    monthly: str = ""
    to: str = "lender"
    struck: tuple[int, ...] = ()
    confirmed: str = ""  # digest of the Chinese letter that the person confirmed


def letter_entries(case: Case, answers: Answers) -> list[Entry]:
    """The diary entries that belong in the letter: of this lender, or of none, not struck out."""
    letter = answers.letter
    if letter not in ("complaint", "stop-third"):
        return []
    return [
        entry
        for entry in case.in_order
        if entry.lender in ("", answers.lender)
        and entry.id not in answers.struck
        and (letter == "complaint" or entry.who != "me")
    ]


def suggested_conducts(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Only what the diary itself shows: other people were contacted."""
    return ("third",) if any(entry.who != "me" for entry in entries) else ()


def suggested_wants(content: Content, conducts: Iterable[str]) -> tuple[str, ...]:
    fitting = [content.kit["conducts"][name]["want"] for name in conducts]
    return tuple(dict.fromkeys([*fitting, "reply"]))


def compose(content: Content, case: Case, answers: Answers, language: str) -> str:
    """The letter as plain text in one language (zh, en, es)."""
    letters = content.kit["letters"]
    letter = letters["letters"][answers.letter]
    entries = letter_entries(case, answers)
    rules, yardsticks = rule_lines(content, answers, language)
    counted = _counted(content, case, answers, language)
    lender = answers.lender or _unknown_lender(language)
    joint = "、" if language == WRITTEN else ", "
    recipient = letters["recipients"].get(answers.to, letters["recipients"]["lender"])
    heading = recipient.get("heading") or letter.get("heading") or {}
    values = {
        "heading": heading.get(language, ""),
        "to": recipient["name"][language].format(lender=lender),
        "lender": lender,
        "facts": _numbered(
            content.kit["conducts"][name]["fact"][language] for name in answers.conducts
        ),
        "entries": "\n".join([*_entry_lines(content, entries, language), *counted]),
        "wants": _numbered(letters["wants"][name]["text"][language] for name in answers.wants),
        "grounds": _numbered(
            letters["grounds"][name]["text"][language] for name in answers.grounds
        ),
        "reasons": joint.join(
            letters["reasons"][name]["text"][language] for name in answers.reasons
        ),
        "monthly": answers.monthly,
        "rules": "\n".join(rules),
        "yardsticks": "\n".join(yardsticks),
        "evidence": _numbered(entry.evidence for entry in entries if entry.evidence),
    }
    return _filled(letter["text"][language], values)


def _filled(template: str, values: Mapping[str, str]) -> str:
    blocks = []
    for block in template.split("\n\n"):
        names = _BRACES.findall(block)
        if all(values[name] for name in names):
            blocks.append(_BRACES.sub(lambda found: values[found[1]], block))
    return "\n\n".join(blocks)


def _numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _unknown_lender(language: str) -> str:
    return {"zh": "【放贷机构全称】", "en": "【full name of the lender】"}.get(
        language, "【nombre completo de la entidad】"
    )


def _entry_lines(content: Content, entries: Sequence[Entry], language: str) -> list[str]:
    shown = entries[:ENTRIES_IN_LETTER]
    lines = []
    for number, entry in enumerate(shown, 1):
        parts = [
            entry.at.strftime("%Y-%m-%d %H:%M" if entry.timed else "%Y-%m-%d"),
            content.phrase(f"letter_who_{entry.who}", language),
            content.phrase(f"how_{entry.how}", language),
        ]
        if entry.answered and entry.how in CALLS:
            parts.append(content.phrase(f"answered_{entry.answered}", language))
        if entry.number:
            parts.append(entry.number)
        if entry.words:
            parts.append(content.phrase("entry_words", language, text=entry.words))
        lines.append(
            f"{number}. " + "；".join(parts)
            if language == WRITTEN
            else f"{number}. " + "; ".join(parts)
        )
    if len(entries) > len(shown):
        more = len(entries) - len(shown)
        lines.append(content.phrase("letter_more_entries", language, count=more))
    return lines


def _counted(content: Content, case: Case, answers: Answers, language: str) -> list[str]:
    """Counts against yardsticks, of the entries that name this lender and are in the letter."""
    if answers.letter != "complaint" or not answers.lender:
        return []
    entries = tuple(
        entry for entry in letter_entries(case, answers) if entry.lender == answers.lender
    )
    of_this = Case(entries=entries, lenders={answers.lender: answers.kind})
    yardsticks = dict(content.kit["yardsticks"])
    return [
        yardsticks[measure.yardstick]["count"][language].format(
            count=measure.count, days=measure.days
        )
        for measure in measures(of_this, yardsticks)
        if "count" in yardsticks[measure.yardstick]
    ]


def sources_of(content: Content, answers: Answers) -> list[str]:
    """The rules behind what the person chose, for the kind of lender and the recipient."""
    letters = content.kit["letters"]
    letter = letters["letters"][answers.letter]
    found = [*_for_kind(letter.get("kinds", {}), answers)]
    named = (*answers.conducts, letter["conduct"]) if "conduct" in letter else answers.conducts
    for conduct in named:
        found += _for_kind(content.kit["conducts"][conduct]["kinds"], answers)
    return list(dict.fromkeys(found))


def _for_kind(kinds: Mapping[str, list[str]], answers: Answers) -> list[str]:
    found = [*kinds.get(answers.kind, []), *kinds.get("any", [])]
    if answers.to == "police":
        found += kinds.get("police", [])
    return found


def rule_lines(content: Content, answers: Answers, language: str) -> tuple[list[str], list[str]]:
    """(binding rules, yardsticks), each quoted in Chinese with its article."""
    rules: list[str] = []
    yardsticks: list[str] = []
    for footnote in sources_of(content, answers):
        article = content.sources.articles[footnote]
        instrument = content.sources.instrument_of(footnote)
        label = article_label(content, footnote, language)
        title = f"《{instrument.title['zh']}》"
        if language != WRITTEN:
            title = f"{instrument.title[language]} ({title})"
        retold = "转述" in article.quotation
        said = article.quotation if retold else f"“{article.quotation}”"
        number = f"（{instrument.number}）" if instrument.number else ""
        place = label if article.key[0].isdigit() else f"（{label}）" if label else ""
        line = f"{title}{number}{place if language == WRITTEN else ' ' + place}：{said}"
        (yardsticks if instrument.kind == "yardstick" else rules).append(line)
    return (
        [f"{number}. {line}" for number, line in enumerate(rules, 1)],
        [f"{number}. {line}" for number, line in enumerate(yardsticks, 1)],
    )


def proposed_recipient(kind: str) -> str:
    """The lender's own desk first; who lends without a licence has none that would answer."""
    return "police" if kind == "unlicensed" else "lender"
