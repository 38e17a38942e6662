"""The letters: only what the person said and confirmed, law apart and quoted, nothing invented."""

import re
from collections.abc import Callable

import pytest

from bot.casework.case import KINDS, Case, Entry, dump_case
from bot.casework.letters import Answers, compose, facts, rule_lines, sources_of, stated
from bot.casework.recipients import offered, suggested_wants
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


def test_no_letter_is_written_on_rules_past_their_check_date(
    person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = with_one_entry(person)
    status = Content.status
    monkeypatch.setattr(
        Content,
        "status",
        lambda content, name, language, today: (
            "expired" if name == "report_collection" else status(content, name, language, today)
        ),
    )
    text = someone.presses("tool:complaint")
    assert "12378" in text
    assert "tool:complaint-o-kind.bank" not in str(someone.replies)


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
    answers = Answers("complaint", kind, "甲", every)
    rules, yardsticks = rule_lines(content, answers, "zh")
    for footnote in sources_of(content, answers):
        assert any(
            content.sources.articles[footnote].quotation in line for line in (*rules, *yardsticks)
        )
    for line in rules:
        assert "GB/T" not in line
        assert "银行业协会" not in line
    for line in (*rules, *yardsticks):
        assert "一个来源" not in line  # a number that one source gives is in no letter
        assert "未确认" not in line
    cards_only = "商业银行信用卡业务监督管理办法"
    assert any(cards_only in line for line in rules) == (kind == "card")


@pytest.mark.parametrize("kind", KINDS)
def test_every_recipient_gets_what_is_its_business_and_nothing_else(
    content: Content, kind: str
) -> None:
    every = tuple(content.kit["conducts"])
    case = Case(entries=(Entry(1, NOON, how="visit"), Entry(2, NOON, how="sms", number="106")))
    kit = content.kit["letters"]
    for to in offered(content, "complaint", kind, every):
        wants = suggested_wants(content, to, every)
        answers = Answers("complaint", kind, "甲", every, wants, to=to)
        letter = compose(content, case, answers, "zh")
        assert not re.search(r"[{}]", letter)
        named = [
            name for name, one in content.kit["conducts"].items() if one["fact"]["zh"] in letter
        ]
        assert named == list(stated(content, answers, "conducts"))
        assert stated(content, answers, "wants") == wants
        assert wants
        assert ("治安管理处罚法" in letter) == (to == "police")
        assert "刑法" not in letter
        assert ("GB/T" in letter) <= (kit["recipients"][to]["rules"] == "lender")
        assert ("上门" in letter) == (to != "spam")  # 12321 takes calls and messages only
        assert ("被举报的号码\n1. 106" in letter) == (to == "spam")
        assert ("此前向该机构投诉" in letter) == bool(kit["recipients"][to].get("regulator"))


def test_a_court_is_asked_only_where_somebody_said_to_be_from_it(content: Content) -> None:
    def named(*conducts: str) -> set[str]:
        return {"court", "procuratorate"} & set(offered(content, "complaint", "bank", conducts))

    assert named("third", "threats", "officials") == set()
    assert named("third", "officials-court") == {"court"}
    assert named("officials-procuratorate") == {"procuratorate"}
    asked = Answers("complaint", "bank", "甲", ("third", "officials-court"), to="court")
    letter = compose(content, Case(), asked, "zh")
    assert "【对方自称的法院全称】" in letter
    assert "本人以外的人" not in letter  # its business is the one question
    assert "冒充" not in letter  # whether it was posed is what is asked


def test_nobody_is_offered_a_recipient_of_another_kind_of_lender(content: Content) -> None:
    regulators = {"nfra", "local", "pboc"}
    found = {
        kind: regulators & set(offered(content, "complaint", kind, ("third",))) for kind in KINDS
    }
    assert found == {
        "card": {"nfra"},
        "bank": {"nfra"},
        "consumer": {"nfra"},
        "small": {"local"},
        "payment": {"pboc"},
        "unlicensed": set(),
        "unknown": set(),
    }


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
    someone.presses("tool:complaint-n-danger")
    assert "公安机关" in someone.presses("tool:complaint-n-wants")
    someone.presses("tool:complaint-y")
    letter = someone.replies[0].text
    assert letter.startswith("书面报案材料")
    assert "【放贷机构全称】" in letter
    assert "治安管理处罚法" in letter


def asked_to_confirm(person: Make, language: str = "zh", *conducts: str) -> Person:
    """A complaint about a bank, as far as the screen that shows its facts."""
    someone = with_one_entry(person, language)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("甲银行")
    for conduct in conducts:
        someone.presses(f"tool:complaint-o-conducts.{conduct}")
    someone.presses("tool:complaint-n-conducts")
    someone.presses("tool:complaint-n-wants")
    return someone


def key(someone: Person, tool: str) -> str:
    return next(key.text for key in someone.keys if key.payload.endswith(f":tool:{tool}"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_has_a_number_a_key_to_strike_it_and_is_counted(
    person: Make, language: str, content: Content
) -> None:
    someone = asked_to_confirm(person, language, "often")
    assert "3" in key(someone, "complaint-y")
    for number, stated_so in enumerate(("third", "often"), 1):
        fact = content.pick(content.kit["conducts"][stated_so]["fact"], language)
        assert f"{number}. {fact}" in someone.text
        assert str(number) in key(someone, f"complaint-z-conducts.{stated_so}")
    assert "3. 2026-11-22 12:00" in someone.text
    someone.presses("tool:complaint-z-conducts.often")
    assert "2" in key(someone, "complaint-y")
    someone.presses("tool:complaint-z-1")
    assert "1" in key(someone, "complaint-y")
    someone.presses("tool:complaint-y")
    letter = someone.replies[0].text
    assert "过于频繁" not in letter
    assert "让你妈替你还" not in letter
    assert someone.case.entries[0].lender == ""  # not confirmed as this lender's


def test_what_was_struck_out_can_be_brought_back(person: Make) -> None:
    someone = asked_to_confirm(person)
    someone.presses("tool:complaint-z-1")
    someone.presses("tool:complaint-r")
    assert "让你妈替你还" in someone.presses("tool:complaint-y")


def test_a_letter_without_its_last_fact_is_not_written(person: Make) -> None:
    someone = asked_to_confirm(person)
    assert "至少勾一样" in someone.presses("tool:complaint-z-conducts.third")
    someone.presses_any("complaint-y")
    assert "投诉书" not in someone.replies[0].text


def test_the_screen_states_what_the_letter_states(content: Content) -> None:
    case = Case(
        entries=(
            Entry(1, NOON, who="work", number="138", words="还钱", evidence="录音", feeling="怕"),
        )
    )
    for letter in content.kit["letters"]["letters"]:
        answers = Answers(
            letter, "card", "甲", ("third",), grounds=("paid",), errors=("paid",), monthly="500"
        )
        written = compose(content, case, answers, "zh")
        shown = [fact.text for fact in facts(content, case, answers, "zh")]
        for one in shown:
            for part in one.rstrip("元").split("；"):
                assert part.removeprefix("证据：").removeprefix("每月可还：") in written
        assert not any("怕" in one for one in shown)  # how it felt is in no letter


def test_a_key_of_an_earlier_screen_confirms_nothing_that_it_did_not_show(person: Make) -> None:
    someone = asked_to_confirm(person)
    someone.presses_any("diary-f-1-words")
    someone.writes("另外一句话")
    someone.presses_any("complaint-y")  # the key still stands further up in the chat
    assert "另外一句话" in someone.text
    assert "投诉书" not in someone.replies[0].text
    someone.presses("tool:complaint-y")
    assert someone.replies[0].text.startswith("投诉书")


def test_another_recipient_is_another_letter_to_confirm(person: Make) -> None:
    someone = asked_to_confirm(person)
    someone.presses("tool:complaint-y")
    someone.presses("tool:complaint-t-nfra")  # offered under the letter to the lender
    assert "不收" in someone.text
    assert "通常先投：机构自己的投诉部门" in someone.text
    someone.presses_any("complaint-get-docx")
    assert not any(reply.file for reply in someone.replies)
    someone.presses("tool:complaint-y")
    assert "此前向该机构投诉的日期和受理编号" in someone.replies[0].text


@pytest.mark.parametrize("conduct", ["threats", "entered"])
def test_danger_comes_before_any_letter(person: Make, conduct: str) -> None:
    someone = with_one_entry(person)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("甲银行")
    someone.presses(f"tool:complaint-o-conducts.{conduct}")
    text = someone.presses("tool:complaint-n-conducts")
    assert "110" in text
    assert any(key.payload.endswith(":physical_danger:") for key in someone.keys)
    assert "110" in someone.presses_any("complaint")  # coming back does not pass it by
    someone.presses("tool:complaint-n-danger")
    assert "你要求什么" in someone.text


def test_a_lender_whose_kind_was_not_known_takes_the_one_that_is_chosen_later(
    person: Make,
) -> None:
    someone = with_one_entry(person)
    someone.presses("tool:complaint")
    someone.presses("tool:complaint-o-kind.unknown")
    someone.writes("甲公司")
    someone.presses("tool:complaint-n-conducts")
    someone.presses("tool:complaint-n-wants")
    assert "没有列监管部门" in someone.presses("tool:complaint-to")
    someone.presses("tool:complaint-q-kind")
    someone.presses("tool:complaint-o-kind.small")
    someone.presses("tool:complaint-to")
    assert any(key.payload.endswith("complaint-t-local") for key in someone.keys)
    assert someone.case.kind_of("甲公司") == "small"


def test_500_entries_are_all_counted_and_the_latest_are_shown(content: Content) -> None:
    entries = tuple(Entry(number, NOON, who="family", lender="甲") for number in range(1, 501))
    case = Case(entries=entries, lenders={"甲": "bank"})
    answers = Answers("complaint", "bank", "甲", ("third",), ("reply",))
    letter = compose(content, case, answers, "zh")
    assert "更早的另有476条" in letter
    assert "\n500. 2026-11-22" in letter  # numbered as in the diary that goes along
    assert "共500次" in letter
    assert len(facts(content, case, answers, "zh")) == 25


def test_with_500_entries_the_person_confirms_all_of_them(person: Make) -> None:
    someone = with_one_entry(person)
    case = someone.case
    for _ in range(499):
        case = case.added(case.entries[0])
    store = someone.helpline.store
    name = store.pseudonym("telegram", CHAT)
    store.save_case(name, dump_case(case), someone.helpline.settings.now())
    someone.presses_any("complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("甲银行")
    someone.presses("tool:complaint-n-conducts")
    assert "476" in someone.presses("tool:complaint-n-wants")
    assert "501" in key(someone, "complaint-y")


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
    "letter", ["complaint", "stop-third", "objection", "instalments", "breakdown", "credit"]
)
def test_no_brace_is_left_and_every_language_has_the_same_blocks(
    content: Content, letter: str
) -> None:
    case = Case(entries=(Entry(1, NOON, who="family", lender="甲银行", evidence="录音"),))
    recipients = content.kit["letters"]["letters"][letter].get("recipients", ["lender"])
    for to in recipients:
        answers = Answers(
            letter,
            "card",
            "甲银行",
            ("third", "threats", "officials-court", "officials-procuratorate"),
            tuple(content.kit["letters"]["wants"]),
            ("paid",),
            ("job",),
            ("paid", "one-time"),
            "500",
            to,
        )
        texts = [compose(content, case, answers, language) for language in ("zh", "en", "es")]
        assert not any(re.search(r"[{}]", text) for text in texts)
        assert len({text.count("\n\n") for text in texts}) == 1
        assert len({text.count("【") for text in texts[1:]}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_objection_to_a_credit_report_from_its_topic(person: Make, language: str) -> None:
    someone = person(language, topic="credit_record")
    someone.writes("征信")
    someone.presses("credit_record:wrong")
    someone.presses("tool:complaint-new-credit")
    someone.presses("tool:complaint-yes1")
    someone.presses("tool:complaint-yes2")  # it begins the letter that the topic led to
    someone.writes("甲银行")
    someone.presses("tool:complaint-o-errors.paid")
    someone.presses("tool:complaint-n-errors")
    text = someone.presses("tool:complaint-y")
    letter = someone.replies[0].text
    assert letter.startswith("个人信用报告异议申请\n\n收件：甲银行")
    assert "1. 该笔债务已经还清，报告仍显示没有还清。" in letter
    assert "不是本人申请的" not in letter
    assert "《征信业管理条例》（国务院令第631号）第25条" in letter
    assert "20" in text
    assert "26" in text  # where to go when nobody answers
    someone.presses("tool:complaint-to")
    someone.presses("tool:complaint-t-credit-centre")
    someone.presses("tool:complaint-y")
    assert "收件：中国人民银行征信中心" in someone.replies[0].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_checklist_for_a_hearing_keeps_nothing_and_needs_no_agreement(
    person: Make, language: str
) -> None:
    someone = person(language, topic="sued_what_next")
    someone.writes("开庭")
    someone.presses("sued_what_next:hearing")
    text = someone.presses("tool:complaint-list-hearing")
    assert "147" in text
    assert "【" in text
    assert {"zh": "举证", "zh-Hant": "舉證", "en": "Evidence", "es": "Pruebas"}[language] in text
    someone.presses("tool:complaint-list-hearing.docx")
    assert any(reply.file for reply in someone.replies)
    assert someone.case == Case()


def test_no_letter_before_agreement(person: Make) -> None:
    someone = person()
    someone.presses_any("complaint")
    someone.presses_any("complaint-new-objection")
    someone.does(Message("text", "甲银行"))
    assert someone.case == Case()


def test_a_question_where_the_lender_is_asked_is_answered_and_is_no_name(person: Make) -> None:
    someone = person(topic="negotiate_repayment")
    someone.agrees("complaint")
    asked = someone.presses("tool:complaint-o-kind.card")
    someone.writes("我现在该怎么办？")
    assert someone.helpline.session("telegram", CHAT).topic == "negotiate_repayment"
    assert someone.case.letter["lender"] == ""
    assert someone.presses("tool:complaint") == asked
