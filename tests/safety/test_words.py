"""The file of words: bounded searches, all languages, errors that say where and what to write."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.conversation import safety
from bot.conversation.phrase import Phrase
from bot.conversation.safety import WORDS, Alarm, Words, check_words, load_words
from bot.knowledge.content import LANGUAGES, load_content
from bot.knowledge.topics import ContentError


def _phrases(words: Words) -> Iterator[Phrase]:
    for group in (words.harmless, words.quoted, words.spoken_to):
        yield from group.phrases
    for rule in words.rules:
        yield from rule.found.phrases
        yield from rule.unless.phrases


def test_the_shipped_words_pass_their_own_check() -> None:
    assert check_words() == []


def test_no_phrase_repeats_without_a_bound_or_inside_a_repetition() -> None:
    # A repetition that stands inside another and could match the same text twice is what makes a
    # search explode. The one nested form is that of "~": words of letters, each ended by a blank.
    words_between = r"\(\?:\(\?!\(\?:[a-z|]+\) \)\[a-z0-9\]\{1,15\} \)\{0,6\}\?"
    for phrase in _phrases(load_words()):
        pattern = re.sub(words_between, "", phrase.pattern)
        assert not re.search(r"[*+]|\{\d+,\}", pattern), phrase.pattern
        for bound in re.findall(r"\{0,(\d+)\}", pattern):
            assert int(bound) <= 60
        # "(…)?" and "(… )??" are the only repetitions of a group.
        assert not re.search(r"\)\{", pattern), phrase.pattern
        assert len(re.findall(r"\{0,(?:6|8|16|24|60)\}", pattern)) <= 4


def test_every_alarm_leads_to_a_step_that_exists_in_every_language() -> None:
    content = load_content()
    for rule in load_words().rules:
        for language in LANGUAGES:
            assert rule.alarm.step in content.topic(rule.alarm.topic, language).steps, rule.name


BROKEN = {
    "not yaml": ("rules: [", "not valid YAML"),
    "unknown part": ("rule:\n  a: {}\n", "unknown part 'rule'"),
    "no rules": ("harmless:\n  zh: 笑死\n", "no rule"),
    "unclosed bracket": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: help\n"
        "    zh: |\n      想死\n      (跳楼\n    en: die\n    es: morir\n",
        "'(' is not closed",
    ),
    "endless repetition": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: help\n"
        "    zh: |\n      想死\n      死+\n    en: die\n    es: morir\n",
        "'+' cannot be used",
    ),
    "a missing language": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: help\n"
        "    zh: 想死\n    en: die\n",
        "no phrases in es",
    ),
    "no such level": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: loud\n"
        "    zh: 想死\n    en: die\n    es: morir\n",
        "level is 'loud'",
    ),
    "leads nowhere": (
        "rules:\n  a:\n    leads_to: help\n    level: help\n"
        "    zh: 想死\n    en: die\n    es: morir\n",
        "leads nowhere",
    ),
    "unfolded": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: help\n"
        "    zh: 想死\n    en: don't live\n    es: morir\n",
        "messages are folded",
    ),
    "unknown piece": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: help\n"
        "    zh: <who>想死\n    en: die\n    es: morir\n",
        "no piece <who>",
    ),
    "holds for everything": (
        "rules:\n  a:\n    leads_to: crisis_self_harm#help\n    level: help\n"
        "    zh: 想死\n    en: (die)?\n    es: morir\n",
        "hold for every message",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_place_and_a_remedy(name: str, tmp_path: Path) -> None:
    text, message = BROKEN[name]
    path = tmp_path / "safety.yml"
    path.write_text(text, encoding="utf-8")
    problems = check_words(path, tmp_path)
    assert any(message in f"{problem.message}. {problem.remedy}" for problem in problems)
    assert all(problem.path == "safety.yml" and problem.remedy for problem in problems)
    if name not in ("holds for everything",):  # found only by the thorough check of lint
        with pytest.raises(ContentError):
            load_words(path, tmp_path)


def test_a_problem_names_the_line_of_the_phrase(tmp_path: Path) -> None:
    path = tmp_path / "safety.yml"
    path.write_text(BROKEN["unclosed bracket"][0], encoding="utf-8")
    assert [problem.line for problem in check_words(path, tmp_path)] == [7]


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    assert "missing" in check_words(tmp_path / "safety.yml", tmp_path)[0].message


@pytest.fixture
def other_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    path = tmp_path / "safety.yml"
    if request.param is not None:
        path.write_text(request.param, encoding="utf-8")
    monkeypatch.setattr(safety, "WORDS", path)
    safety._shipped.cache_clear()
    yield
    safety._shipped.cache_clear()


@pytest.mark.parametrize("other_words", [None, "rules: ["], indirect=True)
@pytest.mark.parametrize("text", ["我想自杀", "I want to die", "quiero morir"])
def test_without_any_words_the_plainest_still_lead_to_help(
    other_words: None, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        assert safety.screen(text) == Alarm("crisis_self_harm", "help", certain=True)
    assert "lint" in caplog.text
    assert text not in caplog.text


@pytest.mark.parametrize(
    "other_words", [WORDS.read_text(encoding="utf-8") + "\n        (broken\n"], indirect=True
)
def test_one_broken_phrase_costs_only_itself(other_words: None) -> None:
    assert check_words(safety.WORDS, safety.WORDS.parent) != []
    assert safety.screen("我想自杀") == Alarm("crisis_self_harm", "help", certain=True)
    assert safety.screen("活着没意思") is not None
    assert safety.screen("笑死我了") is None
