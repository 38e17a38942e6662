"""The tools in a conversation: a few taps to a last day, three numbers to a yearly cost."""

from datetime import timedelta

import pytest

from bot.casework import tools
from bot.casework.deadline_tool import PAPERS, WAYS
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
        self.now = NOON

    def does(self, message: Message) -> str:
        self.last = turn(
            self.session,
            message,
            self.content,
            understood(("keep_evidence", 0.97)),
            self.now,
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
        ("es", "el 15 de noviembre", "art. 128"),
    ],
)
def test_a_last_day_in_four_steps(content: Content, language: str, day: str, source: str) -> None:
    person = Person(content, language)
    person.presses("deadline")
    person.presses("deadline-p-answer")
    person.presses("deadline-h-answer-m")
    text = person.writes(day)
    assert "2026-11-30" in text
    assert "2026-11-26" in text  # two weekdays before Monday the 30th
    assert source in text
    assert "12368" in text


def keys(person: Person) -> list[str]:
    assert person.last
    found = [key for reply in person.last.replies for row in reply.buttons for key in row]
    return [key.payload.split(":", 1)[1] for key in found]


@pytest.mark.parametrize("paper", PAPERS)
def test_after_the_paper_two_taps_are_enough(content: Content, paper: str) -> None:
    for way in WAYS:
        person = Person(content, "zh")
        person.presses("deadline")
        person.presses(f"deadline-p-{paper}")
        offered = [key for key in keys(person) if key.startswith(f"tool:deadline-h-{paper}-")]
        if offered:
            if f"tool:deadline-h-{paper}-{way.code}" not in offered:
                assert (paper, way.step) == ("payment-order", "notice")
                continue
            person.presses(f"deadline-h-{paper}-{way.code}")
        days = [key for key in keys(person) if key.startswith(f"tool:deadline-r-{paper}-")]
        assert len(days) == 16
        person.presses(days[1].removeprefix("tool:"))
        assert person.session.step == "result"
        assert "2026-11-21" in text_of(person)


def text_of(person: Person) -> str:
    assert person.last
    return "\n".join(reply.text for reply in person.last.replies)


@pytest.mark.parametrize(
    ("way", "source"),
    [
        ("m", "第87条"),
        ("f", "第88条"),
        ("l", "第89条"),
        ("e", "第90条"),
        ("n", "第95条"),
        ("u", "12368"),
    ],
)
def test_every_way_of_service_says_which_day_counts_and_why(
    content: Content, way: str, source: str
) -> None:
    person = Person(content, "zh")
    assert source in person.presses(f"deadline-h-answer-{way}")


def test_only_a_public_notice_adds_days_and_no_way_shows_a_later_one(content: Content) -> None:
    for way in WAYS:
        person = Person(content, "zh")
        person.presses(f"deadline-h-answer-{way.code}")
        text = person.writes("2026-11-15")
        if way.step == "notice":
            assert "最后一天：2026-12-30" in text
            assert "满30天到2026-12-15" in text
        else:
            assert "最后一天：2026-11-30" in text
            assert ("最早可能的一天" in text) == (not way.sure)


def test_a_day_written_before_the_way_is_counted_as_the_earliest(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    assert "最早可能的一天" in person.writes("2026-11-15")


def test_a_key_pressed_the_next_day_still_means_the_day_it_showed(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-h-answer-m")
    today = next(key for key in keys(person) if key.startswith("tool:deadline-r-"))
    person.now = NOON + timedelta(days=1)
    assert "最后一天：2026-12-07" in person.presses(today.removeprefix("tool:"))


def test_a_payment_order_gets_no_days_for_a_public_notice(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-h-payment-order-n")
    assert person.session.step == "start"
    person.presses("deadline-r-payment-order-n-20261115")
    assert person.session.step == "start"


def test_a_period_that_is_over_sends_to_the_court_today(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
    assert "已经过了" in person.writes("2026-09-01")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("2026-13-45", "日历上没有"),
        ("2026年2月30日", "日历上没有"),
        ("2027-01-01", "还没到"),
        ("明天", "还没到"),
        ("农历十月初七", "农历"),
        ("2010-01-01", "十年以前"),
        ("12", "没看懂"),
        ("上周五", "两天里的一天"),
        ("03/04/2026", "两天里的一天"),
    ],
)
def test_a_day_that_cannot_be_counted_from_gets_a_clear_answer(
    content: Content, said: str, answer: str
) -> None:
    person = Person(content, "zh")
    person.presses("deadline-h-answer-m")
    assert answer in person.writes(said)
    assert "2026-11-30" in person.writes("民国115年11月15日")  # the tool is still open


def test_of_two_possible_days_the_person_presses_one(content: Content) -> None:
    person = Person(content, "en")
    person.presses("deadline-h-answer-f")
    person.writes("last Friday")
    days = [key for key in keys(person) if key.startswith("tool:deadline-r-")]
    assert days == ["tool:deadline-r-answer-f-20261113", "tool:deadline-r-answer-f-20261120"]
    assert "2026-11-28" in person.presses("deadline-r-answer-f-20261113")


def test_a_question_is_answered_in_place_of_a_day(content: Content) -> None:
    person = Person(content, "zh")
    person.presses("deadline-p-answer")
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
