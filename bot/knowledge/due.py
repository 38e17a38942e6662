"""Which answers must be checked again: told 30, 14 and 3 days ahead, and when the day has passed."""

from collections.abc import Iterator
from datetime import date

from bot.knowledge.content import Content

WARN_DAYS = (30, 14, 3)


def days_left(content: Content, today: date) -> Iterator[tuple[int, str]]:
    """(days until it is withdrawn, topic), soonest first; negative where that day has passed."""
    return iter(
        sorted(
            ((languages["zh"].check_again - today).days, name)
            for name, languages in content.topics.items()
            if not languages["zh"].stub
        )
    )


def due_now(content: Content, today: date) -> list[str]:
    """One line per day of warning that is today, for the operator; empty on other days."""
    lines = []
    for days in (*WARN_DAYS, -1):
        names = [name for left, name in days_left(content, today) if left == days]
        if names:
            what = "withdrawn since today" if days < 0 else f"withdrawn in {days} days"
            lines.append(f"{what} unless the sources are checked again: {', '.join(names)}")
    return lines
