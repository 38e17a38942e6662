"""What frightened people write, and where it leads; what only sounds like it stays silent."""

import pytest

from bot.conversation.safety import Alarm, screen
from tests.safety.conftest import SENTENCES


def _rows(part: str) -> list[tuple[str, str]]:
    return [(where, text) for where, group in SENTENCES[part].items() for text in group]


@pytest.mark.parametrize(("where", "text"), _rows("help"))
def test_plain_words_lead_to_help_at_once(where: str, text: str) -> None:
    topic, step = where.split("#")
    assert screen(text) == Alarm(topic, step, certain=True)


@pytest.mark.parametrize(("topic", "text"), _rows("ask"))
def test_indirect_words_are_at_least_asked_about(topic: str, text: str) -> None:
    alarm = screen(text)
    assert alarm is not None
    assert alarm.topic == topic


@pytest.mark.parametrize("text", SENTENCES["silent"])
def test_what_only_sounds_like_danger_raises_no_alarm(text: str) -> None:
    assert screen(text) is None


@pytest.mark.parametrize("text", ["我不会自杀的，只是问问", "I'm not suicidal", "no voy a matarme"])
def test_a_denial_is_asked_about_rather_than_passed_over(text: str) -> None:
    assert screen(text) == Alarm("crisis_self_harm", "ask", certain=False)


def test_the_writer_comes_before_somebody_else() -> None:
    assert screen("我老公说想死，我也不想活了") == Alarm("crisis_self_harm", "help", certain=True)


def test_dying_with_children_comes_before_everything() -> None:
    alarm = screen("我想死，带着孩子一起跳楼")
    assert alarm == Alarm("crisis_self_harm", "children", certain=True)


def test_a_collectors_words_are_not_the_writers() -> None:
    assert screen("催收叫我去死") is None
    assert screen("催收叫我去死，我真的想死了") == Alarm("crisis_self_harm", "help", certain=True)


def test_somebody_who_has_died_is_never_answered_with_the_question() -> None:
    for text in (
        "我丈夫自杀去世以后，银行说要我承担",
        "my brother took his own life, do we owe it?",
    ):
        alarm = screen(text)
        assert alarm is None or alarm.step == "bereaved"
