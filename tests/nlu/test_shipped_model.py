"""The model that ships belongs to the data, the settings and the code that ship."""

from pathlib import Path

from nlu.recogniser import Policy, Recogniser
from nlu.recogniser.examples import Example
from nlu.recogniser.fingerprint import bare, fingerprint, read_fingerprint

MODEL = Path(__file__).resolve().parents[2] / "nlu" / "model"


def test_the_model_was_trained_on_what_ships(examples: list[Example]) -> None:
    settings = Recogniser.load(MODEL, thorough=False).settings
    pairs = [(example.text, example.intent) for example in examples]
    assert read_fingerprint(MODEL) == fingerprint(pairs, settings), "run 'make train'"


def test_one_changed_example_changes_the_fingerprint(examples: list[Example]) -> None:
    settings = Recogniser.load(MODEL, thorough=False).settings
    pairs = [(example.text, example.intent) for example in examples]
    changed = [(pairs[0][0] + "!", pairs[0][1]), *pairs[1:]]
    assert fingerprint(pairs[::-1], settings) == fingerprint(pairs, settings)
    assert fingerprint(changed, settings) != fingerprint(pairs, settings)


def test_comments_do_not_count_as_a_change_of_code() -> None:
    assert bare('"""What."""\n\nX = 1  # why\n') == bare("X  =  1\n")
    assert bare("X = 1\n") != bare("X = 2\n")


def test_policy_and_model_ship_together() -> None:
    policy = Policy.load(MODEL)
    assert policy.decide(Recogniser.load(MODEL).rank("催收给我妈打电话")).kind == "answer"


def test_no_example_is_in_the_test_set_that_ships(examples: list[Example]) -> None:
    lines = (Path(__file__).parent / "questions.tsv").read_text(encoding="utf-8").splitlines()
    asked = {line.split("\t")[0].strip().lower() for line in lines[1:]}
    shared = {example.text.lower() for example in examples} & asked
    # Greetings and the like have no second wording.
    assert {text for text in shared if len(text) > 12} == set()
