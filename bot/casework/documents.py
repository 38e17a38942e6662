"""Letters and diary as files: DOCX to edit, PDF to hand in, CSV to count with.

File names say nothing of what is inside.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from docx import Document
from docx.document import Document as DocxDocument
from docx.oxml.ns import qn
from docx.shared import Pt
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from bot.casework.fonts import FONT_SETTING
from bot.conversation.messages import File

CHINESE_FACE = "Noto Sans CJK SC"
CELL_PADDING = 0.6  # mm
ROW_LINES = 24  # of a table, at most; a page holds some 36
MISSING = "[?]"  # for a character, an emoji say, that the font has no glyph for
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# A cell that begins so would be run as a formula by a spreadsheet program.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Line breaking in Chinese: no line begins with a closing mark, none ends with an opening one.
_NOT_FIRST = "，。、；：！？…—～）》〉」』】〕”’％·,.;:!?)]}%"
_NOT_LAST = "（《〈「『【〔“‘([{"
# What is never parted: a word, a number, an address in other letters; else every letter is a unit.
_UNIT = re.compile(r"[0-9A-Za-z\u00c0-\u024f@#&*+=/_\-'.:,]*[0-9A-Za-z\u00c0-\u024f]|\s+|.")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, Char
Rows = Sequence[Sequence[str]]
Bars = Sequence[tuple[str, int]]


def file_name(day: date, ending: str) -> str:
    return f"notes-{day:%Y%m%d}.{ending}"


@cache
def _face_number(path: Path) -> int:
    """Which face of a collection has the mainland's letter forms; 0 for a single font."""
    if path.suffix.lower() not in (".ttc", ".otc"):
        return 0
    number = 0
    while True:
        try:
            with TTFont(path, fontNumber=number, lazy=True) as font:
                if font["name"].getDebugName(4) == f"{CHINESE_FACE} Regular" or (
                    font["name"].getDebugName(1) == CHINESE_FACE
                ):
                    return number
        except Exception:  # noqa: BLE001 - fontTools raises its own error past the last face
            return 0
        number += 1


def pdf_file(
    texts: Sequence[str],
    header: Sequence[str],
    rows: Rows,
    bars: Sequence[tuple[str, Bars]],
    day: date,
    font: Path,
) -> File:
    """Each text begins a page; then the bars and the table of the diary, if there is one."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.set_margins(20, 18, 20)
    pdf.add_font("body", fname=font, collection_font_number=_face_number(font))
    pdf.set_font("body", size=11)
    face = pdf.fonts["body"]
    if not isinstance(face, TTFFont):
        raise TypeError(f"{font} is no font that can be embedded: see {FONT_SETTING}")
    with closing(face.ttfont):  # FPDF leaves the file of the font open
        for text in texts:
            pdf.add_page()
            for line in text.split("\n"):
                _line(pdf, _shown(line, face.cmap))
        if rows:
            pdf.add_page(orientation="landscape")
            for title, counts in bars:
                _bars(pdf, _shown(title, face.cmap), counts)
            _table(pdf, [[_shown(cell, face.cmap) for cell in row] for row in (header, *rows)])
        data = bytes(pdf.output())
    return File(file_name(day, "pdf"), data, "application/pdf")


def _table(pdf: FPDF, rows: Rows) -> None:
    """The diary as the exhibit; the first row holds the headings."""
    pdf.set_font("body", size=9)
    count = len(rows[0])
    with pdf.table(
        col_widths=_widths(count),
        first_row_as_headings=False,
        line_height=4.6,
        padding=CELL_PADDING,
    ) as table:
        widths, measure = _cell_widths(pdf, count), _measure(pdf)
        for row in rows:
            for lines in _pieces(row, measure, widths):
                table.row(lines)


def _line(pdf: FPDF, text: str) -> None:
    if not text:
        pdf.ln(4)
        return
    # A hair less than the width, so that the writer of the PDF breaks no line a second time.
    for line in wrapped(text, _measure(pdf), pdf.epw - 2 * pdf.c_margin - 0.1):
        pdf.multi_cell(0, 6.5, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def _measure(pdf: FPDF) -> Callable[[str], float]:
    """How wide a text is in the font as it is set now; each piece is measured once."""
    return lru_cache(maxsize=10_000)(pdf.get_string_width)


def wrapped(text: str, width_of: Callable[[str], float], limit: float) -> list[str]:
    """The text as lines no wider than `limit`, broken where Chinese typesetting allows it.

    Line breaks of the text are kept. A unit wider than a line is broken anywhere.
    """
    return [line for part in text.split("\n") for line in _lines(part, width_of, limit)]


def _lines(text: str, width_of: Callable[[str], float], limit: float) -> list[str]:
    lines, line, used = [], "", 0.0
    for unit in _units(text):
        if used + width_of(unit.rstrip()) <= limit:
            line += unit
            used += width_of(unit)
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = unit.lstrip()
        while width_of(line) > limit and len(line) > 1:
            cut = _cut(line, width_of, limit)
            lines.append(line[:cut])
            line = line[cut:]
        used = width_of(line)
    return [*lines, line.rstrip()]


def _cut(line: str, width_of: Callable[[str], float], limit: float) -> int:
    """Where to part what is wider than a line: late, and before no closing mark if it can."""
    widest = next((end for end in range(len(line) - 1, 1, -1) if width_of(line[:end]) <= limit), 1)
    for end in range(widest, 0, -1):
        if line[end] not in _NOT_FIRST and line[end - 1] not in _NOT_LAST:
            return end
    return widest


def _units(text: str) -> list[str]:
    """Pieces that stay on one line: opening marks with what follows, closing with what precedes."""
    units: list[str] = []
    for piece in _UNIT.findall(text):
        is_held = bool(units) and units[-1].rstrip()[-1:] in tuple(_NOT_LAST)
        if units and (is_held or piece[0] in _NOT_FIRST):
            blank = units.pop() if len(units) > 1 and not units[-1].strip() else ""
            units[-1] += blank + piece
        else:
            units.append(piece)
    return units


def _pieces(
    cells: Sequence[str], width_of: Callable[[str], float], widths: Sequence[float]
) -> list[list[str]]:
    """A row of the table as rows that fit on a page; long words go on in the next one."""
    broken = [wrapped(cell, width_of, width) for cell, width in zip(cells, widths, strict=True)]
    starts = range(0, max(len(lines) for lines in broken), ROW_LINES)
    return [["\n".join(lines[start : start + ROW_LINES]) for lines in broken] for start in starts]


def _cell_widths(pdf: FPDF, count: int) -> list[float]:
    """The width inside each column of the table, its padding taken off."""
    parts = _widths(count)
    return [pdf.epw * part / sum(parts) - 2 * (pdf.c_margin + CELL_PADDING) - 0.1 for part in parts]


def _bars(pdf: FPDF, title: str, counts: Bars) -> None:
    """A bar a line, as long as its count, with the count beside it."""
    _line(pdf, title)
    most = max((count for _, count in counts), default=1)
    for label, count in counts:
        top = pdf.get_y()
        pdf.cell(26, 5.5, label)
        pdf.set_fill_color(90, 90, 90)
        width = 110 * count / most
        pdf.rect(pdf.get_x(), top + 0.8, width, 3.6, style="F")
        pdf.set_x(pdf.get_x() + width + 2)
        pdf.cell(12, 5.5, str(count), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_fill_color(255, 255, 255)
    pdf.ln(4)


def _shown(text: str, glyphs: Iterable[int]) -> str:
    """The text with a mark in place of what the font cannot show."""
    return "".join(char if ord(char) in glyphs else MISSING for char in text)


def _widths(count: int) -> tuple[int, ...]:
    """A narrow first column, a date in the second, and most of the page for the last two."""
    if count < 4:
        return (1,) * count
    return (2, 5, *((4,) * (count - 4)), 12, 9)


def docx_file(texts: Sequence[str], header: Sequence[str], rows: Rows, day: date) -> File:
    """Each text begins a page; the diary follows as a table."""
    document = Document()
    _set_fonts(document)
    for number, text in enumerate(texts):
        for position, line in enumerate(text.split("\n")):
            paragraph = document.add_paragraph(_NOT_IN_XML.sub("", line))
            paragraph.paragraph_format.page_break_before = bool(number) and not position
    if rows:
        document.add_paragraph().paragraph_format.page_break_before = bool(texts)
        table = document.add_table(rows=0, cols=len(header))
        table.style = document.styles["Table Grid"]
        for row in (header, *rows):
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = _NOT_IN_XML.sub("", value)
    document.core_properties.author = ""
    document.core_properties.title = ""
    document.core_properties.comments = ""
    data = io.BytesIO()
    document.save(data)
    return File(file_name(day, "docx"), data.getvalue(), DOCX_TYPE)


def _set_fonts(document: DocxDocument) -> None:
    """Chinese letters take the East Asian font; without it Word picks one for Japanese."""
    style = document.styles["Normal"]
    style.font.name = "Times New Roman"
    style.font.size = Pt(12)
    style.paragraph_format.space_after = Pt(4)
    properties = style.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
    language = properties.makeelement(qn("w:lang"), {})
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)


def csv_file(header: Sequence[str], rows: Rows, day: date) -> File:
    """UTF-8 with a mark, so that spreadsheet programs read the Chinese rightly."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(
        [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows
    )
    return File(file_name(day, "csv"), out.getvalue().encode("utf-8-sig"), "text/csv")
