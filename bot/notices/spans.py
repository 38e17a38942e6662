"""A place in the text that a person sent: every finding says where it stands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` (exclusive) of the text as it was sent, and those characters."""

    start: int
    end: int
    quote: str
