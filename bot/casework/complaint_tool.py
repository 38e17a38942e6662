"""The interview behind a complaint or letter: only what is needed, and each fact confirmed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.casework.case import KINDS, LONGEST, Case, Entry
from bot.casework.cost_tool import read_numbers
from bot.casework.diary_tool import LENDERS_OFFERED, describe
from bot.casework.exports import KINDS as FILES
from bot.casework.exports import export
from bot.casework.fonts import FontMissingError
from bot.casework.letters import (
    BESIDE,
    WRITTEN,
    Answers,
    compose,
    letter_entries,
    proposed_recipient,
    suggested_conducts,
    suggested_wants,
)
from bot.casework.screen import KEEP, Row, Screen, ask_agreement
from bot.conversation.messages import Message, Reply, Session, Turn, Work
from bot.conversation.payload import parse_payload
from bot.knowledge.content import Content

NAME = "complaint"
FOLLOW_UP = "complaint_follow_up"
TOGGLES = ("conducts", "wants", "grounds", "reasons")
NEEDED = ("conducts", "grounds", "reasons", "monthly")  # a letter says nothing without them
MOST_STRIKES = 24  # keys to strike out single entries; older ones are left to the diary
MOST_A_MONTH = Decimal(1_000_000)


class ComplaintTool:
    """The answers lie in the case; the session holds only which question is open."""

    def __init__(self, content: Callable[[], Content], case: Case, font: str = "") -> None:
        self._content = content
        self._case = case
        self._font = font

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        screen = Screen(NAME, self._content(), self._case, session, now, self._font)
        if message.kind == "button":
            payload = parse_payload(message.payload)
            choice = payload.tool.removeprefix(NAME).removeprefix("-") if payload else ""
            return ask_agreement(screen, choice, _begin) or _Interview(screen).press(choice)
        if message.kind != "text" or not self._case.agreed:
            return None
        return _Interview(screen).write(message.text)


def _begin(screen: Screen) -> Turn:
    return _Interview(screen).start("complaint")


class _Interview:
    """One turn of the interview."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.kit: Mapping[str, Any] = screen.content.kit["letters"]
        self.answers = _load(screen.case.letter)

    @property
    def asks(self) -> Sequence[str]:
        asks: Sequence[str] = self.kit["letters"][self.answers.letter]["asks"]
        return asks

    def press(self, choice: str) -> Turn:
        verb, _, rest = choice.partition("-")
        if verb == "new" and rest in self.kit["letters"]:
            return self.start(rest)
        if verb == "other":
            return self.other_letters()
        if not self.answers.letter:
            return self.start("complaint")
        if verb in ("", "yes2"):
            return self.resume()
        if verb == "o":
            return self.choose(rest)
        if verb == "i":
            return self.name_known_lender(rest)
        if verb == "n" and rest in self.asks:
            return self.after(rest)
        if verb == "q" and rest in self.asks:
            return self.ask(rest)
        if verb == "z" and rest.isdigit():
            return self.strike(int(rest))
        if verb == "to":
            return self.recipients()
        if verb == "t" and rest in self.kit["recipients"]:
            return self.set_recipient(rest)
        if verb == "y":
            return self.draft()
        if verb == "get" and rest in FILES:
            return self.file(rest)
        return self.resume()

    # What is kept

    def keep(self, answers: Answers, case: Case | None = None) -> "_Interview":
        """The interview with these answers kept."""
        after = replace(case or self.screen.case, letter=asdict(answers))
        return _Interview(replace(self.screen, case=after))

    def say(self, text: str, rows: Sequence[Row] = (), at: str = "", *more: Reply) -> Turn:
        kept = Work(KEEP, {"case": self.screen.case})
        state = {"at": at} if at else {}
        return self.screen.say(text, rows, state=state, effects=(kept,), more=more)

    # The questions

    def start(self, letter: str) -> Turn:
        """Begin a letter with what the diary already says."""
        case = self.screen.case
        answers = Answers(letter=letter)
        named = {entry.lender for entry in case.entries if entry.lender}
        if len(named) == 1:
            (lender,) = named
            answers = replace(answers, lender=lender, kind=case.kind_of(lender) or "unknown")
        here = self.keep(replace(answers, to=proposed_recipient(answers.kind)))
        return here.ask_next(-1)

    def resume(self) -> Turn:
        return self.ask_next(-1)

    def ask_next(self, position: int) -> Turn:
        """The first question after `position` that the person has not answered yet."""
        for name in self.asks[position + 1 :]:
            if not self.is_known(name):
                return self.ask(name)
        return self.confirm()

    def is_known(self, name: str) -> bool:
        if name == "kind":
            return self.answers.kind != "unknown" or bool(self.answers.lender)
        return bool(getattr(self.answers, name))

    def after(self, name: str) -> Turn:
        if name in NEEDED and not getattr(self.answers, name):
            return self.ask(name, "letter_choose_one")
        return self.ask_next(list(self.asks).index(name))

    def ask(self, name: str, lead: str = "") -> Turn:
        screen = self.screen
        text = screen.phrase(f"letter_ask_{name}")
        rows: list[Row] = []
        here = self
        if name == "kind":
            rows = [[(f"o-kind.{kind}", screen.phrase(f"kind_{kind}"))] for kind in KINDS]
        elif name == "lender":
            known = list(enumerate(screen.case.lenders))[:LENDERS_OFFERED]
            rows = [[(f"i-{index}", lender[:40])] for index, lender in known]
            rows.append([("n-lender", screen.phrase("key_leave_it"))])
        elif name in TOGGLES:
            here = self.suggest(name)
            rows = here.toggles(name)
        if name == self.asks[0]:
            title = screen.pick(self.kit["letters"][self.answers.letter]["title"])
            text = f"{title}\n\n{text}"
            rows.append([("other", screen.phrase("key_other_letters"))])
        if lead:
            text = f"{screen.phrase(lead)}\n\n{text}"
        return here.say(text, rows, name)

    def suggest(self, name: str) -> "_Interview":
        """What follows from the diary or the answers before is ticked; the person can untick it."""
        if getattr(self.answers, name):
            return self
        content, case = self.screen.content, self.screen.case
        if name == "conducts":
            ticked = suggested_conducts(letter_entries(case, self.answers))
            return self.keep(replace(self.answers, conducts=ticked))
        if name == "wants":
            ticked = suggested_wants(content, self.answers.conducts)
            return self.keep(replace(self.answers, wants=ticked))
        return self

    def options(self, name: str) -> Mapping[str, Any]:
        options: Mapping[str, Any] = (
            self.screen.content.kit["conducts"] if name == "conducts" else self.kit[name]
        )
        return options

    def toggles(self, name: str) -> list[Row]:
        ticked = getattr(self.answers, name)
        rows: list[Row] = [
            [
                (
                    f"o-{name}.{one}",
                    ("☑ " if one in ticked else "☐ ") + self.screen.pick(what["label"]),
                )
            ]
            for one, what in self.options(name).items()
        ]
        rows.append([(f"n-{name}", self.screen.phrase("key_next"))])
        return rows

    def choose(self, rest: str) -> Turn:
        """o-QUESTION.VALUE: an answer, or a tick that is set or taken away."""
        name, _, value = rest.partition(".")
        if name == "kind" and value in KINDS:
            to = proposed_recipient(value)
            here = self.keep(replace(self.answers, kind=value, to=to))
            return here.ask_next(list(self.asks).index("kind"))
        if name in TOGGLES and name in self.asks and value in self.options(name):
            ticked = getattr(self.answers, name)
            after = (
                tuple(one for one in ticked if one != value)
                if value in ticked
                else (*ticked, value)
            )
            change: dict[str, Any] = {name: after}
            here = self.keep(replace(self.answers, **change))
            return here.say(here.screen.phrase(f"letter_ask_{name}"), here.toggles(name), name)
        return self.resume()

    def name_known_lender(self, rest: str) -> Turn:
        known = list(self.screen.case.lenders)
        if not rest.isdigit() or int(rest) >= len(known):
            return self.resume()
        lender = known[int(rest)]
        kind = self.screen.case.kind_of(lender)
        if kind == "unknown":
            kind = self.answers.kind
        to = proposed_recipient(kind)
        here = self.keep(replace(self.answers, lender=lender, kind=kind, to=to))
        return here.ask_next(list(self.asks).index("lender"))

    def write(self, text: str) -> Turn | None:
        """A text is an answer only where a text was asked for."""
        at = self.screen.session.tool_state.get("at")
        said = " ".join(text.split())
        if not self.answers.letter or at not in ("lender", "monthly") or not said:
            return None
        if at == "monthly":
            numbers = read_numbers(said)
            if len(numbers) != 1 or not 0 < numbers[0] < MOST_A_MONTH:
                return self.ask("monthly", "letter_bad_sum") if numbers else None
            answers = replace(self.answers, monthly=f"{numbers[0]:f}")
            return self.keep(answers).ask_next(list(self.asks).index("monthly"))
        lender = said[: LONGEST["lender"]]
        case = self.screen.case.with_lender(lender, self.answers.kind)
        here = self.keep(replace(self.answers, lender=lender), case)
        return here.ask_next(list(self.asks).index("lender"))

    # Confirming and writing

    def confirm(self, lead: str = "") -> Turn:
        """Everything that the letter will state as fact, to be struck out or confirmed."""
        screen, answers = self.screen, self.answers
        blocks = [" ".join(screen.phrase(key) for key in (lead, "letter_confirm") if key)]
        rows: list[Row] = []
        for name in (name for name in TOGGLES if name in self.asks):
            lines = []
            for one in getattr(answers, name):
                what = self.options(name)[one]
                lines.append(f"• {screen.pick(what.get('fact') or what['text'])}")
            blocks.append("\n".join([screen.phrase(f"letter_part_{name}"), *lines]))
            rows.append([(f"q-{name}", screen.phrase(f"key_change_{name}"))])
        if answers.monthly:
            blocks.append(screen.phrase("letter_part_monthly", sum=answers.monthly))
            rows.append([("q-monthly", screen.phrase("key_change_monthly"))])
        if "lender" in self.asks:
            kind = screen.phrase(f"kind_{answers.kind}")
            blocks.insert(1, screen.phrase("letter_part_lender", lender=answers.lender, kind=kind))
        entries = letter_entries(screen.case, answers)[-MOST_STRIKES:]
        if entries:
            blocks.append(
                "\n".join(
                    [screen.phrase("letter_part_entries"), *(self.entry_line(e) for e in entries)]
                )
            )
            strikes = [
                (f"z-{entry.id}", screen.phrase("key_strike", number=entry.id)) for entry in entries
            ]
            rows += [strikes[start : start + 4] for start in range(0, len(strikes), 4)]
        if answers.letter == "complaint":
            recipient = self.kit["recipients"][answers.to]
            why = screen.pick(recipient["why"])
            source = screen.sources(recipient["kinds"].get("any", ()))
            label = screen.pick(recipient["label"])
            blocks.append(
                "\n".join(filter(None, [screen.phrase("letter_to", to=label), why, source]))
            )
            rows.append([("to", screen.phrase("key_other_recipient"))])
        rows.insert(0, [("y", screen.phrase("key_confirm"))])
        return self.say("\n\n".join(blocks), rows)

    def entry_line(self, entry: Entry) -> str:
        line = describe(self.screen, entry)
        return line if entry.lender else f"{line}\n{self.screen.phrase('letter_no_lender')}"

    def strike(self, number: int) -> Turn:
        answers = replace(self.answers, struck=(*self.answers.struck, number))
        return self.keep(answers).confirm()

    def recipients(self) -> Turn:
        screen = self.screen
        fitting = [
            name
            for name, one in self.kit["recipients"].items()
            if name == "lender" or self.answers.kind in one.get("for", ())
        ]
        first = proposed_recipient(self.answers.kind)
        lines = [screen.phrase("letter_recipients")]
        for name in sorted(fitting, key=lambda one: one != first):
            one = self.kit["recipients"][name]
            source = screen.sources(one["kinds"].get("any", ()))
            lines.append(
                "\n".join(
                    filter(None, [screen.pick(one["label"]), screen.pick(one["why"]), source])
                )
            )
        rows = [
            [(f"t-{name}", screen.pick(self.kit["recipients"][name]["label"]))] for name in fitting
        ]
        return self.say("\n\n".join(lines), rows)

    def set_recipient(self, name: str) -> Turn:
        return self.keep(replace(self.answers, to=name)).confirm()

    def draft(self) -> Turn:
        """The letter itself: Chinese for the recipient, the person's language beside it."""
        missing = next(
            (name for name in self.asks if name in NEEDED and not self.is_known(name)), ""
        )
        if missing:
            return self.ask(missing)
        here = self.confirmed()
        screen = here.screen
        texts = here.texts()
        replies = [Reply(texts[0])]
        if len(texts) > 1:
            replies += [Reply(screen.phrase("letter_beside")), Reply(texts[1])]
        note = self.kit["letters"][here.answers.letter]["note"]
        closing = [
            screen.phrase("letter_done"),
            screen.pick(note["text"]),
            screen.sources(note["kinds"].get("any", ())),
        ]
        rows: list[Row] = [
            [(f"get-{kind}", screen.phrase(f"key_{kind}"))] for kind in ("docx", "pdf")
        ]
        if here.answers.letter == "complaint":
            rows.append([("to", screen.phrase("key_other_recipient"))])
            if screen.content.has(FOLLOW_UP):
                title = screen.content.title(FOLLOW_UP, screen.session.language)
                rows.append([(f"@{FOLLOW_UP}", title)])
        rows += [
            [("other", screen.phrase("key_other_letters"))],
            [(":diary", screen.phrase("key_diary"))],
            [(":diary-keep", screen.phrase("key_kept"))],
        ]
        return here.say("\n".join(filter(None, closing)), rows, "", *replies)

    def texts(self) -> list[str]:
        """The Chinese letter, and the person's own language where that is not Chinese."""
        languages = [WRITTEN, *(one for one in BESIDE if one == self.screen.session.language)]
        return [
            compose(self.screen.content, self.screen.case, self.answers, language)
            for language in languages
        ]

    def file(self, kind: str) -> Turn:
        """The confirmed letter as a file. One that has changed since must be confirmed again."""
        screen = self.screen
        texts = self.texts()
        if digest(texts[0]) != self.answers.confirmed:
            return self.confirm("export_changed")
        entries = letter_entries(screen.case, self.answers)
        rows: list[Row] = [[("y", screen.phrase("key_letter_again"))]]
        try:
            file = export(screen, kind, texts, entries)
        except FontMissingError:
            rows.insert(0, [("get-docx", screen.phrase("key_docx"))])
            return self.say(screen.phrase("export_no_font"), rows)
        return self.say(screen.phrase("export_ready"), rows, "", Reply("", file=file))

    def confirmed(self) -> "_Interview":
        """Entries without a lender that the person confirmed belong to this one from now on."""
        case = self.screen.case
        if self.answers.lender:
            chosen = {entry.id for entry in letter_entries(case, self.answers) if not entry.lender}
            entries = tuple(
                replace(entry, lender=self.answers.lender) if entry.id in chosen else entry
                for entry in case.entries
            )
            case = replace(case, entries=entries)
            if not case.kind_of(self.answers.lender):
                case = case.with_lender(self.answers.lender, self.answers.kind)
        here = self.keep(self.answers, case)
        return here.keep(replace(here.answers, confirmed=digest(here.texts()[0])))

    def other_letters(self) -> Turn:
        screen = self.screen
        rows: list[Row] = [
            [(f"new-{name}", screen.pick(letter["title"]))]
            for name, letter in self.kit["letters"].items()
        ]
        return self.say(screen.phrase("letter_which"), rows)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _load(kept: Mapping[str, Any]) -> Answers:
    """The answers as they were kept; a fresh set where a newer or older bot kept them."""
    values: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in kept.items()
    }
    try:
        return Answers(**values)
    except TypeError:
        return Answers()
