"""signs.yml stays what an editor can follow: known sources, complete texts, harmless patterns."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.notices
from bot.knowledge.content import Content
from bot.notices import (
    case_numbers,
    courts,
    dates,
    detection,
    folding,
    links,
    money,
    numbers,
    signs,
)
from bot.notices.rules import RESPONSES, RulesError, load_rules, read_rules
from bot.notices.signs import PREDICATES

RULES = load_rules()
NEVER_DECIDE = {"sender_number", "unofficial_link", "odd_link"}
CONFIRMED = {"T", "A", "2+", "B"}


def test_every_sign_and_tactic_has_a_source_that_we_hold(content: Content) -> None:
    for entry in (*RULES.signs, *RULES.tactics):
        if entry.source:
            assert entry.source in content.sources.articles, entry.id


def test_a_sign_with_one_source_says_so(content: Content) -> None:
    for sign in RULES.signs:
        if sign.source and content.sources.articles[sign.source].confidence not in CONFIRMED:
            assert "有一个来源" in sign.text["zh"], sign.id
            assert "ne source says" in sign.text["en"], sign.id
            assert "Una fuente dice" in sign.text["es"], sign.id


def test_every_text_is_there_in_three_languages() -> None:
    for entry in (*RULES.signs, *RULES.tactics, *RULES.steps.values()):
        assert set(entry.text) == {"zh", "en", "es"}
        assert all(text.strip() for text in entry.text.values())


def test_number_seal_and_link_never_decide() -> None:
    weights = {sign.id: sign.weight for sign in RULES.signs}
    assert {weights[name] for name in NEVER_DECIDE} == {"neutral"}
    assert not any("seal" in name or "公章" in str(s.any) for name in weights for s in RULES.signs)


def test_every_deadline_step_route_and_predicate_exists(content: Content) -> None:
    for paper in RULES.papers:
        assert set(paper.deadlines) <= content.sources.deadlines.keys()
    for names in RULES.steps_by_kind.values():
        assert set(names) <= RULES.steps.keys()
    for step in RULES.steps.values():
        assert step.route in content.sources.hotlines or content.has(step.route), step.id
    assert {sign.predicate for sign in RULES.signs if sign.predicate} <= PREDICATES.keys()
    for sign in RULES.signs:
        assert sign.kinds <= RULES.steps_by_kind.keys()


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for kind, rows in RULES.kinds.items():
        for pattern, _ in rows:
            yield kind, pattern
    for pattern, _ in RULES.harmless:
        yield "harmless", pattern
    for entry in (*RULES.signs, *RULES.tactics, *RULES.papers):
        for pattern in entry.any:
            yield entry.id, pattern
    for sign in RULES.signs:
        for pattern in (*sign.all, *sign.unless):
            yield sign.id, pattern
    modules = (case_numbers, courts, dates, detection, folding, links, money, numbers, signs)
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{module.__name__}.{name}", value


def _repeats(parsed: object, inside: bool = False) -> Iterator[str]:
    """What explodes: repeats without an upper bound within a repeat, or of any character."""
    for operation, argument in parsed:  # type: ignore[attr-defined]
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, high, body = argument
            unbounded = str(high) == "MAXREPEAT"
            if unbounded and inside:
                yield "an unbounded repeat inside a repeat"
            if unbounded and "ANY" in {str(part[0]) for part in body}:
                yield "any character without a bound"
            yield from _repeats(body, inside=inside or unbounded or int(high) > 1)
        elif name == "SUBPATTERN":
            yield from _repeats(argument[3], inside)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _repeats(branch, inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _repeats(argument[1], inside)


def test_no_pattern_can_take_forever() -> None:
    parser = re._parser  # type: ignore[attr-defined]
    count = 0
    for name, pattern in _patterns():
        count += 1
        if name != "bot.notices.courts._BEFORE_NAME":  # is given 24 characters at most
            assert not list(_repeats(parser.parse(pattern.pattern, pattern.flags))), name
    assert count > 200


def test_a_broken_entry_is_named(tmp_path: Path) -> None:
    text = (RESPONSES / "signs.yml").read_text(encoding="utf-8")
    broken = text.replace("  - id: prize\n    weight: strong", "  - id: prize\n    weight: mighty")
    (tmp_path / "signs.yml").write_text(broken, encoding="utf-8")
    deadlines = (RESPONSES / "deadlines.yml").read_text(encoding="utf-8")
    (tmp_path / "deadlines.yml").write_text(deadlines, encoding="utf-8")
    with pytest.raises(RulesError, match="prize"):
        read_rules(tmp_path)


def test_nothing_reads_over_the_network() -> None:
    sources = Path(bot.notices.__file__).parent.glob("*.py")
    for source in sources:
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:import|from) (?:httpx|requests|urllib|socket)", text, re.M)
