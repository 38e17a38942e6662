"""The recogniser: what a message is about, in NumPy and free of Rasa.

NumPy and the model's code are imported at their first use: the decision policy, which every turn
needs, must not wait for them.
"""

from typing import TYPE_CHECKING, Any

from .policy import Decision, Policy
from .text import clean, fold

if TYPE_CHECKING:
    from .recogniser import Ranking, Recogniser, Settings

__all__ = ["Decision", "Policy", "Ranking", "Recogniser", "Settings", "clean", "fold"]


def __getattr__(name: str) -> Any:
    if name in ("Ranking", "Recogniser", "Settings"):
        from . import recogniser

        return getattr(recogniser, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
