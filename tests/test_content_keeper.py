"""Corrected files are taken over by the running bot, and nothing broken ever is."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.app import ContentKeeper, check_content, for_the_operator
from bot.conversation import safety
from bot.knowledge.content import RESPONSES, load_content
from bot.settings import Settings

TOPIC = "topics/where_to_start/en.md"


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RESPONSES, tmp_path / "responses"))


@pytest.fixture
def keeper(tmp_path: Path, answers: Path) -> ContentKeeper:
    return ContentKeeper(Settings(data=str(tmp_path / "data")), answers)


@pytest.fixture
def words(answers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(safety, "WORDS", answers / "safety.yml")
    safety.reread()
    yield answers / "safety.yml"
    monkeypatch.undo()
    safety.reread()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_corrected_answer_is_taken_over(keeper: ContentKeeper, answers: Path) -> None:
    title = keeper().title("where_to_start", "en")
    change(answers / TOPIC, title, "Begin here")
    keeper.refresh()
    assert keeper().title("where_to_start", "en") == "Begin here"


def test_new_words_of_danger_are_heard(keeper: ContentKeeper, words: Path) -> None:
    assert safety.screen("xyzzy plugh") is None
    change(words, "      rather (be dead|die)", "      xyzzy plugh\n      rather (be dead|die)")
    keeper.refresh()
    alarm = safety.screen("xyzzy plugh")
    assert alarm is not None
    assert alarm.topic == "crisis_self_harm"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (TOPIC, "title: ", "titel: "),
        ("signs.yml", "weight: strong", "weight: mighty"),
    ],
)
def test_what_does_not_pass_is_refused(
    keeper: ContentKeeper, answers: Path, name: str, old: str, new: str
) -> None:
    title = keeper().title("verify_court_notice", "zh")
    change(answers / "topics/verify_court_notice/zh.md", title, "另一个标题")
    change(answers / name, old, new)
    keeper.refresh()
    assert keeper().title("verify_court_notice", "zh") == title


def test_taking_an_answer_down_never_waits_for_other_files(
    keeper: ContentKeeper, answers: Path, tmp_path: Path
) -> None:
    change(answers / TOPIC, "title: ", "titel: ")
    (tmp_path / "data").mkdir()
    down = {"keep_evidence": {"reason": "article repealed", "since": "2026-11-22"}}
    (tmp_path / "data" / "withdrawn.json").write_text(json.dumps(down), encoding="utf-8")
    keeper.refresh()
    assert keeper().status("keep_evidence", "en", date(2026, 11, 22)) == "withdrawn"


def test_the_operator_is_told_of_mistakes(answers: Path) -> None:
    content = load_content(answers)
    day = max(languages["zh"].checked for languages in content.topics.values())
    assert for_the_operator(content, day) == []
    change(answers / "signs.yml", "weight: strong", "weight: mighty")
    assert [problem.path for problem in check_content(content)] == ["signs.yml"]
    assert "1 mistakes" in for_the_operator(content, day)[-1]
