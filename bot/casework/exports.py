"""The files a person can take away: letter and diary, Chinese first, their own language beside."""

from collections.abc import Sequence

from bot.casework.attachments import evidence_of
from bot.casework.case import CALLS, Entry
from bot.casework.fonts import font_path
from bot.casework.letters import BESIDE, WRITTEN
from bot.casework.pattern import bars_by_day, bars_by_hour
from bot.casework.screen import Screen
from bot.conversation.messages import File

KINDS = ("docx", "pdf", "csv")
COLUMNS = ("no", "at", "who", "how", "answered", "lender", "number", "words", "evidence")


def export(screen: Screen, kind: str, texts: Sequence[str], entries: Sequence[Entry]) -> File:
    """The texts and the diary as a file. Raises FontMissingError for a PDF without a font."""
    # Here and not above: the libraries that write files stay off the path of every other turn.
    from bot.casework.documents import csv_file, docx_file, pdf_file

    day = screen.now.date()
    header = [_both(screen, f"export_{name}") for name in COLUMNS]
    rows = [_row(screen, number, entry) for number, entry in enumerate(entries, 1)]
    if kind == "csv":
        return csv_file(header, rows, day)
    if kind == "docx":
        return docx_file(texts, header, rows, day)
    return pdf_file(texts, header, rows, _bars(screen, entries), day, font_path(screen.font))


def _both(screen: Screen, key: str) -> str:
    """The Chinese words, with the person's own beside them where those are not Chinese."""
    chinese = screen.content.phrase(key, WRITTEN)
    own = screen.session.language
    return f"{chinese} {screen.phrase(key)}" if own in BESIDE else chinese


def _row(screen: Screen, number: int, entry: Entry) -> list[str]:
    answered = entry.answered and entry.how in CALLS
    return [
        str(number),
        entry.at.strftime("%Y-%m-%d %H:%M" if entry.timed else "%Y-%m-%d"),
        _both(screen, f"who_{entry.who}"),
        _both(screen, f"how_{entry.how}"),
        _both(screen, f"answered_{entry.answered}") if answered else "",
        entry.lender,
        entry.number,
        entry.words,
        evidence_of(screen.content, entry, WRITTEN),
    ]


def _bars(screen: Screen, entries: Sequence[Entry]) -> list[tuple[str, list[tuple[str, int]]]]:
    hours = [(label, count) for label, count, _ in bars_by_hour(entries)]
    days = [(f"{day:%m-%d}", count) for day, count, _ in bars_by_day(entries)]
    titled = ((_both(screen, "pattern_hours"), hours), (_both(screen, "pattern_days"), days))
    return [(title, counts) for title, counts in titled if counts]
