"""Answer when sure, ask when in doubt between topics, and otherwise say that it is out of scope."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.recogniser import Policy
from nlu.recogniser.fitting import fit_policy, measure

INTENTS = ("crisis_self_harm", "contacted_family", "greet", "keep_evidence", "out_of_scope")
POLICY = Policy(0.65, 0.05, 0.3, 0.1, 0.3)


def ranking(**confidences: float) -> list[tuple[str, float]]:
    return sorted(confidences.items(), key=lambda row: -row[1])


def test_a_clear_topic_is_answered() -> None:
    decision = POLICY.decide(ranking(contacted_family=0.9, keep_evidence=0.08, out_of_scope=0.02))
    assert (decision.kind, decision.intents) == ("answer", ("contacted_family",))


def test_two_likely_topics_are_offered_and_never_guessed() -> None:
    decision = POLICY.decide(ranking(contacted_family=0.5, keep_evidence=0.46, out_of_scope=0.04))
    assert (decision.kind, decision.intents) == ("clarify", ("contacted_family", "keep_evidence"))


def test_a_clear_topic_that_may_be_out_of_scope_is_asked_about() -> None:
    decision = POLICY.decide(ranking(contacted_family=0.7, keep_evidence=0.1, out_of_scope=0.2))
    assert decision.kind == "clarify"


def test_what_is_likely_out_of_scope_gets_no_topic() -> None:
    decision = POLICY.decide(ranking(contacted_family=0.6, out_of_scope=0.4))
    assert (decision.kind, decision.intents) == ("out_of_scope", ())


def test_greetings_are_no_choice() -> None:
    decision = POLICY.decide(ranking(greet=0.5, contacted_family=0.3, keep_evidence=0.2))
    assert decision.intents == ("contacted_family", "keep_evidence")


def test_a_likely_crisis_is_asked_about_even_when_another_topic_leads() -> None:
    assert POLICY.asks_about_crisis(ranking(contacted_family=0.6, crisis_self_harm=0.4))
    assert not POLICY.asks_about_crisis(ranking(contacted_family=0.9, crisis_self_harm=0.1))


@pytest.mark.parametrize("rows", [[], [("out_of_scope", 1.0)], [("greet", 0.2), ("deny", 0.2)]])
def test_a_short_ranking_is_out_of_scope(rows: list[tuple[str, float]]) -> None:
    assert POLICY.decide(rows).kind == "out_of_scope"


def test_a_policy_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    POLICY.save(tmp_path)
    assert Policy.load(tmp_path) == POLICY


def test_a_missing_policy_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make train"):
        Policy.load(tmp_path)


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), min_size=1, max_size=20))
def test_the_figures_of_the_fit_are_those_of_the_decisions(table: list[list[float]]) -> None:
    rows = np.array(table) / np.array(table).sum(axis=1, keepdims=True)
    kinds = [
        POLICY.decide(sorted(zip(INTENTS, row, strict=True), key=lambda pair: -pair[1])).kind
        for row in rows.tolist()
    ]
    outside = measure(rows, INTENTS, ["out_of_scope"] * len(rows), POLICY)
    assert outside["not_answered"] == pytest.approx(1 - kinds.count("answer") / len(rows))
    assert outside["asked"] == pytest.approx(kinds.count("clarify") / len(rows))


def test_no_policy_is_invented_where_none_keeps_the_limits() -> None:
    rows = np.full((40, 5), 0.001)
    rows[:, 1] = 0.996  # sure of the family, whatever was said
    truth = ["contacted_family", "keep_evidence", "out_of_scope", "crisis_self_harm"] * 10
    with pytest.raises(ValueError, match="No policy"):
        fit_policy(rows, INTENTS, truth)
