"""The counts of `evaluate` mean what the design says they mean."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli.evaluation import EvaluationError, Row, evaluate, read_rows, wilson
from bot.cli.pictures import curve, write_pictures
from bot.conversation.messages import Outcome


def row(intent: str, *also: str, language: str = "zh") -> Row:
    return Row("x", intent, frozenset(also), language)


def outcome(decision: str, topic: str | None = None, **more: object) -> Outcome:
    return Outcome("zh", decision, topic, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "decided", "counts"),
    [
        (
            row("a"),
            outcome("answer", "a"),
            {"answered": 1, "answered_right": 1, "offered_right": 1},
        ),
        (row("a", "b"), outcome("answer", "b"), {"answered": 1, "answered_right": 1}),
        (row("a"), outcome("answer", "b"), {"answered": 1, "wrong_shown": 1}),
        (row("a"), outcome("clarify", offered=("b", "a")), {"offered_right": 1}),
        (row("a"), outcome("clarify", offered=("b",)), {"offered_right": 0, "wrong_shown": 0}),
        (row("a"), outcome("out_of_scope"), {"answered": 0, "wrong_shown": 0}),
        (
            row("a"),
            outcome("safety", "crisis_self_harm", safety="ask"),
            {"answered": 0, "crisis_false_asked": 1},
        ),
        (
            row("a"),
            outcome("safety", "crisis_self_harm", safety="help"),
            {"answered": 1, "wrong_shown": 1, "crisis_false_alarms": 1},
        ),
        (
            row("crisis_self_harm"),
            outcome("safety", "crisis_self_harm", safety="ask"),
            {"crisis": 1, "crisis_helped": 1, "offered_right": 1, "answered": 0},
        ),
        (row("crisis_self_harm"), outcome("answer", "a"), {"crisis": 1, "crisis_helped": 0}),
        (row("out_of_scope"), outcome("out_of_scope"), {"out_of_scope_refused": 1, "in_domain": 0}),
        (row("out_of_scope"), outcome("clarify", offered=("a",)), {"out_of_scope_asked": 1}),
        (row("out_of_scope"), outcome("answer", "a"), {"out_of_scope_answered": 1}),
        (row("out_of_scope", "a"), outcome("answer", "a"), {"out_of_scope_refused": 1}),
        (
            row("a", "out_of_scope"),
            outcome("out_of_scope"),
            {"wrong_shown": 0, "answered_right": 0},
        ),
        (row("thanks"), outcome("conversation", "thanks"), {"answered_right": 1}),
    ],
)
def test_one_row(asked: Row, decided: Outcome, counts: dict[str, int]) -> None:
    result = evaluate([asked], [decided])
    assert {name: result[name] for name in counts} == counts
    assert result["languages"]["zh"]["rows"] == 1


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text('intent\ttext\talso\na\t"one\\ntwo\tb, c\n', encoding="utf-8")
    (read,) = read_rows(path)
    assert read == Row('"one\ntwo', "a", frozenset({"b", "c"}), "unknown")


def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("text\tintent\nx\ta\n", encoding="utf-8-sig")
    assert read_rows(path) == [row("a", language="unknown")]


def test_what_may_be_refused_is_no_error() -> None:
    refused = evaluate([row("a", "out_of_scope")], [outcome("out_of_scope")])
    assert refused["errors"] == []


def test_a_broken_file_names_line_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("text\tintent\nx\t\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=":2:"):
        read_rows(path)
    path.write_bytes("text\tintent\n中\tx\n".encode("gb18030"))
    with pytest.raises(EvaluationError, match="UTF-8"):
        read_rows(path)


def test_the_interval_holds_its_share() -> None:
    for hits, total in ((0, 5), (5, 5), (50, 100)):
        low, high = wilson(hits, total)
        assert 0 <= low <= hits / total <= high <= 1


def test_the_pictures_show_risk_and_confusion(tmp_path: Path) -> None:
    rows = [row("a"), row("b", language="es"), row("out_of_scope")]
    rankings = [
        (("a", 0.9), ("b", 0.1)),
        (("a", 0.6), ("b", 0.4)),
        (("out_of_scope", 0.8), ("a", 0.2)),
    ]
    outcomes = [outcome("answer", "a", ranking=ranking) for ranking in rankings]
    assert curve(list(zip(rows, outcomes, strict=True))) == [(1 / 3, 0), (2 / 3, 1 / 2), (1, 2 / 3)]
    for path in write_pictures(rows, outcomes, tmp_path / "new"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
