"""What a person sees after pasting a notice: order of the buttons, the limit, other languages."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from bot.cli.notice import check_notice
from bot.conversation.messages import Message, Session
from bot.conversation.notice import READINGS_A_DAY, answer_notice
from bot.conversation.turn import turn
from bot.knowledge.content import Content
from nlu.recogniser.policy import Policy

FORGED = "【法院】你的网贷涉嫌诈骗，今日18点前还款到王经理个人账户6222021234567890123，否则抓捕。"
SUMMONS = (
    "【东台市人民法院】张三，您好！（2026）苏0981民初1234号定于2026年11月23日9时30分开庭，"
    "请准时到庭。"
)
LETTER = "律师函：本所受某银行委托函告，您的信用卡已逾期，请于七日内通过银行网点还款，否则将起诉。"


def session(language: str = "zh") -> Session:
    return Session(id="abcd", language=language, language_chosen=True)


def topics(done: object) -> list[str]:
    rows = done.replies[-1].buttons  # type: ignore[attr-defined]
    return [row[0].payload.split(":")[1] for row in rows]


def test_where_money_is_asked_the_first_button_is_already_done(
    content: Content, now: datetime
) -> None:
    done = answer_notice(session(), FORGED, content, now)
    assert topics(done)[0] == "already_acted"
    assert {"report_collection", "keep_evidence"} <= set(topics(done))
    assert done.outcome is not None
    assert done.outcome.decision == "notice"


def test_a_summons_leads_to_verifying_and_to_its_deadline(content: Content, now: datetime) -> None:
    done = answer_notice(session(), SUMMONS, content, now)
    assert topics(done)[:2] == ["verify_court_notice", "sued_what_next"]
    text = done.replies[-1].text
    assert text.index("2026-11-23") < text.index(content.phrase("notice_consistent", "zh"))
    assert content.phrase("notice_due_tomorrow", "zh") in text


def test_a_lawyers_letter_leads_to_checking_the_lawyer(content: Content, now: datetime) -> None:
    assert "verify_lawyer_letter" in topics(answer_notice(session(), LETTER, content, now))


def test_readings_are_limited_a_day_and_begin_anew_the_next(
    content: Content, now: datetime
) -> None:
    chat = replace(session(), updated=now)
    for _ in range(READINGS_A_DAY):
        chat = replace(answer_notice(chat, SUMMONS, content, now).session, updated=now)
    said = content.phrase("notice_limit", "zh", limit=READINGS_A_DAY)
    limited = answer_notice(chat, SUMMONS, content, now)
    assert limited.replies[-1].text == said
    assert "verify_court_notice" in topics(limited)
    tomorrow = now + timedelta(days=1)
    assert answer_notice(chat, SUMMONS, content, tomorrow).replies[-1].text != said


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en", "es"])
def test_every_language_is_answered_in_itself(
    language: str, content: Content, now: datetime
) -> None:
    for text in (FORGED, SUMMONS, LETTER):
        done = answer_notice(session(language), text, content, now)
        assert content.phrase("notice_open", language) in done.replies[-1].text
        assert len(done.replies[-1].text) <= 4096


def test_what_is_no_notice_is_not_judged(content: Content, now: datetime) -> None:
    done = answer_notice(session(), "【菜鸟驿站】请凭取件码5-2-3011取件", content, now)
    assert done.replies[-1].text == content.phrase("notice_none", "zh")


def test_in_conversation_a_pasted_notice_is_read_before_its_words_are_understood(
    content: Content, now: datetime
) -> None:
    def never(text: str) -> None:
        raise AssertionError("the recogniser was asked")

    policy = Policy()
    done = turn(session(), Message("text", SUMMONS), content, never, now, policy=policy)
    assert done.outcome is not None
    assert (done.outcome.decision, done.outcome.topic) == ("notice", "verify_court_notice")


def test_without_a_reader_for_pictures_the_text_is_asked_for(
    content: Content, now: datetime
) -> None:
    message = Message("attachment", "photo")
    done = turn(session(), message, content, lambda text: None, now, policy=Policy())
    assert "粘贴" in done.replies[-1].text


def test_the_command_prints_json_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPLINE_TODAY", "2026-11-22")
    run = CliRunner().invoke(check_notice, ["--json", "--sender", "12368", "-"], input=SUMMONS)
    assert run.exit_code == 0
    assert run.stdout.startswith('{"kind": "court_notice"')
    plain = CliRunner().invoke(check_notice, ["--language", "en", SUMMONS])
    assert plain.stdout.startswith("Not confirmed")
    assert CliRunner().invoke(check_notice, []).exit_code == 2


def test_signs_past_their_check_date_judge_nothing(content: Content, now: datetime) -> None:
    late = now.replace(year=now.year + 2)
    done = answer_notice(session(), FORGED, content, late)
    assert done.outcome is not None
    assert done.outcome.topic == "verify_court_notice"
    assert "12368" in done.replies[-1].text
    assert content.phrase("notice_signs_of_forgery", "zh") not in done.replies[-1].text
