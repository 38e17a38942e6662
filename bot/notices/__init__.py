"""Reads a claimed notice: what it claims, what speaks for and against it, which clock may run.

Nothing here opens a link, calls anybody or keeps a word. `read_notice` is pure after its data has
been loaded once; pictures become text in a process of their own (pictures.py).
"""

from bot.notices.detection import looks_like_notice
from bot.notices.reading import Reading, read_notice

__all__ = ["Reading", "looks_like_notice", "read_notice"]
