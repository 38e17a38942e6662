"""Reads a claimed notice: what it claims, what speaks for and against it, which clock may run.

Nothing here opens a link, calls anybody or keeps a word. `read_notice` is pure after its data has
been loaded once; pictures become text in a process of their own (pictures.py).
"""

from bot.notices.detection import looks_like_notice
from bot.notices.links import forget_hosts
from bot.notices.reading import Reading, read_notice
from bot.notices.rules import RulesError, load_rules, read_rules

__all__ = ["Reading", "RulesError", "looks_like_notice", "read_notice", "read_rules", "reread"]


def reread() -> None:
    """The next reading takes signs and hosts anew from responses/, where they changed."""
    load_rules.cache_clear()
    forget_hosts()
