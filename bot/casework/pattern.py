"""What the diary shows at a glance: counts per lender against yardsticks, and bars by hour."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.casework.case import CALLS, Case, Entry

NIGHT_FROM, NIGHT_TO = 22, 8  # 22:00-8:00, China time
BAR = "█"
LONGEST_BAR = 12
DAYS_SHOWN = 14
HOURS_A_BAR = 2


@dataclass(frozen=True)
class Measure:
    """One yardstick applied to one lender: `count` contacts, `days` on which it was passed."""

    lender: str
    yardstick: str
    count: int
    days: int
    sources: tuple[str, ...]


def measures(case: Case, yardsticks: Mapping[str, Any]) -> list[Measure]:
    """Every yardstick that applies to a lender's kind and that the diary touches.

    Entries without a lender are never added up; lenders of unknown kind have no yardstick.
    """
    found = []
    for lender, kind in case.lenders.items():
        entries = [entry for entry in case.entries if entry.lender == lender]
        for name, yardstick in yardsticks.items():
            sources = yardstick["kinds"].get(kind)
            if not sources:
                continue
            count, days = _count(name, entries, yardstick.get("over"))
            if days:
                found.append(Measure(lender, name, count, days, tuple(sources)))
    return found


def _count(name: str, entries: Sequence[Entry], over: int | None) -> tuple[int, int]:
    """(contacts, days): for a number a day, the most in one day and the days above it."""
    fitting = [entry for entry in entries if _FITS[name](entry)]
    if over is None:
        return len(fitting), len({entry.at.date() for entry in fitting})
    by_day = Counter(entry.at.date() for entry in fitting)
    above = [count for count in by_day.values() if count > over]
    return max(above, default=0), len(above)


def _at_night(entry: Entry) -> bool:
    return entry.timed and (entry.at.hour >= NIGHT_FROM or entry.at.hour < NIGHT_TO)


def _call_to_me(entry: Entry, answered: str) -> bool:
    return entry.who == "me" and entry.how in CALLS and entry.answered == answered


_FITS: Mapping[str, Callable[[Entry], bool]] = {
    "hours": _at_night,
    "talk-calls": lambda entry: _call_to_me(entry, "yes"),
    "attempts": lambda entry: _call_to_me(entry, "no"),
    "third-persons": lambda entry: entry.who != "me",
}


def bars_by_hour(entries: Sequence[Entry]) -> list[tuple[str, int, str]]:
    """(label, count, bar) for every two hours of the day that hold an entry, China time."""
    counts = Counter(entry.at.hour // HOURS_A_BAR for entry in entries if entry.timed)
    most = max(counts.values(), default=0)
    return [
        (
            f"{slot * HOURS_A_BAR:02}-{(slot + 1) * HOURS_A_BAR:02}",
            counts[slot],
            bar(counts[slot], most),
        )
        for slot in sorted(counts)
    ]


def bars_by_day(entries: Sequence[Entry]) -> list[tuple[date, int, str]]:
    """(day, count, bar) of the latest days that hold an entry, the latest last."""
    counts = Counter(entry.at.date() for entry in entries)
    shown = sorted(counts)[-DAYS_SHOWN:]
    most = max((counts[day] for day in shown), default=0)
    return [(day, counts[day], bar(counts[day], most)) for day in shown]


def bar(count: int, most: int) -> str:
    """At least one block for one entry; the longest bar has twelve."""
    if most <= LONGEST_BAR:
        return BAR * count
    return BAR * max(1, round(count * LONGEST_BAR / most)) if count else ""
