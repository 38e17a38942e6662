"""Danger to life, looked for in the words before anything else understands them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Alarm:
    """Where the safety layer leads: a step of a safety topic; `certain` means help at once."""

    topic: str
    step: str
    certain: bool


def screen(text: str) -> Alarm | None:
    return None
