"""A topic file becomes steps as its writer meant them."""

from datetime import date, datetime
from pathlib import Path

from bot.knowledge.content import load_content
from bot.knowledge.find import find
from bot.knowledge.preview import as_html, as_text, longest
from bot.knowledge.render import render_step, render_stub
from bot.settings import CHINA

SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)
DAY = date(2026, 11, 22)


def test_a_step_shows_title_body_hours_sources_and_status(tree: Path) -> None:
    content = load_content(tree)
    topic = content.topic("court", "en")
    rendered = render_step(content, topic, topic.first, "en", MONDAY)
    assert rendered.texts[0].startswith("The deadline first\n\nBy law you answer within 15 days.")
    assert "S: Test Law (测试法) art. 1" in rendered.texts[0]
    assert f"2026-11-21 unsigned {content.version('court', 'en')}" in rendered.texts[0]
    assert "[^" not in rendered.texts[0]
    assert rendered.is_law
    (source,) = rendered.sources
    assert source["id"] == "law-1"
    assert source["checked"] == "2026-11-21"


def test_a_closed_line_tells_its_next_opening(tree: Path) -> None:
    content = load_content(tree)
    topic = content.topic("court", "en")
    more = topic.steps["more"]
    assert "opens 11-23 08:30" in render_step(content, topic, more, "en", SATURDAY).texts[0]
    assert "opens" not in render_step(content, topic, more, "en", MONDAY).texts[0]


def test_staff_notes_are_never_in_what_people_are_sent(tree: Path) -> None:
    content = load_content(tree)
    topic = content.topic("court", "en")
    assert topic.steps["more"].staff == ("Ask for the day first.",)
    for step in topic.steps.values():
        assert "Ask for the day" not in "".join(
            render_step(content, topic, step, "en", MONDAY).texts
        )
    assert "Ask for the day" in as_text(content, "court", "en", MONDAY)


def test_a_long_step_breaks_where_the_writer_says(tree: Path) -> None:
    path = tree / "topics/court/zh.md"
    text = path.read_text(encoding="utf-8").replace(
        "依法要", "第一段。\n\n<!-- break -->\n\n依法要"
    )
    path.write_text(text, encoding="utf-8")
    content = load_content(tree)
    topic = content.topic("court", "zh")
    texts = render_step(content, topic, topic.first, "zh", MONDAY).texts
    assert len(texts) == 2
    assert texts[0] == "先看期限\n\n第一段。"
    assert texts[1].startswith("依法要在15天内答辩。")


def test_lines_of_chinese_join_without_a_blank_and_windows_line_ends_are_harmless(
    tree: Path,
) -> None:
    path = tree / "topics/court/zh.md"
    before = load_content(tree).digest("court", "zh")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("依法要在", "依法要\n在"), encoding="utf-8", newline="\r\n")
    content = load_content(tree)
    assert "依法要在15天" in content.topic("court", "zh").first.parts[0]
    assert content.digest("court", "zh") == before


def test_traditional_is_made_from_simplified_with_corrections(tree: Path) -> None:
    path = tree / "topics/court/zh.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("先问", "面签后先问"), encoding="utf-8")
    topic = load_content(tree).topic("court", "zh-Hant")
    assert topic.title == "法院通知"
    assert topic.steps["more"].title == "去核實"
    assert topic.steps["more"].staff == ("面簽後先問收到的日期。",)


def test_a_withdrawn_answer_names_its_official_route(tree: Path) -> None:
    for language in ("zh", "en", "es"):
        path = tree / "phrases" / f"{language}.yml"
        path.write_text(
            path.read_text() + 'stub_withdrawn: "down"\nroute_line: "{number} {name}: {takes}"\n'
        )
    content = load_content(tree).with_withdrawn(frozenset({"court"}))
    assert content.status("court", "en", date(2026, 11, 22)) == "withdrawn"
    stub = render_stub(content, content.topic("court", "en"), "en", MONDAY, "withdrawn")
    assert "12368 court line: looks up cases" in stub.texts[0]


def test_the_look_up_finds_two_characters_numbers_articles_and_staff_notes(tree: Path) -> None:
    content = load_content(tree)
    wanted = (("答辩", "start"), ("12368", "more"), ("测试法 1", "start"), ("收到的日期", "more"))
    for words, step in wanted:
        assert find(content, words, "zh", DAY)[0].step == step, words
    assert find(content, "１２３６８", "zh", DAY)  # full-width digits
    assert find(content, "deadline", "en", DAY)[0].topic == "court"
    assert find(content, "nothing like this", "en", DAY) == []
    assert find(content, " ", "en", DAY) == []


def test_the_look_up_says_what_must_not_be_read_out(tree: Path) -> None:
    content = load_content(tree)
    assert find(content, "12368", "zh", DAY)[0].status == "current"
    assert find(content, "12368", "zh", date(2027, 12, 1))[0].status == "expired"
    withdrawn = content.with_withdrawn(frozenset({"court"}))
    assert find(withdrawn, "12368", "zh", DAY)[0].status == "withdrawn"


def test_the_printable_page_escapes_what_people_wrote(tree: Path) -> None:
    path = tree / "topics/court/en.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Ask for the day", "Ask for x &lt; y"), encoding="utf-8")
    page = as_html(load_content(tree), "court", "en", MONDAY)
    assert "x &lt; y" in page
    assert "收到之日起十五日内提出。" in page


def test_the_longest_steps_and_sentences_are_named(tree: Path) -> None:
    path = tree / "topics/court/zh.md"
    text = path.read_text(encoding="utf-8").replace(
        "先看期限\n\n", "先看期限\n\n" + "很长" * 60 + "。\n\n", 1
    )
    path.write_text(text, encoding="utf-8")
    lines = longest(load_content(tree), 1)
    assert lines[0].startswith("394 bytes")
    assert "topics/court/zh.md" in lines[0]
    assert "121 characters" in lines[1]
