"""What the reading promises, held against messages written from the fact files.

Names, numbers and addresses are invented; forms are those of genuine notices and of known scams.
"""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from bot.conversation.notice import compose
from bot.knowledge.content import Content
from bot.notices import Reading, looks_like_notice, read_notice

TODAY = date(2026, 11, 22)
AUTHORITIES = ("court_notice", "mediation", "lawyer_letter", "police_claim")


def _rows() -> list[dict[str, str]]:
    path = Path(__file__).with_name("messages.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = _rows()
GENUINE = [r for r in ROWS if r["genuine"] == "genuine" and r["kind"] != "not_a_notice"]
FORGED = [r for r in ROWS if r["genuine"] == "fake"]
HARMLESS = [r for r in ROWS if r["kind"] == "not_a_notice"]


def reading_of(row: dict[str, str], language: str = "zh") -> Reading:
    return read_notice(row["text"], sender=row["sender"], today=TODAY, language=language)


def name(row: dict[str, str]) -> str:
    return row["note"]


def test_there_are_enough_of_every_kind() -> None:
    assert len(ROWS) >= 150
    assert len(GENUINE) >= 80
    kinds = {row["kind"] for row in ROWS}
    assert kinds >= {*AUTHORITIES, "collection", "lender_reminder", "loan_offer", "fake_help"}
    assert kinds >= {"other_scam", "official_warning", "not_a_notice"}


@pytest.mark.parametrize("row", GENUINE, ids=name)
def test_a_genuine_notice_is_never_called_forged(row: dict[str, str]) -> None:
    assert reading_of(row).verdict in ("cannot_tell", "consistent")


@pytest.mark.parametrize("row", GENUINE, ids=name)
def test_whoever_gets_a_genuine_notice_is_shown_how_to_verify_it(row: dict[str, str]) -> None:
    assert any(step.id.startswith("verify") for step in reading_of(row).next_steps)


@pytest.mark.parametrize("row", FORGED, ids=name)
def test_a_forged_message_shows_a_sign_that_counts(row: dict[str, str]) -> None:
    assert reading_of(row).against


def test_forged_messages_with_a_strong_sign_are_called_so() -> None:
    readings = [reading_of(row) for row in FORGED]
    strong = [r for r in readings if any(s.rule.weight == "strong" for s in r.against)]
    assert len(strong) >= 50
    assert all(r.verdict == "signs_of_forgery" for r in strong)
    called = sum(r.verdict == "signs_of_forgery" for r in readings)
    assert called / len(readings) >= 0.95


@pytest.mark.parametrize("row", HARMLESS, ids=name)
def test_a_harmless_message_is_not_taken_for_an_authority(row: dict[str, str]) -> None:
    assert reading_of(row).kind not in AUTHORITIES


def test_nearly_every_message_gets_its_kind() -> None:
    right = sum(reading_of(row).kind == row["kind"] for row in ROWS)
    assert right / len(ROWS) >= 0.9


@pytest.mark.parametrize("sender", ["", "12368", "10690212368", "17012345678", "+85291234567"])
def test_the_senders_number_changes_no_verdict(sender: str) -> None:
    for row in ROWS:
        with_number = read_notice(row["text"], sender=sender, today=TODAY)
        assert with_number.verdict == read_notice(row["text"], today=TODAY).verdict


def test_an_unofficial_link_alone_decides_nothing() -> None:
    for host in ("a1b2c3.top/x", "http://171.106.48.99:28083/s/r", "https://t.cn/AbC"):
        for row in GENUINE:
            if row["kind"] == "court_notice":
                text = f"{row['text']}文书链接：{host}"
                assert read_notice(text, today=TODAY).verdict != "signs_of_forgery", text


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_every_finding_points_to_its_place(row: dict[str, str]) -> None:
    reading = reading_of(row)
    found = reading.as_json()
    for key in ("signs", "case_numbers", "links", "amounts", "dates", "deadlines", "tactics"):
        for item in found[key]:
            assert 0 <= item["start"] <= item["end"] <= len(row["text"])
    for number in reading.case_numbers:
        assert row["text"][number.span.start : number.span.end] == number.span.quote


def test_the_json_has_the_keys_of_the_contract() -> None:
    found = json.loads(json.dumps(reading_of(ROWS[1]).as_json(), ensure_ascii=False))
    assert found.keys() >= {
        "kind",
        "verdict",
        "signs",
        "case_numbers",
        "links",
        "numbers",
        "amounts",
        "dates",
        "deadlines",
        "next_steps",
        "tactics",
    }
    assert found["signs"][0].keys() >= {
        "id",
        "weight",
        "direction",
        "start",
        "end",
        "quote",
        "text",
        "source",
    }
    assert found["case_numbers"][0].keys() >= {
        "text",
        "form",
        "year",
        "court_code",
        "court",
        "court_confidence",
        "type",
        "type_name",
        "serial",
    }
    assert found["next_steps"][0].keys() == {"id", "text", "route"}


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en", "es"])
def test_no_words_to_a_person_promise_that_a_notice_is_genuine(
    content: Content, language: str
) -> None:
    promises = (
        "这是真的",
        "肯定是真",
        "可以放心",
        "這是真的",
        "This is genuine",
        "This is real",
        "can be trusted",
        "Es auténtico",
    )
    for row in ROWS[::3]:
        text = compose(reading_of(row, language), content, language)
        assert not any(promise in text for promise in promises)


@pytest.mark.parametrize("row", [r for r in ROWS if r["kind"] in AUTHORITIES], ids=name)
def test_deadlines_stand_before_the_verdict_and_consistent_reads_not_confirmed(
    row: dict[str, str], content: Content
) -> None:
    reading = reading_of(row, "en")
    text = compose(reading, content, "en")
    verdict = text.index(content.phrase(f"notice_{reading.verdict}", "en"))
    for deadline in reading.deadlines[:3]:
        assert text.index(deadline.text) < verdict
    if reading.verdict == "consistent":
        assert text.splitlines()[0].lower().startswith("not confirmed")
        assert not reading.against


def test_long_numbers_are_masked_when_shown_back(content: Content) -> None:
    text = (
        "【法院】请将5000元转到王经理个人账户6222021234567890123，身份证110101199003078888，"
        "电话13812345678，今日18点前还款，否则抓捕。"
    )
    reading = read_notice(text, today=TODAY)
    shown = compose(reading, content, "zh") + json.dumps(reading.as_json(), ensure_ascii=False)
    for secret in ("6222021234567890123", "110101199003078888", "13812345678"):
        assert secret not in shown
    assert {number.kind for number in reading.numbers} == {"bank_card", "id_card", "mobile"}


def test_words_wedged_apart_are_read_and_reported() -> None:
    text = "【法 院 通-知】你的网·贷逾 期，律*师将起诉"
    reading = read_notice(text, today=TODAY)
    assert reading.kind != "not_a_notice"
    assert {trick.span.quote for trick in reading.tricks} >= {"法 院", "逾 期", "律*师"}


def test_traditional_script_reads_like_simplified() -> None:
    text = (
        "【臺州市椒江區人民法院】您有（2026）浙1002民初1290號案件開庭傳票，定於2026年12月7日開庭。"
    )
    reading = read_notice(text, today=TODAY)
    assert reading.kind == "court_notice"
    assert reading.case_numbers[0].type == "民初"
    assert reading.deadlines[0].due == date(2026, 12, 7)


def test_a_pasted_notice_is_noticed_without_a_command() -> None:
    named = [r for r in ROWS if r["kind"] in (*AUTHORITIES, "collection") and len(r["text"]) > 30]
    noticed = sum(looks_like_notice(row["text"]) for row in named)
    assert noticed / len(named) >= 0.9


@pytest.mark.parametrize(
    "question",
    [
        "我收到12368发来的传票短信，是真的吗？",
        "法院给我打电话说我被起诉了，怎么办",
        "催收说今天不还就上门抓我，还说已经立案了，真的会坐牢吗",
        "怎么查（2025）苏0981民初1234号这个案号是不是真的？",
        "收到律师函要我三天内还款，不还会怎么样",
        "我妈接到派出所电话说我涉嫌诈骗，该怎么核实",
        "开庭那天我在外地去不了，可以线上参加吗？",
        "I got a summons by SMS from a court, is it real?",
    ],
)
def test_a_question_about_a_notice_is_not_taken_for_one(question: str) -> None:
    assert not looks_like_notice(question)


def test_a_question_around_a_pasted_notice_does_not_hide_it() -> None:
    notice = next(row["text"] for row in ROWS if row["note"] == "hearing notice by SMS")
    assert looks_like_notice(f"帮我看看这条短信是真的吗？\n{notice}")
    assert looks_like_notice(f"{notice}\n这是真的吗？")
