"""The recogniser: what a message is about, in NumPy and free of Rasa."""

from .policy import Decision, Policy
from .recogniser import Ranking, Recogniser, Settings
from .text import clean, fold

__all__ = ["Decision", "Policy", "Ranking", "Recogniser", "Settings", "clean", "fold"]
