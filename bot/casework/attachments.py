"""A file as it stands in the diary and in the exhibit: what it is, and the fingerprint to match."""

from bot.casework.case import Attachment, Entry
from bot.knowledge.content import Content

SHORT_HASH = 12  # characters on a phone's screen; files and letters carry all 64
_UNITS = ("B", "KB", "MB", "GB")


def size_of(count: int) -> str:
    """ "812 B", "214 KB", "3.1 MB": in steps of 1024."""
    size, unit = float(count), 0
    while size >= 1024 and unit + 1 < len(_UNITS):
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit > 1 and size < 10 else f"{size:.0f} {_UNITS[unit]}"


def file_line(
    content: Content, language: str, number: int, file: Attachment, *, short: bool = False
) -> str:
    """One file in one line, with the whole fingerprint or the beginning of it."""
    line = content.phrase(
        "file_line",
        language,
        number=number,
        kind=content.phrase(f"file_{file.kind}", language),
        size=size_of(file.size),
        sha256=f"{file.sha256[:SHORT_HASH]}…" if short else file.sha256,
        at=file.at.strftime("%Y-%m-%d %H:%M"),
    )
    if file.changed:
        line += content.phrase("file_copy", language)
    return f"{line} · {file.note}" if file.note else line


def evidence_of(content: Content, entry: Entry, language: str) -> str:
    """The evidence of an entry for an exhibit: the person's words, then every file; "" for none."""
    files = [
        file_line(content, language, number, file) for number, file in enumerate(entry.files, 1)
    ]
    joint = "；" if language.startswith("zh") else "; "
    return joint.join(filter(None, [entry.evidence, *files]))
