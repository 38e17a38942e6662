"""Every mistake an editor can make is found, with file, line and what to write instead."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from bot.knowledge.content import load_content
from bot.knowledge.due import due_now
from bot.knowledge.lint import fix, lint
from bot.knowledge.topics import ContentError, Problem

ZH = "topics/court/zh.md"


def findings(root: Path, today: date | None = None) -> list[Problem]:
    try:
        return lint(load_content(root), today)
    except ContentError as error:
        return list(error.problems)


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_sound_tree_has_no_findings(tree: Path) -> None:
    assert findings(tree) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("](#more)", "](#nowhere)", "no step 'nowhere'"),
        ("](#more)", "](../nothing/zh.md)", "no topic 'nothing'"),
        ("](#more)", "](tool:magic)", "leads to 'tool:magic'"),
        ("](#more)", "](tool:complaint-new-poem)", "no letter for 'complaint-new-poem'"),
        ("[^law-1]", "[^law-9]", "unknown source"),
        ("[^law-1]", "[^law-2]", "rests on one source only"),
        ("依法要在[15天](deadline:answer)内答辩。[^law-1]", "依法要答辩。", "without a source"),
        ("依法", "不用理，依法", "tells somebody to ignore it"),
        ("hotline:h12368", "hotline:h999", "unknown hotline"),
        ("打 [12368](hotline:h12368)", "打 12368", "not linked to hotlines.yml"),
        ("[15天](deadline:answer)", "[20天](deadline:answer)", "does not say 15"),
        ("check_again: 2027-01-20", "check_again: 2027-06-01", "more than 90 days"),
        ("check_again: 2027-01-20", "check_again: soon", "no date 'check_again'"),
        ("topic: court", "topic: curt", "topic is 'curt'"),
        ('<a id="more"></a>', '<a id="start"></a>', "used twice"),
        ('<a id="more"></a>', '<a id="More!"></a>', "step id 'More!'"),
        ("route: [h12368]", "route: [h1]", "unknown hotline 'h1'"),
        ("---\n\n## ", "---\n\n# Title\n\n## ", "a heading that is no step"),
        ("先看期限\n", "先看期限\n\n" + "字" * 600 + "\n", "has 1"),
        ("- [去核实](#more)\n", "", "without a next action"),
        ("> staff:", ">", "a block quote"),
        ("](#more)", "，绝对不用理](#more)", "tells somebody to ignore it"),
        ("打 [12368](", "打 [123680](", "does not show 12368"),
        ("[15天](deadline:answer)", "[2015年](deadline:answer)", "does not say 15"),
        ("[15天](deadline:answer)", "[15个月](deadline:answer)", "does not say what it counts"),
        ("[^law-1]", "[^law-1][^law-2]", "rests on one source only"),
        ("check_again: 2027-01-20", "check_again: 2027-01-20 10:00:00", "no date 'check_again'"),
        ("打 [", "打 `x` ![p](https://a.b/c.png) [", "'image' in running text"),
    ],
)
def test_a_mistake_is_found_where_it_stands(tree: Path, old: str, new: str, says: str) -> None:
    change(tree, ZH, old, new)
    hits = [problem for problem in findings(tree) if says in problem.message]
    assert hits, [str(problem) for problem in findings(tree)]
    assert hits[0].path == ZH
    assert hits[0].line >= 1
    assert hits[0].remedy


@pytest.mark.parametrize(
    ("source", "text", "says"),
    [
        ("law-9", "小心。", "unknown source"),
        ("", "依法不得收费。", "a statement of law without a source"),
        ("law-2", "小心。", "rests on one source only"),
        ("", "不用理。", "tells somebody to ignore it"),
        ("", "", "no text in zh"),
    ],
)
def test_a_mistake_in_the_signs_of_a_notice_is_found(
    tree: Path, source: str, text: str, says: str
) -> None:
    texts = {"zh": text, "en": "Take care.", "es": "Cuidado."}
    sign = {"id": "fee", "source": source, "text": texts}
    (tree / "signs.yml").write_text(yaml.safe_dump({"signs": [sign]}), encoding="utf-8")
    for language in ("zh", "en", "es"):
        name = f"topics/court/{language}.md"
        change(tree, name, "route:", "holds: [signs.yml]\nroute:")
    assert [(p.path, says in p.message) for p in findings(tree)][:1] == [("signs.yml", True)]


def test_a_file_that_no_topic_holds_is_named(tree: Path) -> None:
    (tree / "signs.yml").write_text("signs: []\n", encoding="utf-8")
    assert "held by no topic" in str(findings(tree)[0])


def test_the_line_is_the_one_an_editor_sees(tree: Path) -> None:
    change(tree, ZH, "[^law-1]", "[^law-9]")
    lines = (tree / ZH).read_text(encoding="utf-8").split("\n")
    (problem,) = [one for one in findings(tree) if "unknown source" in one.message]
    assert "[^law-9]" in lines[problem.line - 1]


def test_a_file_that_is_no_language_is_named_and_stops_nothing_else(tree: Path) -> None:
    (tree / "topics/court/notes.md").write_text("---\ntopic: court\n---\n", encoding="utf-8")
    (problem,) = findings(tree)
    assert (problem.path, problem.message) == (
        "topics/court/notes.md",
        "'notes.md' is no language",
    )


@pytest.mark.parametrize("topic", ["crisis_self_harm", "physical_danger", "talk_to_human"])
def test_a_topic_that_the_program_leads_to_is_never_missing(tree: Path, topic: str) -> None:
    shutil.rmtree(tree / "topics" / topic)
    assert any(p.path == f"topics/{topic}" and "missing" in p.message for p in findings(tree))


@pytest.mark.parametrize("text", ["{", "{}", "{1}", "{a b}"])
def test_a_brace_that_would_break_a_sentence_is_found(tree: Path, text: str) -> None:
    change(tree, "phrases/en.yml", '"S: {sources}"', f'"S: {{sources}} {text}"')
    assert any("has a brace that is none" in problem.message for problem in findings(tree))


def test_a_number_that_is_known_from_memory_may_not_be_shown(tree: Path) -> None:
    change(tree, "hotlines.yml", "confidence: B", "confidence: M")
    assert any("h12368: confidence 'M'" in problem.message for problem in findings(tree))


def test_a_missing_language_is_named(tree: Path) -> None:
    (tree / "topics/court/es.md").unlink()
    assert any(p.path == "topics/court/es.md" and "missing" in p.message for p in findings(tree))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("](#more)", "](#start)", "buttons lead to"),
        ("[^law-1]", "", "sources"),
        ("[12368](hotline:h12368)", "nobody", "hotlines"),
        ("> staff: Ask for the day first.\n", "", "staff block"),
        ("checked: 2026-11-21", "checked: 2026-11-20", "checked differs"),
    ],
)
def test_languages_must_say_the_same(tree: Path, old: str, new: str, what: str) -> None:
    change(tree, "topics/court/en.md", old, new)
    assert any(what in problem.message for problem in findings(tree))


@pytest.mark.parametrize("confidence", ["M", "D", "UNCONFIRMED"])
def test_what_is_known_from_memory_may_not_be_a_source(tree: Path, confidence: str) -> None:
    change(tree, "sources.yml", "confidence: T", f"confidence: {confidence}")
    assert any("may not be used" in problem.message for problem in findings(tree))


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("sources.yml", "law: [", 1),
        ("hotlines.yml", "a: 1\nb: {number: '1'}\n", 2),
        ("menu.yml", "all: {title: x}\n", 1),
        ("phrases/en.yml", "- not a mapping\n", 1),
    ],
)
def test_a_broken_file_is_named_with_its_line(tree: Path, name: str, text: str, line: int) -> None:
    (tree / name).write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_content(tree)
    assert any(p.path == name and p.line >= line for p in caught.value.problems)


def test_a_file_in_the_wrong_encoding_is_named(tree: Path) -> None:
    (tree / ZH).write_bytes(b"---\ntopic: court\n" + "标题".encode("gb18030"))
    with pytest.raises(ContentError, match="not UTF-8"):
        load_content(tree)


def test_dates_are_looked_at_only_when_a_day_is_given(tree: Path) -> None:
    assert findings(tree) == []
    due = findings(tree, date(2027, 1, 10))
    assert {problem.level for problem in due} == {"warning"}
    late = findings(tree, date(2027, 1, 21))
    assert {problem.level for problem in late} == {"error"}


def test_the_operator_is_told_thirty_fourteen_and_three_days_ahead(tree: Path) -> None:
    content = load_content(tree)
    last = content.topic("court", "zh").check_again
    told = [left for left in range(40, -5, -1) if due_now(content, last - timedelta(days=left))]
    assert told == [30, 14, 3, -1]
    assert "court" in due_now(content, last - timedelta(days=3))[0]


def test_fix_writes_the_quoted_articles_and_then_rests(tree: Path) -> None:
    content = load_content(tree)
    assert len(fix(content)) == 3
    text = (tree / ZH).read_text(encoding="utf-8")
    assert "[^law-1]: 《测试法》 1：收到之日起十五日内提出。" in text
    again = load_content(tree)
    assert fix(again) == []
    assert lint(again) == []
    assert again.digest("court", "zh") == content.digest("court", "zh")
