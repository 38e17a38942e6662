"""The PIN: whoever picks up the phone sees nothing after 15 minutes, and cannot guess for long."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.casework import dump_case
from bot.casework.case import Case
from bot.casework.pin import hashed, is_locked, is_pin
from bot.knowledge.content import LANGUAGES
from tests.casework.conftest import CHAT, Person
from tests.conftest import NOON

Make = Callable[..., Person]


def with_pin(person: Make, language: str = "zh") -> Person:
    someone = person(language)
    someone.agrees()
    someone.presses("tool:diary-a-family-call")
    someone.writes("让你妈替你还")
    someone.presses_any("diary-keep")
    someone.presses("tool:diary-pin")
    someone.writes("4711")
    return someone


def after_a_while(someone: Person) -> Person:
    """As if the PIN had been given 15 minutes ago."""
    earlier = (NOON - timedelta(minutes=15)).isoformat()
    case = replace(someone.case, opened=earlier)
    store = someone.helpline.store
    store.save_case(store.pseudonym("telegram", CHAT), dump_case(case), NOON)
    return someone


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_15_minutes_the_pin_is_asked_for_and_opens(person: Make, language: str) -> None:
    someone = after_a_while(with_pin(person, language))
    for tool in ("diary-l-0", "diary-get-csv", "complaint", "reminder"):
        text = someone.presses_any(tool)
        assert "PIN" in text
        assert "让你妈" not in text
        assert not any(reply.file for reply in someone.replies)
    someone.presses_any("diary-e-1")
    assert "PIN" in someone.writes("0000")
    assert "让你妈替你还" in someone.writes("4711")
    assert "PIN" not in someone.presses_any("complaint")


def test_within_15_minutes_nobody_is_asked(person: Make) -> None:
    someone = with_pin(person)
    assert "让你妈替你还" in someone.presses_any("diary-e-1")


def test_five_wrong_pins_bring_a_pause_in_which_the_right_one_does_not_open(person: Make) -> None:
    someone = after_a_while(with_pin(person))
    someone.presses_any("diary")
    for _ in range(5):
        someone.writes("0000")
    assert "15分钟后" in someone.text
    assert "15分钟后" in someone.writes("4711")
    assert datetime.fromisoformat(someone.case.pause) == NOON + timedelta(minutes=15)


def test_the_pin_is_kept_as_a_hash_and_can_be_taken_off(person: Make) -> None:
    someone = with_pin(person)
    assert "4711" not in str(dump_case(someone.case)["pin"])
    someone.presses_any("diary-pin")
    someone.presses("tool:diary-nopin")
    assert not is_locked(someone.case, NOON + timedelta(days=1))


def test_everything_can_be_deleted_without_the_pin(person: Make) -> None:
    someone = after_a_while(with_pin(person))
    someone.presses_any("forget")
    assert someone.case == Case()


def test_a_question_and_danger_are_answered_while_the_pin_is_asked(person: Make) -> None:
    someone = after_a_while(with_pin(person))
    someone.presses_any("diary")
    assert "110" in someone.writes("他们拿着刀在砸我家门")
    assert len(someone.case.entries) == 1


@pytest.mark.parametrize("text", ["123", "123456789", "１２３４", "12a4", ""])
def test_only_4_to_8_digits_are_a_pin(text: str) -> None:
    assert not is_pin(text)


def test_the_same_pin_never_has_the_same_hash() -> None:
    assert hashed("4711") != hashed("4711")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("diary-line", "刚才又打电话给我妈"),
        ("diary-f-1-words", "要起诉我"),
        ("complaint-new-complaint", "某某消费金融"),
    ],
)
def test_words_for_a_locked_tool_are_asked_for_again_after_the_pin(
    person: Make, key: str, words: str
) -> None:
    someone = with_pin(person)
    asked = someone.presses_any(key)
    if key.startswith("complaint"):
        asked = someone.presses("tool:complaint-o-kind.consumer")
    after_a_while(someone)
    assert "PIN" in someone.writes(words)
    assert words not in str(someone.case)
    assert asked in someone.writes("4711")
    someone.writes(words)
    assert words in str(someone.case)
