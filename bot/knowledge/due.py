"""Which answers must be checked again: told 30, 14 and 3 days ahead, and once the day is over."""

from datetime import date

from bot.knowledge.content import Content

WARN_DAYS = (30, 14, 3)


def due_now(content: Content, today: date) -> list[str]:
    """Lines for the operator, one per day of warning that is today; empty on other days."""
    left = {
        name: (languages["zh"].check_again - today).days
        for name, languages in content.topics.items()
        if not languages["zh"].stub
    }
    lines = []
    for days in (*WARN_DAYS, -1):
        names = ", ".join(name for name in left if left[name] == days)
        if names and days < 0:
            lines.append(f"withdrawn since today, past the check date: {names}")
        elif names:
            lines.append(f"withdrawn in {days} days unless the sources are checked again: {names}")
    return lines
