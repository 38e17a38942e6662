"""A short answer is read as the choice that it names, or as none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.choices import choose

LABELS = ["我是借款人", "我是家人", "怎么留证据"]
ENGLISH = ["Yes, I paid", "No, not yet", "Keep evidence"]


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("1", 0),
        ("第二个", 1),
        ("第 2 个", 1),
        ("二", 1),
        ("最后一个", 2),
        ("选3", 2),
        ("３", 2),
        ("我是家人", 1),
        ("家人", 1),
        ("留证据", 2),
        ("借款人", 0),
        ("4", None),
        ("我是", None),
        ("不知道", None),
        ("", None),
        ("我是借款人但是家人也在", None),
    ],
)
def test_chinese(said: str, index: int | None) -> None:
    assert choose(said, LABELS) == index


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("the first one", 0),
        ("second", 1),
        ("the last one", 2),
        ("number 2", 1),
        ("Evidence", 2),
        ("yes", 0),
        ("No.", 1),
        ("sí", 0),
        ("el segundo", 1),
        ("la última", 2),
        ("maybe", None),
    ],
)
def test_english_and_spanish(said: str, index: int | None) -> None:
    assert choose(said, ENGLISH) == index


@given(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=6))
def test_it_names_a_label_that_exists_or_none(said: str, offered: list[str]) -> None:
    index = choose(said, offered)
    assert index is None or 0 <= index < len(offered)
