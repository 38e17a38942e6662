"""Reminders: of a last day, of the day an answer is due, of the end of what is kept.

Asked for (the last one is part of the agreement), neutral in words, stopped with one key.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.casework.case import Case
from bot.casework.dates import last_day, read_day
from bot.casework.screen import KEEP, KEPT_DAYS, KeepingTool, Row, Screen, ask_agreement
from bot.conversation.messages import Turn, Work

NAME = "reminder"
DAYS_BEFORE = (7, 3, 1, 0)
AT = time(9)  # China time
MOST = 20
KEPT_DAYS_BEFORE = 7  # how long before the end of what is kept the person hears of it
PAST_SHOWN = timedelta(days=30)  # a day that has passed is listed for so long
# What is kept is deleted after 180 days without a change: no later reminder can be promised.
FARTHEST = timedelta(days=KEPT_DAYS - 1)
FOLLOW_UP = "complaint_follow_up"
# Periods in deadlines.yml within which a lender must answer, the simple cases first, and the kinds
# of lender that this rule (NFRA's on consumer complaints) is about.
ANSWERS = ("lender-complaint", "lender-complaint-complex")
ANSWERING = ("card", "bank", "consumer")


def moments(case: Case, now: datetime) -> list[datetime]:
    """Every moment from now on at which the person is to be reminded, each once.

    `now` is when the case is kept: the days until its end count from here.
    """
    if case.silent:
        return []
    found = {
        datetime.combine(date.fromisoformat(day) - timedelta(days=before), AT, now.tzinfo)
        for paper, day in case.dates
        for before in ((0,) if paper in ANSWERS else DAYS_BEFORE)
    }
    if _keeps(case):
        end = now.date() + timedelta(days=KEPT_DAYS - KEPT_DAYS_BEFORE)
        found.add(datetime.combine(end, AT, now.tzinfo))
    return sorted(moment for moment in found if moment > now)


def _keeps(case: Case) -> bool:
    """Whether there is something whose end is worth a reminder."""
    return bool(case.entries or case.letter)


def kept_until(case: Case) -> date | None:
    """The day on which what is kept is deleted if nothing changes."""
    if not case.changed:
        return None
    return datetime.fromisoformat(case.changed).date() + timedelta(days=KEPT_DAYS)


def set_name(paper: str, day: date) -> str:
    """What the key under a result does: `reminder-set-answer-20261130`."""
    return f"{NAME}-set-{paper}-{day:%Y%m%d}"


def answer_rows(screen: Screen, to: str, kind: str) -> list[Row]:
    """After a complaint was exported: the key that offers to remind of the lender's answer.

    Only where the sources know a period: the lender's own desk, a bank or consumer finance company.
    """
    if to != "lender" or kind not in ANSWERING:
        return []
    return [[(f":{NAME}-sent", screen.phrase("key_remind_answer"))]]


class ReminderTool(KeepingTool):
    """Keeps the kind of paper and its last day; the words of a reminder name neither."""

    name = NAME

    def write(self, screen: Screen, text: str) -> Turn | None:
        return _written(screen, text) if screen.session.tool_state.get("at") == "sent" else None

    def press(self, screen: Screen, choice: str) -> Turn:
        if not choice.startswith("yes"):
            session = replace(screen.session, tool_state={"wanted": choice})
            screen = replace(screen, session=session)
        return ask_agreement(screen, choice, _wanted) or _press(screen, choice)


def _wanted(screen: Screen) -> Turn:
    return _press(screen, str(screen.session.tool_state.get("wanted", "")))


def _press(screen: Screen, choice: str) -> Turn:
    verb, _, rest = choice.partition("-")
    if verb == "set":
        return _set(screen, *rest.rpartition("-")[::2])
    if verb == "sent":
        day = _day(rest)
        return _sent_on(screen, day) if day else _ask_sent(screen)
    if verb == "off":
        dates = tuple(one for one in screen.case.dates if f"{one[0]}-{one[1]}" != rest)
        return _change(screen, replace(screen.case, dates=dates), "reminder_off")
    if verb == "stop":
        after = replace(screen.case, dates=(), silent=True)
        return _change(screen, after, "reminder_stopped")
    if verb == "longer" and screen.case.agreed:
        return _change(screen, screen.case, "reminder_longer")
    return _list(screen)


def _day(written: str) -> date | None:
    try:
        return datetime.strptime(written, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _change(screen: Screen, after: Case, lead: str) -> Turn:
    """Keep it, and show what there is now."""
    # As the application will note it: the list below names the day that follows from it.
    here = replace(screen, case=replace(after, changed=screen.now.isoformat()))
    return replace(_list(here, lead), effects=(Work(KEEP, {"case": here.case}),))


def _with_dates(case: Case, dates: Sequence[tuple[str, str]], today: date) -> Case:
    """With more days to be reminded of; those that passed long ago go, and silence ends."""
    kept = (one for one in case.dates if date.fromisoformat(one[1]) >= today - PAST_SHOWN)
    return replace(case, dates=tuple(dict.fromkeys([*kept, *dates])), silent=False)


def _set(screen: Screen, paper: str, written: str) -> Turn:
    day = _day(written)
    if day is None or paper not in screen.content.sources.deadlines:
        return _list(screen)
    added = [(paper, day.isoformat())]
    after = _with_dates(screen.case, added, screen.now.date())
    if not moments(Case(dates=tuple(added)), screen.now):
        return _list(screen, "reminder_too_late")
    if day - screen.now.date() > FARTHEST or len(after.dates) > MOST:
        return _list(screen, "reminder_too_far")
    return _change(screen, after, "reminder_set")


# The answer to a complaint


def _ask_sent(screen: Screen, lead: str = "") -> Turn:
    today = screen.now.date()
    rows: list[Row] = [
        [
            (f"sent-{today:%Y%m%d}", screen.phrase("key_today")),
            (f"sent-{today - timedelta(days=1):%Y%m%d}", screen.phrase("key_yesterday")),
        ],
        [("list", screen.phrase("key_not_sent"))],
    ]
    text = "\n\n".join(screen.phrase(key) for key in (lead, "reminder_ask_sent") if key)
    return screen.say(text, rows, state={"at": "sent"})


def _written(screen: Screen, text: str) -> Turn | None:
    today = screen.now.date()
    day = read_day(text, today)
    if day is None:
        # A question of its own goes on to the conversation; a day that cannot be is asked anew.
        return _ask_sent(screen, "reminder_bad_day") if any(map(str.isdigit, text)) else None
    return _sent_on(screen, day)


def _sent_on(screen: Screen, day: date) -> Turn:
    """Reminders of the days by which the lender must answer what it got on this day."""
    today = screen.now.date()
    if day > today:
        return _ask_sent(screen, "reminder_bad_day")
    deadlines = screen.content.sources.deadlines
    ends = [(paper, last_day(deadlines[paper], day)) for paper in ANSWERS if paper in deadlines]
    coming = [(paper, end.isoformat()) for paper, end in ends if end > today]
    if not coming:
        return _list(screen, "reminder_answer_over", follow_up=True)
    after = _with_dates(screen.case, coming, today)
    if len(after.dates) > MOST:
        return _list(screen, "reminder_too_far")
    return _change(screen, after, "reminder_answer_set")


def _list(screen: Screen, lead: str = "", *, follow_up: bool = False) -> Turn:
    """Every day that is kept, what to do on it, and how long all of it is kept."""
    case, deadlines = screen.case, screen.content.sources.deadlines
    known = [(paper, day) for paper, day in case.dates if paper in deadlines]
    answers = [paper for paper, _ in known if paper in ANSWERS]
    blocks = [screen.phrase(lead)] if lead else []
    lines = [
        screen.phrase(
            "reminder_line",
            day=day,
            paper=screen.pick(deadlines[paper].paper),
            action=screen.pick(deadlines[paper].action),
        )
        for paper, day in known
    ]
    if len(answers) < len(known):
        lines.append(screen.phrase("reminder_court_decides"))
    blocks.append("\n".join(lines or [screen.phrase("reminder_none")]))
    if answers or follow_up:
        papers = answers or list(ANSWERS)
        sources = (name for paper in papers for name in deadlines[paper].sources)
        blocks.append(f"{screen.phrase('reminder_answer_how')}\n{screen.sources(sources)}")
    until = kept_until(case)
    if until and _keeps(case):
        blocks.append(screen.phrase("reminder_kept_until", day=until.isoformat()))
    return screen.say("\n\n".join(blocks), _rows(screen, known, follow_up or bool(answers)))


def _rows(screen: Screen, known: Sequence[tuple[str, str]], follow_up: bool) -> list[Row]:
    case = screen.case
    rows: list[Row] = []
    if follow_up and screen.content.has(FOLLOW_UP):
        title = screen.content.title(FOLLOW_UP, screen.session.language)
        rows.append([(f"@{FOLLOW_UP}", title)])
    offs = [
        (f"off-{paper}-{day}", screen.phrase("key_reminder_off", day=day)) for paper, day in known
    ]
    if len(offs) > 1:
        rows += [offs[start : start + 2] for start in range(0, len(offs), 2)]
    if _keeps(case):
        rows.append([("longer", screen.phrase("key_reminder_longer", days=KEPT_DAYS))])
        rows.append([(":diary-keep", screen.phrase("key_take_away"))])
    if known or (_keeps(case) and not case.silent):
        rows.append([("stop", screen.phrase("key_reminder_stop"))])
    rows.append([(":deadline", screen.phrase("key_deadline"))])
    return rows
