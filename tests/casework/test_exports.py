"""Files to take away: read back what was written, show no boxes, refuse rather than garble."""

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from bot.casework import documents, dump_case, fonts
from bot.casework.documents import _NOT_FIRST, _NOT_LAST, csv_file, docx_file, pdf_file, wrapped
from bot.casework.fonts import FontMissingError, font_path
from bot.conversation.messages import File
from tests.casework.conftest import CHAT, Person
from tests.casework.test_complaint import to_the_end, with_one_entry

Make = Callable[..., Person]
DAY = date(2026, 11, 22)


def has_font() -> bool:
    try:
        return bool(font_path())
    except FontMissingError:
        return False


needs_font = pytest.mark.skipif(not has_font(), reason="no Chinese font: .ci/run installs one")


def file_of(someone: Person) -> File:
    (file,) = [reply.file for reply in someone.replies if reply.file]
    return file


def words_of(file: File) -> str:
    document = Document(io.BytesIO(file.data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en", "es"])
def test_the_word_document_holds_letter_translation_and_diary(person: Make, language: str) -> None:
    someone = with_one_entry(person, language)
    to_the_end(someone)
    letter = someone.replies[0].text
    someone.presses("tool:complaint-get-docx")
    file = file_of(someone)
    text = words_of(file)
    for line in letter.split("\n"):
        assert line in text
    assert ("Requests" in text) == (language == "en")
    assert ("Peticiones" in text) == (language == "es")
    assert "让你妈替你还" in text
    assert not any(word in file.name for word in ("投诉", "debt", "complaint", "court"))


def test_chinese_letters_are_declared_to_word() -> None:
    document = Document(io.BytesIO(docx_file(["投诉"], ["编号"], [], DAY).data))
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "宋体"
    assert document.core_properties.author == ""


@needs_font
def test_the_pdf_embeds_the_mainland_face_and_has_a_glyph_for_every_letter(person: Make) -> None:
    someone = with_one_entry(person)
    to_the_end(someone)
    letter = someone.replies[0].text
    someone.presses("tool:complaint-get-pdf")
    data = file_of(someone).data
    assert data.startswith(b"%PDF")
    assert b"/FontFile3" in data or b"/FontFile2" in data
    assert b"/ToUnicode" in data
    path = font_path()
    with TTFont(path, fontNumber=documents._face_number(path)) as font:
        glyphs = font.getBestCmap()
    assert {char for char in letter if char != "\n" and ord(char) not in glyphs} == set()


@given(
    st.text(alphabet="催收他说你（）“”，。！；：、《》【】ab 12.-%", max_size=120),
    st.integers(min_value=8, max_value=60),
)
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(
    text: str, limit: int
) -> None:
    lines = wrapped(text, len, limit)
    assert "".join("".join(lines).split()) == "".join(text.split())  # no letter is lost
    assert all(len(line) <= limit for line in lines)
    # A run of marks alone can be longer than a line; then it has to break somewhere.
    if not re.search(r"[^\w ]{4}", text) and len(lines) > 1:
        assert not any(line[:1] in _NOT_FIRST for line in lines[1:] if line)
        assert not any(line[-1:] in _NOT_LAST for line in lines[:-1] if line)


@needs_font
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_the_page_itself_has_no_closing_mark_at_the_beginning_of_a_line(tmp_path: Path) -> None:
    said = "，".join(f"他说“你还{'钱' * count}”（第{count}次）" for count in range(1, 60))
    rows = [["1", "2026-11-22 12:00", "家人", "电话", said, "录音。" * 30]]
    file = pdf_file([said], ["编号"] * 6, rows, [], DAY, font_path())
    (tmp_path / "x.pdf").write_bytes(file.data)
    run = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "x.pdf", "-"], capture_output=True, check=True
    )
    lines = [line for line in run.stdout.decode().splitlines() if line.strip("\f ")]
    assert len(lines) > 40
    assert not any(line[0] in _NOT_FIRST for line in lines)
    assert not any(line[-1] in _NOT_LAST for line in lines)


@needs_font
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_the_letters_of_the_pdf_can_be_selected_and_an_emoji_is_no_box(tmp_path: Path) -> None:
    file = pdf_file(["投诉书：直角门骨 señor 😀"], ["a", "b", "c"], [], [], DAY, font_path())
    (tmp_path / "x.pdf").write_bytes(file.data)
    run = subprocess.run(["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, check=True)
    assert run.stdout.decode().strip() == "投诉书：直角门骨 señor [?]"


def test_without_a_font_the_pdf_is_refused_with_the_remedy_and_word_still_works(
    person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FONT_PATHS", ())
    with pytest.raises(FontMissingError, match="fonts-noto-cjk"):
        font_path()
    someone = with_one_entry(person)
    to_the_end(someone)
    assert "Word文档" in someone.presses("tool:complaint-get-pdf")
    assert not any(reply.file for reply in someone.replies)
    someone.presses("tool:complaint-get-docx")
    assert file_of(someone).data


def test_a_letter_that_changed_after_it_was_confirmed_is_not_exported(person: Make) -> None:
    someone = with_one_entry(person)
    to_the_end(someone)
    someone.presses_any("diary-f-1-words")
    someone.writes("我从来没有确认过的话")
    someone.presses_any("complaint-get-docx")
    assert not any(reply.file for reply in someone.replies)
    assert "请再看一遍" in someone.text
    someone.presses("tool:complaint-y")
    someone.presses("tool:complaint-get-docx")
    assert "我从来没有确认过的话" in words_of(file_of(someone))


def test_an_unconfirmed_letter_is_not_exported(person: Make) -> None:
    someone = with_one_entry(person)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.presses_any("complaint-get-docx")
    assert not any(reply.file for reply in someone.replies)


def test_the_table_of_the_diary_reads_back_and_runs_no_formula(person: Make) -> None:
    someone = with_one_entry(person)
    someone.presses_any("diary-f-1-evidence")
    someone.writes('=HYPERLINK("x")')
    someone.presses_any("diary-keep")
    someone.presses("tool:diary-get-csv")
    rows = list(csv.reader(io.StringIO(file_of(someone).data.decode("utf-8-sig"))))
    assert rows[1][:4] == ["1", "2026-11-22 12:00", "家人", "电话"]
    assert rows[1][8] == '\'=HYPERLINK("x")'


def test_commas_quotes_and_line_breaks_survive_the_table() -> None:
    cell = 'a,"b"\nc'
    text = csv_file(["x"], [[cell]], DAY).data.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["x"], [cell]]


@needs_font
def test_the_diary_as_a_pdf_has_bars_and_500_entries(person: Make) -> None:
    someone = with_one_entry(person)
    store = someone.helpline.store
    entry = someone.case.entries[0]
    case = someone.case
    for _ in range(499):
        case = case.added(replace(entry, words="他" * 80))
    name = store.pseudonym("telegram", CHAT)
    store.save_case(name, dump_case(case), someone.helpline.settings.now())
    someone.presses_any("diary-keep")
    someone.presses("tool:diary-get-pdf")
    assert file_of(someone).data.count(b"/Type /Page\n") > 20


def test_characters_that_a_document_cannot_hold_do_not_stop_it(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("要\x00起\x01诉\ufffe我")
    someone.presses_any("diary-get-docx")
    assert "要起诉我" in words_of(file_of(someone))
