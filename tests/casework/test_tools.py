"""The tools in a conversation: a few taps to a last day, three numbers to a yearly cost."""

import pytest

from bot.casework import tools
from bot.conversation.messages import Message, Turn
from bot.conversation.turn import new_session, turn
from bot.knowledge.content import Content
from nlu.recogniser.policy import Policy
from tests.conftest import NOON, understood


class Person:
    def __init__(self, content: Content, language: str) -> None:
        self.content = content
        self.tools = tools(lambda: content)
        self.session = new_session(NOON, language, chosen=True)
        self.last: Turn | None = None

    def does(self, message: Message) -> str:
        self.last = turn(
            self.session,
            message,
            self.content,
            understood(("keep_evidence", 0.97)),
            NOON,
            policy=Policy(),
            tools=self.tools,
        )
        self.session = self.last.session
        return "\n".join(reply.text for reply in self.last.replies)

    def writes(self, text: str) -> str:
        return self.does(Message("text", text))

    def presses(self, tool: str) -> str:
        return self.does(Message("button", payload=f"{self.session.id}:tool:{tool}"))


@pytest.mark.parametrize(
    ("language", "day", "source"),
    [
        ("zh", "11月15日", "第128条"),
        ("zh-Hant", "11月15日", "第128條"),
        ("en", "15 November", "art. 128"),
        ("es", "15 de noviembre", "art. 128"),
    ],
)
def test_a_last_day_in_three_steps(content: Content, language: str, day: str, source: str) -> None:
    person = Person(content, language)
    person.presses("deadline")
    person.presses("deadline-p-answer")
    text = person.writes(day)
    assert "2026-11-30" in text
    assert "2026-11-26" in text  # two weekdays before Monday the 30th
    assert source in text
    assert "12368" in text


def test_a_public_notice_adds_its_thirty_days(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    person.presses("deadline-public")
    assert "2026-12-16" in person.writes("2026-11-01")


def test_a_period_that_is_over_sends_to_the_court_today(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    assert "已经过了" in person.writes("2026-09-01")


def test_a_wrong_day_is_asked_again_and_a_question_is_answered(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    assert "没看懂" in person.writes("2026-13-45")
    assert "没看懂" in person.writes("2027-01-01")  # not in the past
    person.writes("录音可以当证据吗")
    assert person.session.topic == "keep_evidence"


def test_words_of_danger_come_before_an_open_tool(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    assert "110" in person.writes("我不想活了")


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en", "es"])
def test_the_cost_of_a_loan(content: Content, language: str) -> None:
    person = Person(content, language)
    person.presses("cost")
    person.presses("cost-monthly")
    text = person.writes("8000 12 900")
    assert "59.4" in text
    assert "24" in text
    assert "8,000" in text
    person.presses("cost-once")
    assert "2234.7" in person.writes("1400 7 2000").replace(",", "")


def test_numbers_that_do_not_fit_are_asked_again_and_none_is_kept(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("cost-monthly")
    assert "对不上" in person.writes("8000 12")
    assert "对不上" in person.writes("8000 12 1")
    assert "8000" not in str(person.session)


def test_after_words_of_danger_the_tool_is_closed_with_a_way_back(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    person.writes("我不想活了")
    assert person.session.tool == ""
    person.writes("2026-11-15")  # what follows is not the tool's any more
    assert "2026-11-30" not in "".join(reply.text for reply in person.last.replies)  # type: ignore[union-attr]
    person.presses("safe")
    assert person.session.resume is None
