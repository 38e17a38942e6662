"""Reminders of a lender's answer and of the end of what is kept: offered, neutral, stopped."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.casework.case import Case, Entry
from bot.casework.reminder_tool import ANSWERS, KEPT_DAYS_BEFORE, answer_rows, kept_until, moments
from bot.casework.screen import KEPT_DAYS, Screen
from bot.conversation.messages import Message
from bot.conversation.turn import new_session
from bot.knowledge.content import LANGUAGES, Content
from bot.store import RETENTION
from tests.casework.conftest import CHAT, Person
from tests.casework.test_complaint import to_the_end, with_one_entry
from tests.casework.test_reminders import due
from tests.conftest import NOON

Make = Callable[..., Person]
SIMPLE, COMPLEX = "2026-12-05", "2026-12-20"  # 15 and 30 days after 20 November
OPEN = Message("button", payload="0000:tool:reminder")  # the key under a reminder
NEUTRAL = ("债", "法院", "投诉", "日记", "complaint", "diary", "debt", "queja", "deuda", "diario")


def exported(person: Make, language: str = "zh") -> Person:
    someone = with_one_entry(person, language)
    to_the_end(someone)
    someone.presses("tool:complaint-get-docx")
    return someone


def asked(person: Make, language: str = "zh") -> Person:
    someone = exported(person, language)
    someone.presses("tool:reminder-sent")
    someone.writes("2026-11-20")
    return someone


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_the_export_the_day_of_the_answer_is_reminded_of_and_leads_to_the_next_step(
    person: Make, language: str
) -> None:
    someone = asked(person, language)
    assert SIMPLE in someone.text
    assert COMPLEX in someone.text
    source = someone.helpline.content().sources.articles["complaint-handling-time-limits"]
    short = someone.helpline.content().sources.instruments[source.instrument].short
    assert someone.helpline.content().pick(short, language) in someone.text
    someone.presses("complaint_follow_up:")
    for day, count in ((SIMPLE, 1), ("2026-12-06", 0), (COMPLEX, 1), ("2026-12-21", 0)):
        texts = due(someone.helpline, day)
        assert len(texts) == count, day
        assert not any(word in text for text in texts for word in NEUTRAL)


def test_one_key_is_enough_when_it_was_handed_in_today(person: Make) -> None:
    someone = exported(person)
    someone.presses("tool:reminder-sent")
    someone.presses("tool:reminder-sent-20261122")
    assert someone.case.dates == (
        ("lender-complaint", "2026-12-07"),
        ("lender-complaint-complex", "2026-12-22"),
    )


@pytest.mark.parametrize("written", ["2026-12-24", "2026-13-45"])
def test_a_day_that_cannot_be_is_asked_for_again(person: Make, written: str) -> None:
    someone = exported(person)
    someone.presses("tool:reminder-sent")
    someone.writes(written)
    assert someone.case.dates == ()
    someone.writes("2026-11-20")
    assert len(someone.case.dates) == 2


def test_a_question_while_the_day_is_asked_for_is_answered(person: Make) -> None:
    someone = person(topic="keep_evidence")
    someone.agrees()
    someone.presses_any("reminder-sent")
    someone.writes("录音算证据吗")
    assert someone.helpline.session("telegram", CHAT).topic == "keep_evidence"


def test_when_the_time_is_over_the_next_step_is_shown_at_once(person: Make) -> None:
    someone = exported(person)
    someone.presses("tool:reminder-sent")
    someone.writes("2026-10-01")
    assert "已经过了" in someone.text
    assert someone.case.dates == ()
    someone.presses("complaint_follow_up:")


def test_only_where_the_sources_know_a_period_is_a_reminder_offered(content: Content) -> None:
    screen = Screen("complaint", content, Case(), new_session(NOON), NOON)
    offered = {
        (to, kind)
        for to in ("lender", "nfra", "police", "12321")
        for kind in ("card", "bank", "consumer", "small", "payment", "unlicensed", "unknown")
        if answer_rows(screen, to, kind)
    }
    assert offered == {("lender", kind) for kind in ("card", "bank", "consumer")}


def test_one_of_several_is_stopped_alone_and_all_with_one_key(person: Make) -> None:
    someone = asked(person)
    someone.presses(f"tool:reminder-off-{ANSWERS[0]}-{SIMPLE}")
    assert due(someone.helpline, SIMPLE) == []
    assert someone.case.dates == ((ANSWERS[1], COMPLEX),)
    someone.presses("tool:reminder-stop")
    assert due(someone.helpline, "2027-05-20") == []


def test_the_end_of_what_is_kept_is_told_7_days_before_in_neutral_words(person: Make) -> None:
    someone = with_one_entry(person)
    end = (NOON + timedelta(days=KEPT_DAYS)).date()
    assert kept_until(someone.case) == end
    before = end - timedelta(days=KEPT_DAYS_BEFORE)
    assert due(someone.helpline, f"{before - timedelta(days=1):%Y-%m-%d}") == []
    (text,) = due(someone.helpline, f"{before:%Y-%m-%d}")
    assert not any(word in text for word in NEUTRAL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_how_to_keep_longer_and_how_to_take_it_away(person: Make, language: str) -> None:
    someone = with_one_entry(person, language)
    someone.waits(timedelta(days=KEPT_DAYS - KEPT_DAYS_BEFORE))
    someone.does(OPEN)
    assert "2027-05-21" in someone.text
    someone.presses("tool:reminder-longer")
    now = someone.helpline.settings.now()
    assert kept_until(someone.case) == (now + timedelta(days=KEPT_DAYS)).date()
    assert "2027-11-10" in someone.text
    someone.presses("tool:diary-keep")
    assert any(key.payload.endswith("diary-get-csv") for key in someone.keys)


def test_any_change_moves_the_reminder_of_the_end(person: Make) -> None:
    someone = with_one_entry(person)
    someone.waits(timedelta(days=100))
    someone.does(OPEN)
    someone.presses("tool:diary-keep")
    someone.presses("tool:diary-home")
    someone.presses("tool:diary-a-me-call")
    assert due(someone.helpline, "2027-05-14") == []
    assert len(due(someone.helpline, "2027-08-22")) == 1


def test_who_stopped_all_reminders_hears_nothing_before_the_end(person: Make) -> None:
    someone = with_one_entry(person)
    someone.presses_any("reminder")
    someone.presses("tool:reminder-stop")
    assert "2027-05-21" in someone.text
    someone.presses_any("diary-a-me-call")
    assert due(someone.helpline, "2027-05-20") == []


def test_nothing_is_announced_where_nothing_is_kept() -> None:
    assert moments(Case(agreed="x"), NOON) == []
    assert len(moments(Case(agreed="x").added(Entry(0, NOON)), NOON)) == 1


def test_the_days_of_tool_and_store_are_the_same() -> None:
    assert {one.kept for one in RETENTION if one.table == "cases"} == {timedelta(days=KEPT_DAYS)}


def test_a_reminder_that_is_due_and_unsent_outlives_the_next_change(person: Make) -> None:
    someone = asked(person)
    someone.waits(timedelta(days=28))  # 20 December, noon: the last one is due since nine
    someone.does(OPEN)
    someone.presses("tool:reminder-longer")
    assert len(due(someone.helpline, COMPLEX)) == 1


@pytest.mark.parametrize("way", ["forget", "diary-dropped"])
def test_reminders_go_with_the_case(person: Make, way: str) -> None:
    someone = asked(person)
    someone.presses_any(way)
    assert due(someone.helpline, COMPLEX) == []
    assert CHAT.encode() not in someone.bytes()


def test_an_old_key_of_the_reminders_leads_back_to_them(person: Make) -> None:
    someone = asked(person)
    someone.does(Message("button", payload="0000:tool:reminder-stop"))
    someone.presses("tool:reminder")
    assert SIMPLE in someone.text
