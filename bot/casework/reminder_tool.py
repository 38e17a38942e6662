"""Reminders of a last day: asked for, neutral in words, stopped with one key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.casework.case import Case
from bot.casework.screen import KEEP, KEPT_DAYS, Row, Screen, ask_agreement
from bot.conversation.messages import Message, Session, Turn, Work
from bot.conversation.payload import parse_payload
from bot.knowledge.content import Content

NAME = "reminder"
DAYS_BEFORE = (7, 3, 1, 0)
AT = time(9)  # China time
MOST = 20
# What is kept is deleted after 180 days without a change: no later reminder can be promised.
FARTHEST = timedelta(days=KEPT_DAYS - 1)


def moments(case: Case, now: datetime) -> list[datetime]:
    """Every moment from now on at which the person is to be reminded, each once."""
    found = {
        datetime.combine(date.fromisoformat(day) - timedelta(days=before), AT, now.tzinfo)
        for _, day in case.dates
        for before in DAYS_BEFORE
    }
    return sorted(moment for moment in found if moment > now)


def set_name(paper: str, day: date) -> str:
    """What the key under a result does: `reminder-set-answer-20261130`."""
    return f"{NAME}-set-{paper}-{day:%Y%m%d}"


class ReminderTool:
    """Keeps the kind of paper and its last day; the words of a reminder name neither."""

    def __init__(self, content: Callable[[], Content], case: Case) -> None:
        self._content = content
        self._case = case

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        payload = parse_payload(message.payload) if message.kind == "button" else None
        if payload is None:
            return None
        choice = payload.tool.removeprefix(NAME).removeprefix("-")
        if not choice.startswith("yes"):
            session = replace(session, tool_state={"wanted": choice})
        screen = Screen(NAME, self._content(), self._case, session, now)
        return ask_agreement(screen, choice, _wanted) or _press(screen, choice)


def _wanted(screen: Screen) -> Turn:
    return _press(screen, str(screen.session.tool_state.get("wanted", "")))


def _press(screen: Screen, choice: str) -> Turn:
    verb, _, rest = choice.partition("-")
    if verb == "set":
        return _set(screen, *rest.rpartition("-")[::2])
    if verb == "stop":
        after = replace(screen.case, dates=())
        done = screen.phrase("reminder_stopped")
        return replace(screen, case=after).say(done, effects=(Work(KEEP, {"case": after}),))
    return _list(screen)


def _set(screen: Screen, paper: str, written: str) -> Turn:
    deadline = screen.content.sources.deadlines.get(paper)
    try:
        day = datetime.strptime(written, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return _list(screen)
    if deadline is None:
        return _list(screen)
    after = replace(
        screen.case, dates=tuple(dict.fromkeys([*screen.case.dates, (paper, day.isoformat())]))
    )
    if not moments(replace(after, dates=((paper, day.isoformat()),)), screen.now):
        return _list(screen, "reminder_too_late")
    if day - screen.now.date() > FARTHEST or len(after.dates) > MOST:
        return _list(screen, "reminder_too_far")
    return replace(
        _list(replace(screen, case=after), "reminder_set"), effects=(Work(KEEP, {"case": after}),)
    )


def _list(screen: Screen, lead: str = "") -> Turn:
    lines = [screen.phrase(lead)] if lead else []
    for paper, day in screen.case.dates:
        deadline = screen.content.sources.deadlines.get(paper)
        if deadline:
            lines.append(
                screen.phrase(
                    "reminder_line",
                    day=day,
                    paper=screen.pick(deadline.paper),
                    action=screen.pick(deadline.action),
                )
            )
    rows: list[Row] = []
    if screen.case.dates:
        lines.append(screen.phrase("reminder_court_decides"))
        rows.append([("stop", screen.phrase("key_reminder_stop"))])
    else:
        lines.append(screen.phrase("reminder_none"))
    rows.append([(":deadline", screen.phrase("key_deadline"))])
    return screen.say("\n".join(lines), rows)
