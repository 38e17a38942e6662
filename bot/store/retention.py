"""How long each kind of row is kept. The README shows this table; `trim` enforces it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Period:
    table: str
    kept: timedelta
    what: str


RETENTION = (
    Period("sessions", timedelta(hours=72), "the place in a conversation, its language, no words"),
    Period("updates", timedelta(hours=48), "numbers of updates already answered"),
    Period("messages", timedelta(hours=48), "numbers of messages that /hide can still delete"),
    Period(
        "cases", timedelta(days=180), "diary and letters, if agreed to; from their last change on"
    ),
    Period("reminders", timedelta(days=7), "a reminder that could not be sent, from its hour on"),
)
