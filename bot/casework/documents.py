"""Letters and diary as files: DOCX to edit, PDF to hand in, CSV to count with.

File names say nothing of what is inside.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from docx import Document
from docx.document import Document as DocxDocument
from docx.oxml.ns import qn
from docx.shared import Pt
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from bot.conversation.messages import File

CHINESE_FACE = "Noto Sans CJK SC"
MISSING = "[?]"  # for a character, an emoji say, that the font has no glyph for
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# A cell that begins so would be run as a formula by a spreadsheet program.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
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
    glyphs = face.cmap if isinstance(face, TTFFont) else {}
    for text in texts:
        pdf.add_page()
        for line in text.split("\n"):
            _line(pdf, _shown(line, glyphs))
    if rows:
        pdf.add_page()
        for title, counts in bars:
            _bars(pdf, _shown(title, glyphs), counts)
        pdf.set_font("body", size=9)
        with pdf.table(col_widths=_widths(len(header)), first_row_as_headings=False) as table:
            for row in (header, *rows):
                cells = table.row()
                for cell in row:
                    cells.cell(_shown(cell, glyphs))
    return File(file_name(day, "pdf"), bytes(pdf.output()), "application/pdf")


def _line(pdf: FPDF, text: str) -> None:
    if not text:
        pdf.ln(4)
        return
    pdf.multi_cell(0, 6.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


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
    """Narrow columns, and the rest of the page for the last two (words, evidence)."""
    return (*((2,) * (count - 2)), 5, 3)


def docx_file(texts: Sequence[str], header: Sequence[str], rows: Rows, day: date) -> File:
    """Each text begins a page; the diary follows as a table."""
    document = Document()
    _set_fonts(document)
    for number, text in enumerate(texts):
        for position, line in enumerate(text.split("\n")):
            paragraph = document.add_paragraph(line)
            paragraph.paragraph_format.page_break_before = bool(number) and not position
    if rows:
        document.add_paragraph().paragraph_format.page_break_before = bool(texts)
        table = document.add_table(rows=0, cols=len(header))
        table.style = document.styles["Table Grid"]
        for row in (header, *rows):
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = value
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
