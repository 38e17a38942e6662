"""The letters: only what the person said and confirmed, law apart and quoted, nothing invented."""

import re
from collections.abc import Callable

import pytest

from bot.casework.case import KINDS, Case, Entry
from bot.casework.letters import Answers, compose, rule_lines, sources_of
from bot.conversation.messages import Message
from bot.knowledge.content import LANGUAGES, Content
from tests.casework.conftest import CHAT, Person
from tests.conftest import NOON

Make = Callable[..., Person]
MOTHER = {
    "zh": "他们给我妈打电话",
    "zh-Hant": "他們給我媽打電話",
    "en": "they called my mother",
    "es": "llamaron a mi madre",
}


def with_one_entry(person: Make, language: str = "zh") -> Person:
    """From "they called my mother" through the buttons of the answer to a diary entry."""
    someone = person(language)
    someone.writes(MOTHER[language])
    someone.presses("contacted_family:borrower")
    someone.presses("contacted_family:prove")
    someone.presses("tool:diary")
    someone.presses("tool:diary-yes1")
    someone.presses("tool:diary-yes2")
    someone.presses("tool:diary-a-family-call")
    someone.writes("让你妈替你还")
    return someone


def to_the_end(someone: Person) -> str:
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("某某银行股份有限公司")
    someone.presses("tool:complaint-n-conducts")
    someone.presses("tool:complaint-n-wants")
    return someone.presses("tool:complaint-y")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finished_complaint_takes_14_messages_and_taps(person: Make, language: str) -> None:
    someone = with_one_entry(person, language)
    text = to_the_end(someone)
    assert someone.taps == 14
    letter = someone.replies[0].text
    assert "某某银行股份有限公司消费者投诉处理部门" in letter
    assert "催收人员联系了本人以外的人。" in letter
    assert "2026-11-22 12:00；联系本人的家人；电话；原话：让你妈替你还" in letter
    assert "立即停止联系本人以外的任何人" in letter
    assert ("Complaint" in text) == (language == "en")
    assert ("Reclamante" in text) == (language == "es")


def test_the_letter_says_nothing_that_the_person_did_not_choose(content: Content) -> None:
    chosen = Answers("complaint", "bank", "甲银行", ("third",), ("stop-third",))
    letter = compose(content, Case(), chosen, "zh")
    facts, _, law = letter.partition("供参考的标准")
    for name, conduct in content.kit["conducts"].items():
        assert (conduct["fact"]["zh"] in facts) == (name == "third")
    for name, want in content.kit["letters"]["wants"].items():
        assert (want["text"]["zh"] in facts) == (name == "stop-third")
    assert "《" not in facts  # law stands apart from facts
    assert "治安管理处罚法" not in law  # no offence is named in a letter to the lender
    assert "刑法" not in law


@pytest.mark.parametrize("kind", KINDS)
def test_rules_are_those_of_the_kind_of_lender_and_quoted_word_for_word(
    content: Content, kind: str
) -> None:
    every = tuple(content.kit["conducts"])
    answers = Answers("complaint", kind, "甲", every, to="police")
    rules, yardsticks = rule_lines(content, answers, "zh")
    for footnote in sources_of(content, answers):
        assert any(
            content.sources.articles[footnote].quotation in line for line in (*rules, *yardsticks)
        )
    for line in rules:
        assert "GB/T" not in line
        assert "银行业协会" not in line
    cards_only = "商业银行信用卡业务监督管理办法"
    assert any(cards_only in line for line in rules) == (kind == "card")


def test_police_articles_only_in_a_report_to_the_police(content: Content) -> None:
    answers = Answers("complaint", "bank", "甲", ("threats",))
    assert "psapl-50" not in sources_of(content, answers)
    to_police = Answers("complaint", "bank", "甲", ("threats",), to="police")
    assert "psapl-50" in sources_of(content, to_police)
    assert "psapl-47" not in sources_of(content, to_police)


def test_the_lender_comes_first_and_the_regulator_is_that_of_its_kind(person: Make) -> None:
    someone = with_one_entry(person)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.small")
    someone.writes("乙小额贷款有限公司")
    someone.presses("tool:complaint-n-conducts")
    assert "机构自己的投诉部门" in someone.presses("tool:complaint-n-wants")
    someone.presses("tool:complaint-to")
    offered = {key.payload.rpartition(":")[2] for key in someone.keys}
    assert "complaint-t-local" in offered
    assert "complaint-t-nfra" not in offered
    someone.presses("tool:complaint-t-local")
    assert "公司注册地地方金融监管部门" in someone.presses("tool:complaint-y")


def test_without_a_licence_the_police_are_proposed_and_the_letter_is_a_report(
    person: Make,
) -> None:
    someone = with_one_entry(person)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.unlicensed")
    someone.presses("tool:complaint-n-lender")
    someone.presses("tool:complaint-o-conducts.threats")
    someone.presses("tool:complaint-n-conducts")
    assert "公安机关" in someone.presses("tool:complaint-n-wants")
    someone.presses("tool:complaint-y")
    letter = someone.replies[0].text
    assert letter.startswith("书面报案材料")
    assert "【放贷机构全称】" in letter
    assert "治安管理处罚法" in letter


def test_what_is_struck_out_is_not_written(person: Make) -> None:
    someone = with_one_entry(person)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.card")
    someone.writes("甲银行")
    someone.presses("tool:complaint-n-conducts")
    someone.presses("tool:complaint-n-wants")
    someone.presses("tool:complaint-z-1")
    assert "让你妈替你还" not in someone.presses("tool:complaint-y")
    assert someone.case.entries[0].lender == ""  # not confirmed as this lender's


def test_without_a_single_conduct_there_is_no_complaint(person: Make) -> None:
    someone = person()
    someone.agrees("complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("甲银行")
    assert "至少勾一样" in someone.presses("tool:complaint-n-conducts")
    someone.presses_any("complaint-y")
    assert "投诉书" not in someone.text


def test_the_interview_goes_on_after_a_question_and_after_days(person: Make) -> None:
    someone = person(topic="keep_evidence")
    someone.agrees("complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("甲银行")
    someone.writes("录音可以当证据吗")
    assert someone.helpline.session("telegram", CHAT).topic == "keep_evidence"
    assert "他们做了什么" in someone.presses_any("complaint")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_objection_to_a_payment_order_says_what_is_none(person: Make, language: str) -> None:
    someone = person(language)
    someone.agrees("complaint")
    someone.presses("tool:complaint-other")
    someone.presses("tool:complaint-new-objection")
    someone.presses("tool:complaint-o-grounds.amount")
    someone.presses("tool:complaint-n-grounds")
    text = someone.presses("tool:complaint-y")
    assert "支付令所列金额与实际不符" in text
    assert "15" in text
    assert "227" in text
    assert "436" in text
    assert "没有向申请人借过" not in text


def test_instalments_are_asked_for_and_article_70_is_for_cards_only(person: Make) -> None:
    someone = person()
    for kind, cited in (("card", True), ("consumer", False)):
        if not someone.case.agreed:
            someone.agrees("complaint")
        someone.presses_any("complaint-new-instalments")
        someone.presses(f"tool:complaint-o-kind.{kind}")
        someone.writes("甲机构")
        someone.presses("tool:complaint-o-reasons.job")
        someone.presses("tool:complaint-n-reasons")
        assert "请只写一个" in someone.writes("800 或 900")
        someone.writes("800")
        text = someone.presses("tool:complaint-y")
        assert "每月可以稳定还款800元" in text
        letter, note = someone.replies[0].text, someone.replies[-1].text
        assert ("个性化分期还款协议" in letter) == cited
        assert "不是权利" in note


@pytest.mark.parametrize(
    "letter", ["complaint", "stop-third", "objection", "instalments", "breakdown"]
)
def test_no_brace_is_left_and_every_language_has_the_same_blocks(
    content: Content, letter: str
) -> None:
    answers = Answers(
        letter, "card", "甲银行", ("third", "threats"), ("reply",), ("paid",), ("job",), "500"
    )
    case = Case(entries=(Entry(1, NOON, who="family", lender="甲银行", evidence="录音"),))
    texts = [compose(content, case, answers, language) for language in ("zh", "en", "es")]
    assert not any(re.search(r"[{}]", text) for text in texts)
    assert len({text.count("\n\n") for text in texts}) == 1
    assert len({text.count("【") for text in texts[1:]}) == 1


def test_no_letter_before_agreement(person: Make) -> None:
    someone = person()
    someone.presses_any("complaint")
    someone.presses_any("complaint-new-objection")
    someone.does(Message("text", "甲银行"))
    assert someone.case == Case()
