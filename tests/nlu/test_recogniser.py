"""The recogniser takes whatever a person can type and ranks it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.recogniser import Recogniser, clean, fold
from nlu.recogniser.text import MAX_CHARACTERS, MAX_PIECE_CHARACTERS, pieces

MODEL = Path(__file__).resolve().parents[2] / "nlu" / "model"

anything = st.text(st.characters(codec=None), max_size=200) | st.text(
    "/ \n\t\u3000。a催", max_size=40
)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load(MODEL)


@given(anything)
def test_clean_text_is_safe_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert cleaned == cleaned.strip()
    assert not cleaned.startswith("/")
    assert clean(cleaned) == cleaned


@given(anything)
def test_folding_never_fails_and_pieces_are_short(text: str) -> None:
    fold(clean(text))
    assert all(len(piece) <= MAX_PIECE_CHARACTERS for piece in pieces(text))


@settings(max_examples=60)
@given(text=anything)
def test_every_text_gets_a_full_ranking(recogniser: Recogniser, text: str) -> None:
    ranking = recogniser.rank(text)
    confidences = [confidence for _, confidence in ranking]
    assert {name for name, _ in ranking} == set(recogniser.intents)
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1)


def test_many_texts_rank_like_each_alone(recogniser: Recogniser) -> None:
    texts = ["催收给我妈打电话", "hello", "¿es real esta citación?", "", "催" * 900]
    for text, together in zip(texts, recogniser.rank_many(texts), strict=True):
        assert dict(together) == pytest.approx(dict(recogniser.rank(text)), abs=1e-5)


def test_an_endless_message_is_cut() -> None:
    assert len(clean("好" * 100_000)) == MAX_CHARACTERS


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("收到簡訊說我被起訴", "收到短信说我被起诉"),
        ("１２３６８短信", "12368短信"),
        ("崔收打电话", "催收打电话"),
        ("HELP!!!!!!", "help!!"),
        ("被骂了   好久\n\n", "被骂了 好久"),
    ],
)
def test_spellings_that_mean_the_same_fold_alike(written: str, same: str) -> None:
    assert fold(clean(written)) == fold(clean(same))


def test_what_cannot_be_seen_does_not_stop_the_script_conversion() -> None:
    assert fold("收到\x00傳\u200b票") == "收到传票"


def test_a_question_that_ends_in_me_keeps_its_word() -> None:
    assert fold("是真的么") == "是真的么"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("is this court summons real", "verify_court_notice"),
        ("收到12368短信是真的吗", "verify_court_notice"),
        ("法院傳票是真的嗎", "verify_court_notice"),
        ("催收给我妈打电话", "contacted_family"),
        ("they called my mother", "contacted_family"),
        ("llamaron a mi madre", "contacted_family"),
        ("怎么投诉暴力催收", "report_collection"),
        ("how do I report illegal collection", "report_collection"),
        ("¿dónde denuncio a los cobradores?", "report_collection"),
    ],
)
def test_the_questions_that_people_come_with(
    recogniser: Recogniser, text: str, intent: str
) -> None:
    assert recogniser.rank(text)[0][0] == intent


def test_without_the_second_encoder_there_is_still_a_ranking() -> None:
    alone = Recogniser.load(MODEL, thorough=False)
    assert alone.second is None
    assert alone.rank("催收给我妈打电话")[0][0] == "contacted_family"


def test_a_missing_model_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make train"):
        Recogniser.load(tmp_path)


def test_a_saved_model_is_small_and_reads_back_alike(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    recogniser.save(tmp_path)
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 5_000_000
    texts = ["催收给我妈打电话", "no puedo pagar"]
    again = Recogniser.load(tmp_path).probabilities(texts)
    assert again == pytest.approx(recogniser.probabilities(texts), abs=1e-6)
