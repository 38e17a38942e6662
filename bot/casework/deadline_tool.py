"""The tool that tells the last day of a period: which paper, which day, and from when it counts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.casework.dates import last_day, read_day, two_weekdays_before
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


class DeadlineTool:
    """Remembers the paper and whether it came by public notice: choices, no words."""

    def __init__(self, content: Callable[[], Content]) -> None:
        self._content = content

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        content = self._content()
        if message.kind == "button":
            payload = parse_payload(message.payload)
            return self._press(content, session, payload.tool if payload else "", now)
        paper = session.tool_state.get("paper")
        if message.kind != "text" or not paper:
            return None
        day = read_day(message.text, now.date())
        if day is None:
            # A question, not a day: the conversation answers it, and the way back is offered.
            return (
                self._ask_day(content, session, now, "deadline_bad_day")
                if _has_digit(message.text)
                else None
            )
        return self._result(content, session, day, now)

    def _press(self, content: Content, session: Session, tool: str, now: datetime) -> Turn | None:
        choice = tool.removeprefix(f"{NAME}-")
        if tool == NAME:
            return self._ask_paper(content, session, now)
        if choice.startswith("p-") and choice[2:] in PAPERS:
            state: dict[str, object] = {"paper": choice[2:]}
            return self._ask_day(content, replace(session, tool=NAME, tool_state=state), now)
        if not session.tool_state.get("paper"):
            return self._ask_paper(content, session, now)
        if choice == "public":
            state = {**session.tool_state, "public": True}
            return self._ask_day(content, replace(session, tool_state=state), now)
        if choice in ("d0", "d1"):
            return self._result(content, session, now.date() - timedelta(days=int(choice[1])), now)
        return None

    def _key(self, session: Session, choice: str, label: str) -> Key:
        return Key(label, tool_payload(session.id, f"{NAME}-{choice}"))

    def _ask_paper(self, content: Content, session: Session, now: datetime) -> Turn:
        keys = [
            self._key(
                session,
                f"p-{name}",
                content.phrase(f"paper_{name.replace('-', '_')}", session.language),
            )
            for name in PAPERS
        ]
        done = open_step(content, session, TOPIC, "start", now, extra=keys)
        return self._stay(done, {})

    def _ask_day(
        self, content: Content, session: Session, now: datetime, phrase: str = "deadline_when"
    ) -> Turn:
        language = session.language
        state = dict(session.tool_state)
        if state.get("public") and phrase == "deadline_when":
            phrase = "deadline_when_public"
        keys = [
            self._key(session, "d0", content.phrase("key_today", language)),
            self._key(session, "d1", content.phrase("key_yesterday", language)),
        ]
        if not state.get("public"):
            keys.append(self._key(session, "public", content.phrase("key_public_notice", language)))
        lead = Paragraph(content.phrase(phrase, language))
        done = open_step(
            content, session, TOPIC, "served", now, extra=keys, lead=lead, remember=False
        )
        return self._stay(done, state)

    def _result(self, content: Content, session: Session, day: date, now: datetime) -> Turn:
        today = now.date()
        if not today - FARTHEST_BACK <= day <= today:
            return self._ask_day(content, session, now, "deadline_bad_day")
        language = session.language
        name = str(session.tool_state["paper"])
        deadline = content.sources.deadlines[name]
        start = day
        used: tuple[str, ...] = (name,)
        if session.tool_state.get("public"):
            start = last_day(content.sources.deadlines[PUBLIC_NOTICE], day)
            used = (name, PUBLIC_NOTICE)
        last = last_day(deadline, start)
        key = "deadline_result" if last >= today else "deadline_result_past"
        text = content.phrase(
            key,
            language,
            paper=content.pick(deadline.paper, language),
            action=content.pick(deadline.action, language),
            start=start.isoformat(),
            last=last.isoformat(),
            early=max(two_weekdays_before(last), today).isoformat(),
            note=content.pick(deadline.note, language),
        )
        lead = Paragraph(text.strip(), deadlines=used)
        keys = []
        if last > today:
            label = content.phrase("key_remind", language)
            keys.append(Key(label, tool_payload(session.id, set_name(name, last))))
        return open_step(content, session, TOPIC, "result", now, extra=keys, lead=lead)

    def _stay(self, done: Turn, state: dict[str, object]) -> Turn:
        """The tool stays open: the next text is for it."""
        return replace(done, session=replace(done.session, tool=NAME, tool_state=state))


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text) and len(text) <= 40
