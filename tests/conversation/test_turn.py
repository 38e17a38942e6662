"""What a conversation promises, turn by turn, with an engine that says what the test wants."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from bot.conversation.messages import Forget, Hide, Message, Session, Turn, Understanding
from bot.conversation.turn import new_session, turn
from bot.knowledge.content import Content
from nlu.recogniser.policy import Policy
from tests.conftest import NOON, understood

POLICY = Policy()
SURE = 0.97


class Person:
    """Somebody who writes and presses; keeps the session as the application would."""

    def __init__(self, content: Content, language: str = "zh") -> None:
        self.content = content
        self.session: Session = new_session(NOON, language, chosen=True)
        self.last: Turn | None = None

    def does(self, message: Message, understand: Callable[[str], Understanding | None]) -> Turn:
        self.last = turn(self.session, message, self.content, understand, NOON, policy=POLICY)
        self.session = self.last.session
        return self.last

    def writes(self, text: str, *ranking: tuple[str, float]) -> Turn:
        return self.does(Message("text", text), understood(*ranking))

    def presses(self, label: str) -> Turn:
        assert self.last is not None
        keys = {
            key.text: key.payload
            for reply in self.last.replies
            for row in reply.buttons
            for key in row
        }
        (payload,) = [payload for text, payload in keys.items() if label in text] or [None]
        assert payload, f"no button '{label}' among {list(keys)}"
        return self.does(Message("button", payload=payload), nobody)

    def commands(self, name: str) -> Turn:
        return self.does(Message("command", name), nobody)


def nobody(text: str) -> Understanding | None:
    raise AssertionError("a button or command must not need the recogniser")


def labels(done: Turn) -> list[str]:
    return [key.text for reply in done.replies for row in reply.buttons for key in row]


@pytest.fixture
def person(content: Content) -> Person:
    return Person(content)


def test_a_sure_question_is_answered_with_sources(person: Person) -> None:
    done = person.writes("收到12368短信是真的吗", ("verify_court_notice", SURE))
    assert done.outcome is not None
    assert (done.outcome.decision, done.outcome.topic) == ("answer", "verify_court_notice")
    assert "依据" in done.replies[-1].text or done.outcome.sources == ()


def test_unsure_between_topics_it_asks_by_their_titles(person: Person) -> None:
    done = person.writes("法院", ("verify_court_notice", 0.4), ("sued_what_next", 0.35))
    assert done.outcome is not None
    assert done.outcome.decision == "clarify"
    assert done.outcome.topic is None
    offered = labels(done)
    assert person.content.title("sued_what_next", "zh") in offered
    assert "都不是" in offered
    second = person.writes("第二个", ("greet", SURE))
    assert second.outcome is not None
    assert second.outcome.topic == done.outcome.offered[1]


def test_none_of_these_leads_to_the_menu(person: Person) -> None:
    person.writes("法院", ("verify_court_notice", 0.4), ("sued_what_next", 0.35))
    done = person.presses("都不是")
    assert "菜单" in "".join(labels(done)) or len(labels(done)) > 5


def test_out_of_scope_says_so_and_shows_the_menu(person: Person) -> None:
    done = person.writes("今天天气怎么样", ("out_of_scope", 0.9))
    assert done.outcome is not None
    assert done.outcome.decision == "out_of_scope"
    assert "不乱猜" in done.replies[0].text
    assert len(labels(done)) > 5


def test_a_long_story_that_stays_unsure_gets_the_way_in(person: Person) -> None:
    story = "我前年做生意亏了借了好几个平台后来又生病住院" * 4
    done = person.writes(story, ("out_of_scope", 0.9))
    assert person.content.title("where_to_start", "zh") in labels(done)


def test_with_the_recogniser_dead_the_menu_reaches_every_answer(
    person: Person, dead_engine: Callable[[str], None]
) -> None:
    done = person.does(Message("text", "收到传票"), dead_engine)
    assert "暂时读不懂" in done.replies[0].text
    assert len(labels(done)) > 5


def test_plain_words_of_danger_are_heard_with_the_recogniser_dead(person: Person) -> None:
    for text, topic in (
        ("我不想活了", "crisis_self_harm"),
        ("他们现在就在门口砸门", "physical_danger"),
    ):
        done = person.does(Message("text", text), nobody)
        assert done.outcome is not None
        assert (done.outcome.decision, done.outcome.topic) == ("safety", topic)
        assert "110" in done.replies[-1].text


def test_whose_law_is_said_once_and_leads_out(person: Person) -> None:
    first = person.writes("催收给我妈打电话", ("contacted_family", SURE))
    for _ in range(3):  # the first steps may state no law yet
        if not first.replies[0].text.startswith("以下是中国大陆的法律"):
            first = person.presses(labels(first)[0])
    assert first.replies[0].text.startswith("以下是中国大陆的法律")
    elsewhere = person.presses("不在中国大陆")
    assert elsewhere.outcome is not None
    assert elsewhere.outcome.topic == "elsewhere"
    assert elsewhere.outcome.sources == ()
    again = person.writes("怎么投诉", ("report_collection", SURE))
    assert not again.replies[0].text.startswith("以下是中国大陆的法律")


def test_back_goes_where_one_was(person: Person) -> None:
    person.writes("催收给我妈打电话", ("contacted_family", SURE))
    here = (person.session.topic, person.session.step)
    person.presses(labels(person.last)[0])  # type: ignore[arg-type]
    assert (person.session.topic, person.session.step) != here
    person.presses("返回")
    assert (person.session.topic, person.session.step) == here


def test_a_change_of_subject_is_followed_and_the_way_back_offered(person: Person) -> None:
    person.writes("催收给我妈打电话", ("contacted_family", SURE))
    done = person.writes("利息太高了违法吗", ("interest_and_fees", SURE))
    assert done.outcome is not None
    assert done.outcome.topic == "interest_and_fees"
    back = f"回到：{person.content.title('contacted_family', 'zh')}"
    assert back in labels(done)
    assert person.presses(back).outcome.topic == "contacted_family"  # type: ignore[union-attr]


def test_a_short_follow_up_is_read_against_the_step_first(person: Person) -> None:
    person.writes("催收给我妈打电话", ("contacted_family", SURE))
    step = person.content.topic("contacted_family", "zh").steps[person.session.step]
    done = person.writes("第一个", ("greet", SURE))
    assert (done.session.topic, done.session.step or "") != ("", "")
    target = step.buttons[0].target
    assert done.session.topic == target.topic


def test_thanks_inside_a_flow_keeps_the_place(person: Person) -> None:
    person.writes("催收给我妈打电话", ("contacted_family", SURE))
    here = (person.session.topic, person.session.step)
    done = person.writes("谢谢", ("thanks", SURE))
    assert done.outcome is not None
    assert (done.outcome.decision, done.outcome.topic) == ("conversation", "thanks")
    assert (person.session.topic, person.session.step) == here
    assert f"继续：{person.content.title('contacted_family', 'zh')}" in labels(done)


def test_an_old_button_explains_itself_and_opens_the_same_answer(person: Person) -> None:
    done = person.does(Message("button", payload="zzzz:contacted_family:"), nobody)
    assert "之前的一次对话" in done.replies[0].text
    opened = person.presses(person.content.title("contacted_family", "zh"))
    assert opened.outcome is not None
    assert opened.outcome.topic == "contacted_family"


def test_an_old_button_of_a_safety_text_opens_at_once(person: Person) -> None:
    done = person.does(Message("button", payload="zzzz:crisis_self_harm:help"), nobody)
    assert done.outcome is not None
    assert (done.outcome.decision, done.outcome.safety) == ("safety", "help")


@pytest.mark.parametrize(
    "payload", ["", "x", "a:b", "催收", "zzzz:tool:nothing", "zzzz:nothing:", ":" * 99]
)
def test_a_button_that_was_never_sent_leads_to_the_menu(person: Person, payload: str) -> None:
    assert labels(person.does(Message("button", payload=payload), nobody))


def test_less_plain_words_ask_and_no_leads_back(person: Person) -> None:
    person.writes("催收给我妈打电话", ("contacted_family", SURE))
    here = (person.session.topic, person.session.step)
    done = person.writes("有点撑不住", ("crisis_self_harm", 0.5), ("contacted_family", 0.3))
    assert done.outcome is not None
    assert (done.outcome.decision, done.outcome.safety) == ("safety", "ask")
    assert "12356" in done.replies[-1].text
    back = person.presses("我现在安全")
    assert f"继续：{person.content.title('contacted_family', 'zh')}" in labels(back)
    person.presses("继续：")
    assert (person.session.topic, person.session.step) == here


def test_yes_to_the_gentle_question_is_help(person: Person) -> None:
    person.writes("有点撑不住", ("crisis_self_harm", 0.5), ("contacted_family", 0.3))
    done = person.writes("是", ("affirm", SURE))
    assert done.outcome is not None
    assert (done.outcome.topic, done.outcome.safety) == ("crisis_self_harm", "help")


def test_the_language_follows_the_writer_until_one_is_chosen(content: Content) -> None:
    person = Person(content)
    person.session = replace(person.session, language_chosen=False)
    person.writes("They called my mother and she is scared", ("contacted_family", SURE))
    assert person.session.language == "en"
    person.commands("language")
    person.presses("繁體中文")
    done = person.writes("what now, they keep calling", ("contacted_family", SURE))
    assert person.session.language == "zh-Hant"
    assert done.outcome is not None
    assert done.outcome.language == "zh-Hant"


def test_start_says_who_runs_it_and_offers_four_languages(content: Content) -> None:
    operator = {
        "organisation": "灯塔",
        "hotline": "021-00000000",
        "hours": "9-17",
        "privacy_contact": "p@example.org",
    }
    done = Person(replace(content, operator=operator)).commands("start")
    text = done.replies[0].text
    assert all(value in text for value in operator.values())
    assert len(text.split("\n")) == 3
    assert {"简体中文", "繁體中文", "English", "Español"} <= set(labels(done))


def test_forget_asks_first_then_asks_the_application_to_delete(person: Person) -> None:
    assert person.commands("forget").effects == ()
    done = person.presses("全部删除")
    assert done.effects == (Forget(),)
    assert "已经删除" in done.replies[0].text


def test_hide_answers_neutrally(person: Person) -> None:
    person.writes("催收给我妈打电话", ("contacted_family", SURE))
    done = person.commands("hide")
    assert done.effects == (Hide(),)
    assert done.session.topic == ""
    for word in ("催收", "法院", "债", "贷"):
        assert word not in done.replies[0].text
    assert "其他设备" in done.replies[0].text


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document", "other"])
def test_what_is_not_text_gets_a_clear_word_and_the_menu(person: Person, kind: str) -> None:
    done = person.does(Message("attachment", kind), nobody)
    assert done.replies[0].text
    assert len(labels(done)) > 5


def test_an_edited_message_is_answered_and_said_to_be(person: Person) -> None:
    message = Message("text", "催收给我妈打电话", edited=True)
    done = person.does(message, understood(("contacted_family", SURE)))
    assert done.replies[0].text.startswith("我看到你改了消息")


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "😀", "？", "a" * 100_000, "\ud800", "\x00", "/" * 50]
)
def test_odd_text_gets_an_answer(person: Person, text: str) -> None:
    assert person.writes(text, ("out_of_scope", 0.9)).replies


def test_two_questions_in_one_message_are_both_reached(person: Person) -> None:
    done = person.writes(
        "他们打给我妈还说要起诉", ("contacted_family", 0.7), ("sued_what_next", 0.25)
    )
    if done.outcome and done.outcome.decision == "answer":
        assert person.content.title("sued_what_next", "zh") in labels(done)
    else:
        assert set(done.outcome.offered) >= {"contacted_family", "sued_what_next"}  # type: ignore[union-attr]


def test_a_turn_changes_nothing_that_it_was_given(content: Content, now: datetime) -> None:
    session = new_session(now)
    before = repr(session)
    turn(session, Message("text", "你好"), content, understood(("greet", SURE)), now, policy=POLICY)
    assert repr(session) == before
