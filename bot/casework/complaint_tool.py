"""The interview behind a complaint or letter: only what is needed, and each fact confirmed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from bot.casework.case import KINDS, LONGEST, Case
from bot.casework.cost_tool import read_numbers
from bot.casework.diary_tool import LENDERS_OFFERED
from bot.casework.exports import KINDS as FILES
from bot.casework.exports import export
from bot.casework.fonts import FontMissingError
from bot.casework.letters import (
    BESIDE,
    ENTRIES_IN_LETTER,
    STATED,
    WRITTEN,
    Answers,
    compose,
    counted,
    facts,
    handed_in,
    letter_entries,
    stated,
    suggested_conducts,
)
from bot.casework.moments import is_question
from bot.casework.recipients import (
    LENDER,
    POLICE,
    offered,
    proposed,
    recipient,
    regulator,
    suggested_wants,
    wants_for,
)
from bot.casework.reminder_tool import FOLLOW_UP, answer_rows
from bot.casework.screen import KEEP, KeepingTool, Row, Screen, ask_agreement
from bot.conversation.messages import Reply, Turn, Work

NAME = "complaint"
DANGER = "physical_danger"
SUED = "sued_what_next"
TOGGLES = (*STATED, "wants")
NEEDED = (*STATED, "monthly")  # a letter says nothing without them
STRIKES_IN_ROW = 4
MOST_A_MONTH = Decimal(1_000_000)


class ComplaintTool(KeepingTool):
    """The answers lie in the case; the session holds only which question is open."""

    name = NAME

    def write(self, screen: Screen, text: str) -> Turn | None:
        return _Interview(screen).write(text)

    def press(self, screen: Screen, choice: str) -> Turn:
        if choice.startswith("list-"):
            return _checklist(screen, choice.removeprefix("list-"))  # keeps nothing
        if not screen.case.agreed and choice.startswith("new-"):
            # The letter that a topic led to is begun once the person has agreed.
            session = replace(screen.session, tool_state={"wanted": choice})
            screen = replace(screen, session=session)
        return ask_agreement(screen, choice, _begin) or _Interview(screen).press(choice)


def _begin(screen: Screen) -> Turn:
    wanted = str(screen.session.tool_state.get("wanted", ""))
    return _Interview(screen).press(wanted or "new-complaint")


def _checklist(screen: Screen, choice: str) -> Turn:
    """A sheet for the person's own use, in their language; list-NAME.KIND gives it as a file."""
    name, _, kind = choice.partition(".")
    sheets = screen.content.kit["letters"]["checklists"]
    if name not in sheets:
        name, kind = next(iter(sheets)), ""
    sheet = sheets[name]
    text = screen.pick(sheet["text"])
    rows: list[Row] = [
        [(f"list-{name}.{one}", screen.phrase(f"key_{one}"))] for one in ("docx", "pdf")
    ]
    if kind in FILES:
        try:
            file = export(screen, kind, [text], ())
        except FontMissingError:
            return screen.say(screen.phrase("export_no_font"), rows[:1])
        return screen.say(screen.phrase("export_ready"), more=(Reply("", file=file),))
    rows.append([(":deadline", screen.phrase("key_deadline"))])
    if screen.content.has(SUED):
        title = screen.content.title(SUED, screen.session.language)
        rows.append([(f"@{SUED}", title)])
    closing = [screen.phrase("checklist_done"), screen.sources(sheet["kinds"]["any"])]
    return screen.say("\n".join(closing), rows, more=(Reply(text),))


class _Interview:
    """One turn of the interview."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.kit: Mapping[str, Any] = screen.content.kit["letters"]
        self.answers = _load(screen.case.letter)
        letter = self.answers.letter
        if letter and letter not in self.kit["letters"]:
            self.answers = Answers()  # a letter that only another version of the bot can write
        self.answers = replace(self.answers, **self.known_choices())
        if self.answers.letter and self.answers.to not in (self.recipients_offered() or [LENDER]):
            self.answers = replace(self.answers, to=self.first_recipient())

    def known_choices(self) -> dict[str, Any]:
        """What was ticked, without what this version of the kit no longer offers."""
        known = {name: self.kit.get(name) or self.screen.content.kit[name] for name in TOGGLES}
        return {
            name: tuple(one for one in getattr(self.answers, name) if one in options)
            for name, options in known.items()
        }

    @property
    def letter(self) -> Mapping[str, Any]:
        letter: Mapping[str, Any] = self.kit["letters"][self.answers.letter]
        return letter

    @property
    def asks(self) -> Sequence[str]:
        asks: Sequence[str] = self.letter["asks"]
        return asks

    def recipients_offered(self) -> list[str]:
        answers = self.answers
        return offered(self.screen.content, answers.letter, answers.kind, answers.conducts)

    def first_recipient(self) -> str:
        return proposed(self.screen.content, self.answers.letter, self.answers.kind)

    def press(self, choice: str) -> Turn:
        verb, _, rest = choice.partition("-")
        if verb == "new" and rest in self.kit["letters"]:
            return self.start(rest)
        if verb == "other":
            return self.other_letters()
        if not self.answers.letter:
            return self.start("complaint")
        if verb == "o":
            return self.choose(rest)
        if verb == "i":
            return self.name_known_lender(rest)
        if verb == "n" and rest in self.asks:
            return self.after(rest)
        if verb == "q" and rest in self.asks:
            return self.ask(rest)
        if verb == "z":
            return self.strike(rest)
        if verb == "r":
            return self.keep(replace(self.answers, struck=())).confirm()
        if verb == "to":
            return self.recipients()
        if verb == "t" and rest in self.recipients_offered():
            return self.set_recipient(rest)
        if verb == "y":
            return self.draft()
        if verb == "get" and rest in FILES:
            return self.file(rest)
        return self.ask_next(-1)

    # What is kept

    def keep(self, answers: Answers, case: Case | None = None) -> "_Interview":
        """The interview with these answers kept."""
        after = replace(case or self.screen.case, letter=asdict(answers))
        return _Interview(replace(self.screen, case=after))

    def say(
        self,
        text: str,
        rows: Sequence[Row] = (),
        *more: Reply,
        at: str = "",
        shown: str = "",
    ) -> Turn:
        """`at` is the question that is open; `shown` the digest of what is to be confirmed."""
        kept = Work(KEEP, {"case": self.screen.case})
        state = {key: one for key, one in (("at", at), ("shown", shown)) if one}
        return self.screen.say(text, rows, state=state, effects=(kept,), more=more)

    # The questions

    def start(self, letter: str) -> Turn:
        """Begin a letter with what the diary already says."""
        case = self.screen.case
        answers = Answers(letter=letter)
        named = {entry.lender for entry in case.entries if entry.lender}
        if len(named) == 1 and letter != "credit":
            (lender,) = named
            answers = replace(answers, lender=lender, kind=case.kind_of(lender) or "unknown")
        to = proposed(self.screen.content, letter, answers.kind)
        return self.keep(replace(answers, to=to)).ask_next(-1)

    def ask_next(self, position: int) -> Turn:
        """The first question after `position` that the person has not answered yet."""
        for name in self.asks[position + 1 :]:
            if not self.is_known(name):
                return self.ask(name)
        return self.confirm()

    def is_known(self, name: str) -> bool:
        if name == "kind":
            return self.answers.kind != "unknown" or bool(self.answers.lender)
        if name == "danger":
            conducts = self.screen.content.kit["conducts"]
            ticked = (conducts[one] for one in self.answers.conducts)
            return self.answers.safe or not any(one.get("danger") for one in ticked)
        if name in TOGGLES:
            return bool(stated(self.screen.content, self.answers, name))
        return bool(getattr(self.answers, name))

    def after(self, name: str) -> Turn:
        here = self
        if name == "danger":
            here = self.keep(replace(self.answers, safe=True))
        if name in NEEDED and not here.is_known(name):
            return here.ask(name, "letter_choose_one")
        return here.ask_next(list(self.asks).index(name))

    def ask(self, name: str, lead: str = "") -> Turn:
        screen = self.screen
        own = self.letter.get("ask", {}).get(name)
        text = screen.pick(own) if own else screen.phrase(f"letter_ask_{name}")
        rows: list[Row] = []
        here = self
        if name == "kind":
            rows = [[(f"o-kind.{kind}", screen.phrase(f"kind_{kind}"))] for kind in KINDS]
        elif name == "danger":
            rows = [
                [(f"@{DANGER}", screen.phrase("key_danger_now"))],
                [("n-danger", screen.phrase("key_danger_none"))],
            ]
        elif name == "lender":
            known = list(enumerate(screen.case.lenders))[:LENDERS_OFFERED]
            rows = [[(f"i-{index}", lender[:40])] for index, lender in known]
            rows.append([("n-lender", screen.phrase("key_leave_it"))])
        elif name in TOGGLES:
            here = self.suggest(name)
            rows = here.toggles(name)
        if name == self.asks[0]:
            text = f"{screen.pick(self.letter['title'])}\n\n{text}"
            rows.append([("other", screen.phrase("key_other_letters"))])
        if lead:
            text = f"{screen.phrase(lead)}\n\n{text}"
        return here.say(text, rows, at=name)

    def suggest(self, name: str) -> "_Interview":
        """What follows from the diary or the answers before is ticked; the person can untick it."""
        content, answers = self.screen.content, self.answers
        if name == "conducts" and not answers.conducts:
            ticked = suggested_conducts(letter_entries(content, self.screen.case, answers))
            return self.keep(replace(answers, conducts=ticked))
        if name == "wants" and not stated(content, answers, name):
            conducts = stated(content, answers, "conducts")
            ticked = suggested_wants(content, answers.to, conducts)
            return self.keep(replace(answers, wants=(*answers.wants, *ticked)))
        return self

    def options(self, name: str) -> Mapping[str, Any]:
        content = self.screen.content
        if name == "conducts":
            return content.kit["conducts"]
        if name == "wants":
            return {one: self.kit[name][one] for one in wants_for(content, self.answers.to)}
        options: Mapping[str, Any] = self.kit[name]
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
        if name == "kind" and value in KINDS and name in self.asks:
            to = proposed(self.screen.content, self.answers.letter, value)
            case = self.screen.case
            if self.answers.lender:
                case = case.with_lender(self.answers.lender, value)
            here = self.keep(replace(self.answers, kind=value, to=to), case)
            return here.ask_next(list(self.asks).index("kind"))
        if name in TOGGLES and name in self.asks and value in self.options(name):
            here = self.ticked(name, value)
            return here.say(here.screen.phrase(f"letter_ask_{name}"), here.toggles(name), at=name)
        return self.ask_next(-1)

    def ticked(self, name: str, value: str) -> "_Interview":
        """With one tick set, or taken away where it was set."""
        before = getattr(self.answers, name)
        without = tuple(one for one in before if one != value)
        change: dict[str, Any] = {name: without if value in before else (*before, value)}
        return self.keep(replace(self.answers, **change))

    def name_known_lender(self, rest: str) -> Turn:
        known = list(self.screen.case.lenders)
        if not rest.isdigit() or int(rest) >= len(known):
            return self.ask_next(-1)
        return self.name_lender(known[int(rest)])

    def name_lender(self, lender: str) -> Turn:
        """The kind chosen for this letter counts: a bank has both cards and loans."""
        case = self.screen.case
        known, kind = case.kind_of(lender), self.answers.kind
        if kind == "unknown":
            kind = known or kind
        if known in ("", "unknown"):
            case = case.with_lender(lender, kind)
        to = proposed(self.screen.content, self.answers.letter, kind)
        here = self.keep(replace(self.answers, lender=lender, kind=kind, to=to), case)
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
        if is_question(said):
            return None  # no lender is called so: the conversation answers it
        return self.name_lender(said[: LONGEST["lender"]])

    # Confirming and writing

    def confirm(self, lead: str = "") -> Turn:
        """Every fact of the letter under a number of its own, to be struck out or confirmed."""
        screen, answers = self.screen, self.answers
        content, case, language = screen.content, screen.case, screen.session.language
        lines = facts(content, case, answers, language)
        entries = letter_entries(content, case, answers)
        attached = max(0, len(entries) - ENTRIES_IN_LETTER)
        unnamed = f"\n{screen.phrase('letter_no_lender')}" if answers.lender else ""
        blocks = [" ".join(screen.phrase(key) for key in (lead, "letter_confirm") if key)]
        if "lender" in self.asks:
            lender = answers.lender or screen.phrase("lender_unknown")
            if "kind" in self.asks:
                lender += f" · {screen.phrase(f'kind_{answers.kind}')}"
            blocks.append(screen.phrase("letter_part_lender", lender=lender))
        blocks.append(
            "\n".join(
                f"{number}. {one.text}{unnamed if one.unnamed else ''}"
                for number, one in enumerate(lines, 1)
            )
        )
        if attached:
            blocks.append(screen.phrase("letter_attached", count=attached))
        settled = self.settled()
        sums = counted(content, settled.screen.case, answers, language)
        if sums:
            blocks.append("\n".join([screen.phrase("letter_part_counts"), *sums]))
        wanted = [
            screen.pick(self.kit["wants"][one]["text"]) for one in stated(content, answers, "wants")
        ]
        if wanted:
            blocks.append("\n".join([screen.phrase("letter_part_wants"), *_dotted(wanted)]))
        if len(self.recipients_offered()) > 1:
            blocks.append(self.about_recipient())
        total = len(lines) + attached
        label = screen.phrase("key_confirm", count=total) if total else screen.phrase("key_write")
        rows: list[Row] = [[("y", label)]]
        strikes = [
            (one.strike, screen.phrase("key_strike", number=number))
            for number, one in enumerate(lines, 1)
            if one.strike
        ]
        rows += [
            strikes[start : start + STRIKES_IN_ROW]
            for start in range(0, len(strikes), STRIKES_IN_ROW)
        ]
        if answers.struck:
            rows.append([("r", screen.phrase("key_unstrike"))])
        rows += [
            [(f"q-{name}", screen.phrase(f"key_change_{name}"))]
            for name in self.asks
            if name in (*TOGGLES, "monthly")
        ]
        if len(self.recipients_offered()) > 1:
            rows.append([("to", screen.phrase("key_other_recipient"))])
        return self.say("\n\n".join(filter(None, blocks)), rows, shown=settled.digest())

    def about_recipient(self) -> str:
        """Who gets it and why; where another one comes first, that too."""
        screen, to = self.screen, self.answers.to
        first = self.first_recipient()
        key = "letter_to" if to == first else "letter_to_chosen"
        names = {
            name: screen.pick(recipient(screen.content, name)["label"]) for name in (to, first)
        }
        lines = [
            screen.phrase(key, to=names[to], first=names[first]),
            *self.why(to),
        ]
        conducts = screen.content.kit["conducts"]
        if to != POLICE and any(
            "police" in conducts[one]["kinds"] for one in self.answers.conducts
        ):
            lines.append(screen.phrase("letter_also_police"))
        return "\n".join(lines)

    def label(self, to: str) -> str:
        return self.screen.pick(recipient(self.screen.content, to)["label"])

    def why(self, name: str) -> list[str]:
        """One line on what this recipient takes and does not take, with its source."""
        one = recipient(self.screen.content, name)
        source = self.screen.sources(one["kinds"].get("any", ()))
        return [line for line in (self.screen.pick(one["why"]), source) if line]

    def strike(self, rest: str) -> Turn:
        """z-ID takes an entry out of the letter, z-QUESTION.VALUE one of the choices."""
        if rest.isdigit():
            return self.keep(
                replace(self.answers, struck=tuple({*self.answers.struck, int(rest)}))
            ).confirm()
        name, _, value = rest.partition(".")
        if name in STATED and value in getattr(self.answers, name):
            here = self.ticked(name, value)
            return here.confirm() if here.is_known(name) else here.ask(name, "letter_choose_one")
        return self.confirm()

    def recipients(self) -> Turn:
        """Everybody it can go to, the first to be tried first."""
        screen = self.screen
        names = sorted(self.recipients_offered(), key=lambda one: one != self.first_recipient())
        if not names:
            return self.ask_next(-1)
        lines = [screen.phrase("letter_recipients")]
        lines += ["\n".join([self.label(name), *self.why(name)]) for name in names]
        rows: list[Row] = [[(f"t-{name}", self.label(name))] for name in names]
        if "kind" in self.asks and self.answers.kind == "unknown":
            lines.append(screen.phrase("letter_kind_unknown"))
            rows.append([("q-kind", screen.phrase("key_change_kind"))])
        return self.say("\n\n".join(lines), rows)

    def set_recipient(self, name: str) -> Turn:
        here = self.keep(replace(self.answers, to=name))
        return (here.suggest("wants") if "wants" in self.asks else here).confirm()

    def draft(self) -> Turn:
        """The letter itself: Chinese for the recipient, the person's language beside it."""
        missing = next(
            (name for name in self.asks if name in NEEDED and not self.is_known(name)), ""
        )
        if missing:
            return self.ask(missing)
        here = self.settled()
        digest = here.digest()
        if digest not in (self.screen.session.tool_state.get("shown"), self.answers.confirmed):
            # The key of an earlier screen: what it showed is not what would be written now.
            return self.confirm("export_changed")
        here = here.keep(replace(here.answers, confirmed=digest))
        screen = here.screen
        texts = here.texts()
        replies = [Reply(texts[0])]
        if len(texts) > 1:
            replies += [Reply(screen.phrase("letter_beside")), Reply(texts[1])]
        notes = [self.letter["note"]]
        if "recipients" in self.letter:
            notes.insert(0, recipient(screen.content, here.answers.to)["send"])
        closing = [screen.phrase("letter_done")]
        for note in notes:
            closing += [screen.pick(note["text"]), screen.sources(note["kinds"].get("any", ()))]
        return here.say("\n".join(filter(None, closing)), here.next_steps(), *replies)

    def next_steps(self) -> list[Row]:
        """What can be done with a finished letter."""
        screen, answers = self.screen, self.answers
        rows: list[Row] = [
            [(f"get-{kind}", screen.phrase(f"key_{kind}"))] for kind in ("docx", "pdf")
        ]
        if answers.letter == "objection":  # its 15 days come before everything else
            rows.insert(0, [(":deadline", screen.phrase("key_deadline"))])
        above = regulator(screen.content, answers.kind)
        if answers.letter == "complaint" and answers.to == LENDER and above:
            label = screen.phrase("key_regulator", to=self.label(above))
            rows.append([(f"t-{above}", label)])
        if len(self.recipients_offered()) > 1:
            rows.append([("to", screen.phrase("key_other_recipient"))])
        if answers.letter in ("complaint", "credit") and screen.content.has(FOLLOW_UP):
            title = screen.content.title(FOLLOW_UP, screen.session.language)
            rows.append([(f"@{FOLLOW_UP}", title)])
        return [
            *rows,
            [("other", screen.phrase("key_other_letters"))],
            [(":diary", screen.phrase("key_diary"))],
            [(":diary-keep", screen.phrase("key_kept"))],
        ]

    def texts(self) -> list[str]:
        """The Chinese letter, and the person's own language where that is not Chinese."""
        languages = [WRITTEN, *(one for one in BESIDE if one == self.screen.session.language)]
        return [
            compose(self.screen.content, self.screen.case, self.answers, language)
            for language in languages
        ]

    def digest(self) -> str:
        """Tells whether the letter, or the record that goes with it, is still the one confirmed."""
        whole = handed_in(self.screen.content, self.screen.case, self.answers)
        return hashlib.sha256("\n".join(whole).encode()).hexdigest()

    def file(self, kind: str) -> Turn:
        """The confirmed letter as a file. One that has changed since must be confirmed again."""
        screen = self.screen
        if not self.answers.confirmed or self.digest() != self.answers.confirmed:
            return self.confirm("export_changed" if self.answers.confirmed else "")
        entries = letter_entries(screen.content, screen.case, self.answers)
        rows: list[Row] = [[("y", screen.phrase("key_letter_again"))]]
        if self.answers.letter == "complaint":
            rows = [*answer_rows(screen, self.answers.to, self.answers.kind), *rows]
        try:
            file = export(screen, kind, self.texts(), entries)
        except FontMissingError:
            rows.insert(0, [("get-docx", screen.phrase("key_docx"))])
            return self.say(screen.phrase("export_no_font"), rows)
        return self.say(screen.phrase("export_ready"), rows, Reply("", file=file))

    def settled(self) -> "_Interview":
        """As it stands once confirmed: entries without a lender then belong to this one."""
        case, answers = self.screen.case, self.answers
        if not answers.lender:
            return self
        entries = letter_entries(self.screen.content, case, answers)
        chosen = {entry.id for entry in entries if not entry.lender}
        named = tuple(
            replace(entry, lender=answers.lender) if entry.id in chosen else entry
            for entry in case.entries
        )
        case = replace(case, entries=named)
        if not case.kind_of(answers.lender):
            case = case.with_lender(answers.lender, answers.kind)
        return self.keep(answers, case)

    def other_letters(self) -> Turn:
        screen = self.screen
        rows: list[Row] = [
            [(f"new-{name}", screen.pick(letter["title"]))]
            for name, letter in self.kit["letters"].items()
        ]
        rows += [
            [(f"list-{name}", screen.pick(sheet["title"]))]
            for name, sheet in self.kit["checklists"].items()
        ]
        return self.say(screen.phrase("letter_which"), rows)


def _dotted(lines: Sequence[str]) -> list[str]:
    return [f"• {line}" for line in lines]


def _load(kept: Mapping[str, Any]) -> Answers:
    """The answers as they were kept; a fresh set where a newer or older bot kept them."""
    values: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in kept.items()
    }
    try:
        return Answers(**values)
    except TypeError:
        return Answers()
