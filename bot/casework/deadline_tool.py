"""The tool that tells the last day of a period: which paper, how it came, when; no later day.

Where the way of service leaves doubt it counts from the earliest day that way allows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.casework.dates import last_day, two_weekdays_before
from bot.casework.read_days import read_days
from bot.casework.reminder_tool import set_name
from bot.conversation.messages import Key, Message, Session, Turn
from bot.conversation.payload import parse_payload, tool_payload
from bot.conversation.screens import open_step
from bot.knowledge.content import Content
from bot.knowledge.topics import Paragraph

NAME = "deadline"
TOPIC = "deadline_card"
# The papers that bring people here, in the order of how often a period is missed by accident.
PAPERS = (
    "answer",
    "payment-order",
    "appeal-judgment",
    "appeal-ruling",
    "preservation-reconsideration",
    "enforcement-review",
    "arbitration-set-aside",
    "retrial",
)
PUBLIC_NOTICE = "public-notice"
FARTHEST_BACK = timedelta(days=3650)
DAYS_SHOWN = 16  # today and the 15 days before: whoever is still in time for most papers
DAYS_IN_ROW = 4


@dataclass(frozen=True)
class Way:
    """How a paper reached somebody. `code` stands in payloads, `step` explains its day.

    `sure`: the day the person gives is the day that counts, not merely the earliest possible.
    """

    code: str
    step: str
    sure: bool = False


HANDED, FAMILY, LEFT = Way("m", "me", sure=True), Way("f", "family", sure=True), Way("l", "left")
LINK, PUBLISHED, UNSURE = Way("e", "link"), Way("n", "notice"), Way("u", "unsure")
WAYS = (HANDED, FAMILY, LEFT, LINK, PUBLISHED, UNSURE)
# Papers whose period does not run from service by a court: their day is asked for at once.
IN_EFFECT, AWARDED = Way("v", "effect"), Way("w", "award")
OWN_DAY = {"retrial": IN_EFFECT, "arbitration-set-aside": AWARDED}
# A payment order lapses where its debtor cannot be found or served (Interpretation 427, 430):
# the 30 days of a public notice are never added to its period.
NEVER_PUBLISHED = ("payment-order",)
BY_CODE = {way.code: way for way in (*WAYS, IN_EFFECT, AWARDED)}


class DeadlineTool:
    """Remembers the paper and how it came: choices, no words."""

    def __init__(self, content: Callable[[], Content]) -> None:
        self._content = content

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        content = self._content()
        if message.kind == "button":
            payload = parse_payload(message.payload)
            return self._press(content, session, payload.tool if payload else "", now)
        paper = session.tool_state.get("paper")
        if message.kind != "text" or paper not in PAPERS:
            return None
        way = BY_CODE.get(str(session.tool_state.get("way")), UNSURE)
        return self._words(content, session, message.text, paper, way, now)

    def _press(self, content: Content, session: Session, tool: str, now: datetime) -> Turn:
        """p-PAPER, h-PAPER-WAY, r-PAPER-WAY-DAY: each key holds all that was answered before.

        The day stands in full, so that a key pressed tomorrow still means the day it showed.
        """
        verb, _, rest = tool.removeprefix(NAME).removeprefix("-").partition("-")
        if verb == "p" and rest in PAPERS:
            if rest in OWN_DAY:
                return self._ask_day(content, session, rest, OWN_DAY[rest], now)
            return self._ask_way(content, session, rest, now)
        if verb == "h":
            paper, _, code = rest.rpartition("-")
            if way := _way(paper, code):
                return self._ask_day(content, session, paper, way, now)
        if verb == "r":
            before, _, written = rest.rpartition("-")
            paper, _, code = before.rpartition("-")
            day = _written(written)
            if day and (way := _way(paper, code)):
                return self._result(content, session, paper, way, day, now)
        return self._ask_paper(content, session, now)

    def _words(
        self, content: Content, session: Session, text: str, paper: str, way: Way, now: datetime
    ) -> Turn | None:
        read = read_days(text, now.date())
        if read is None:
            return None  # a question, not a day: the conversation answers it
        if read.problem:
            return self._ask_day(content, session, paper, way, now, f"deadline_{read.problem}")
        if len(read.days) == 1:
            return self._result(content, session, paper, way, read.days[0], now)
        return self._ask_day(content, session, paper, way, now, "deadline_two", read.days)

    def _key(self, session: Session, choice: str, label: str) -> Key:
        return Key(label, tool_payload(session.id, f"{NAME}-{choice}"))

    def _ask_paper(self, content: Content, session: Session, now: datetime) -> Turn:
        keys = [
            self._key(session, f"p-{name}", _phrase(content, session, f"paper_{name}"))
            for name in PAPERS
        ]
        return self._stay(open_step(content, session, TOPIC, "start", now, extra=keys))

    def _ask_way(self, content: Content, session: Session, paper: str, now: datetime) -> Turn:
        keys = [
            self._key(
                session, f"h-{paper}-{way.code}", _phrase(content, session, f"way_{way.step}")
            )
            for way in WAYS
            if _way(paper, way.code)
        ]
        lead = Paragraph(content.pick(content.sources.deadlines[paper].paper, session.language))
        done = open_step(content, session, TOPIC, "how", now, extra=keys, lead=lead)
        return self._stay(done, paper)

    def _ask_day(
        self,
        content: Content,
        session: Session,
        paper: str,
        way: Way,
        now: datetime,
        problem: str = "",
        days: Sequence[date] = (),
    ) -> Turn:
        """The step that says which day counts, and a key a day; `days` are those to choose from."""
        today = now.date()
        offered = days or [today - timedelta(days=back) for back in range(DAYS_SHOWN)]
        keys = [
            self._key(
                session,
                f"r-{paper}-{way.code}-{day:%Y%m%d}",
                self._label(content, session, day, today),
            )
            for day in offered
        ]
        rows = [
            tuple(keys[start : start + DAYS_IN_ROW]) for start in range(0, len(keys), DAYS_IN_ROW)
        ]
        lead = Paragraph(content.phrase(problem, session.language)) if problem else None
        done = open_step(
            content, session, TOPIC, way.step, now, extra=rows, lead=lead, remember=not problem
        )
        return self._stay(done, paper, way)

    def _label(self, content: Content, session: Session, day: date, today: date) -> str:
        back = (today - day).days
        if back in (0, 1):
            return content.phrase(("key_today", "key_yesterday")[back], session.language)
        return f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}"

    def _result(
        self, content: Content, session: Session, paper: str, way: Way, day: date, now: datetime
    ) -> Turn:
        today = now.date()
        if day > today:
            return self._ask_day(content, session, paper, way, now, "deadline_future")
        if day < today - FARTHEST_BACK:
            return self._ask_day(content, session, paper, way, now, "deadline_old")
        language = session.language
        deadline = content.sources.deadlines[paper]
        start = day
        used: tuple[str, ...] = (paper,)
        notes = [content.pick(deadline.note, language)]
        if way is PUBLISHED:
            start = last_day(content.sources.deadlines[PUBLIC_NOTICE], day)
            used = (paper, PUBLIC_NOTICE)
            notes.insert(0, content.phrase("deadline_published", language, day=day, start=start))
        elif not way.sure:
            notes.insert(0, content.phrase("deadline_earliest", language))
        last = last_day(deadline, start)
        text = content.phrase(
            "deadline_result" if last >= today else "deadline_result_past",
            language,
            paper=content.pick(deadline.paper, language),
            action=content.pick(deadline.action, language),
            start=start.isoformat(),
            last=last.isoformat(),
            early=max(two_weekdays_before(last), today).isoformat(),
            note="\n".join(filter(None, notes)),
        )
        lead = Paragraph(text.strip(), deadlines=used)
        keys = []
        if last > today:
            label = content.phrase("key_remind", language)
            keys.append(Key(label, tool_payload(session.id, set_name(paper, last))))
        return open_step(content, session, TOPIC, "result", now, extra=keys, lead=lead)

    def _stay(self, done: Turn, paper: str = "", way: Way | None = None) -> Turn:
        """The tool stays open: the next text is for it."""
        state = {"paper": paper, "way": way.code if way else ""} if paper else {}
        return replace(done, session=replace(done.session, tool=NAME, tool_state=state))


def _way(paper: str, code: str) -> Way | None:
    """None where that paper cannot have come that way, or for a key that this bot never made."""
    way = BY_CODE.get(code)
    is_excluded = paper not in PAPERS or (way is PUBLISHED and paper in NEVER_PUBLISHED)
    return None if is_excluded else way


def _phrase(content: Content, session: Session, name: str) -> str:
    return content.phrase(name.replace("-", "_"), session.language)


def _written(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
