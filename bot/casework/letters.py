"""Puts a letter together from what the person chose and confirmed. Facts and law stay apart."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.casework.attachments import evidence_of
from bot.casework.case import CALLS, Case, Entry
from bot.casework.pattern import measures
from bot.casework.recipients import LENDER, recipient, taken, wants_for
from bot.knowledge.content import Content
from bot.knowledge.render import article_label

WRITTEN = "zh"  # the language of the authority; the person's own stands beside it
BESIDE = ("en", "es")
ENTRIES_IN_LETTER = 24  # the latest; earlier ones are handed in as the diary itself
STATED = ("conducts", "grounds", "reasons", "errors")  # choices that the letter states as facts
_BRACES = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Answers:
    """What the person chose for one letter; `struck` are ids of entries they took out.

    `wants` holds requests to several recipients; a letter makes only those that fit its own.
    """

    letter: str = ""
    kind: str = "unknown"
    lender: str = ""
    conducts: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    monthly: str = ""
    to: str = LENDER
    safe: bool = False  # said to be in no danger now
    struck: tuple[int, ...] = ()
    confirmed: str = ""  # digest of the letter that the person confirmed


@dataclass(frozen=True)
class Fact:
    """One statement of the letter. `strike` is what its key does; "" where it cannot go alone.

    `unnamed`: an entry that names no lender; confirming it says that it was the letter's.
    """

    text: str
    strike: str = ""
    unnamed: bool = False


def letter_entries(content: Content, case: Case, answers: Answers) -> list[Entry]:
    """The diary entries that belong in the letter: of this lender, or of none, not struck out."""
    if answers.letter not in ("complaint", "stop-third"):
        return []
    hows = recipient(content, answers.to).get("entries")
    return [
        entry
        for entry in case.in_order
        if entry.lender in ("", answers.lender)
        and entry.id not in answers.struck
        and (answers.letter == "complaint" or entry.who != "me")
        and (hows is None or entry.how in hows)
    ]


def stated(content: Content, answers: Answers, name: str) -> tuple[str, ...]:
    """What was ticked under one question, as far as it is this recipient's business."""
    ticked: tuple[str, ...] = getattr(answers, name)
    if name == "conducts":
        return taken(content, answers.to, ticked)
    if name == "wants":
        fitting = wants_for(content, answers.to)
        return tuple(one for one in ticked if one in fitting)
    return ticked


def facts(content: Content, case: Case, answers: Answers, language: str) -> list[Fact]:
    """Everything the letter states, one by one, in the words in which the letter states it."""
    kit = content.kit["letters"]
    letter = kit["letters"][answers.letter]
    found = []
    if "fact" in letter:
        found.append(Fact(content.pick(letter["fact"], language)))
    for name in (name for name in STATED if name in letter["asks"]):
        options = content.kit["conducts"] if name == "conducts" else kit[name]
        for one in stated(content, answers, name):
            text = options[one].get("fact") or options[one]["text"]
            found.append(Fact(content.pick(text, language), f"z-{name}.{one}"))
    if "monthly" in letter["asks"] and answers.monthly:
        found.append(Fact(content.phrase("letter_part_monthly", language, sum=answers.monthly)))
    found += [
        Fact(entry_line(content, entry, language, evidence=True), f"z-{entry.id}", not entry.lender)
        for entry in letter_entries(content, case, answers)[-ENTRIES_IN_LETTER:]
    ]
    return found


def suggested_conducts(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Only what the diary itself shows: other people were contacted."""
    return ("third",) if any(entry.who != "me" for entry in entries) else ()


def compose(content: Content, case: Case, answers: Answers, language: str) -> str:
    """The letter as plain text in one language (zh, en, es)."""
    kit = content.kit["letters"]
    letter = kit["letters"][answers.letter]
    to = recipient(content, answers.to)
    entries = letter_entries(content, case, answers)
    rules, yardsticks = rule_lines(content, answers, language)
    lender = answers.lender or _unknown_lender(language)
    head = kit["heads"].get(to.get("head"), {"text": {}, "signed": {}})
    joint = "、" if language == WRITTEN else ", "

    def said(name: str, key: str = "text") -> list[str]:
        options = content.kit["conducts"] if name == "conducts" else kit[name]
        return [options[one][key][language] for one in stated(content, answers, name)]

    values = {
        "heading": (to.get("heading") or letter.get("heading") or {}).get(language, ""),
        "to": to.get("name", {}).get(language, "{lender}").format(lender=lender),
        "head": head["text"].get(language, "").format(lender=lender),
        "signed": head["signed"].get(language, ""),
        "lender": lender,
        "fact": letter.get("fact", {}).get(language, ""),
        "numbers": _numbers(entries, language) if to.get("numbers") else "",
        "facts": _numbered(said("conducts", "fact")),
        "entries": "\n".join(_record(content, case, answers, language)),
        "wants": _numbered(said("wants")),
        "grounds": _numbered(said("grounds")),
        "errors": _numbered(said("errors")),
        "reasons": joint.join(said("reasons")),
        "monthly": answers.monthly,
        "rules": "\n".join(rules),
        "yardsticks": "\n".join(yardsticks),
        "evidence": _numbered(
            content.phrase("letter_evidence", language, text=held, number=number)
            for number, entry in enumerate(entries, 1)
            if (held := evidence_of(content, entry, language))
        ),
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


def _numbers(entries: Iterable[Entry], language: str) -> str:
    found = dict.fromkeys(entry.number for entry in entries if entry.number)
    return _numbered(found) or {"zh": "【号码】", "en": "【number】"}.get(language, "【número】")


def entry_line(content: Content, entry: Entry, language: str, *, evidence: bool = False) -> str:
    """One contact in one line. Only an exhibit's number stands before it."""
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
    if evidence and (held := evidence_of(content, entry, language)):
        parts.append(content.phrase("entry_evidence", language, text=held))
    return ("；" if language.startswith("zh") else "; ").join(parts)


def _record(content: Content, case: Case, answers: Answers, language: str) -> list[str]:
    """The latest entries, numbered as the exhibit numbers them; how many more it holds; counts."""
    entries = letter_entries(content, case, answers)
    more = max(0, len(entries) - ENTRIES_IN_LETTER)
    lines = [content.phrase("letter_more_entries", language, count=more)] if more else []
    lines += [
        f"{number}. {entry_line(content, entry, language)}"
        for number, entry in enumerate(entries[more:], more + 1)
    ]
    return [*lines, *counted(content, case, answers, language)]


def counted(content: Content, case: Case, answers: Answers, language: str) -> list[str]:
    """Counts against yardsticks, of the entries that name this lender and are in the letter.

    Only for who applies the yardsticks: the lender, its regulator, the association.
    """
    to = recipient(content, answers.to)
    if answers.letter != "complaint" or not answers.lender or to.get("rules") != "lender":
        return []
    entries = tuple(
        entry for entry in letter_entries(content, case, answers) if entry.lender == answers.lender
    )
    of_this = Case(entries=entries, lenders={answers.lender: answers.kind})
    yardsticks = dict(content.kit["yardsticks"])
    return [
        content.pick(yardsticks[measure.yardstick]["count"], language).format(
            count=measure.count, days=measure.days
        )
        for measure in measures(of_this, yardsticks)
        if "count" in yardsticks[measure.yardstick]
    ]


def sources_of(content: Content, answers: Answers) -> list[str]:
    """The rules behind what the person chose, for the kind of lender and the recipient."""
    kit = content.kit["letters"]
    letter = kit["letters"][answers.letter]
    rules = recipient(content, answers.to).get("rules", LENDER)
    found = _for_kind(letter.get("kinds", {}), answers.kind, rules)
    named = list(stated(content, answers, "conducts"))
    if "conduct" in letter:
        named.append(letter["conduct"])
    for conduct in named:
        found += _for_kind(content.kit["conducts"][conduct]["kinds"], answers.kind, rules)
    for error in answers.errors if "errors" in letter["asks"] else ():
        found += _for_kind(kit["errors"][error]["kinds"], answers.kind, rules)
    return list(dict.fromkeys(found))


def _for_kind(kinds: Mapping[str, list[str]], kind: str, rules: str) -> list[str]:
    """To the lender what binds lenders of its kind; to the police only what they apply."""
    parts = {LENDER: (kind, "any"), "police": ("police",), "person": ("any",)}.get(rules, ())
    return [footnote for part in parts for footnote in kinds.get(part, ())]


def rule_lines(content: Content, answers: Answers, language: str) -> tuple[list[str], list[str]]:
    """(binding rules, yardsticks), each quoted in Chinese with its article."""
    rules: list[str] = []
    yardsticks: list[str] = []
    for footnote in sources_of(content, answers):
        article = content.sources.articles[footnote]
        instrument = content.sources.instrument_of(footnote)
        # What one source alone says (an article's number) stands in brackets: not in a letter.
        label = re.split(r"\s*[（(]", article_label(content, footnote, language))[0]
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


def handed_in(content: Content, case: Case, answers: Answers) -> Sequence[str]:
    """Every word that leaves with the letter: it and the record that goes with it, in Chinese."""
    record = (
        f"{entry_line(content, entry, WRITTEN, evidence=True)}；{entry.lender}"
        for entry in letter_entries(content, case, answers)
    )
    return (compose(content, case, answers, WRITTEN), *record)
