"""Every path of every topic in every language, walked by buttons alone."""

from collections import deque

import pytest

from bot.casework import tools
from bot.channels.telegram.limits import MAX_BUTTONS, MAX_TEXT, length
from bot.conversation.messages import Message, Turn, Understanding
from bot.conversation.payload import MAX_BYTES, parse_payload
from bot.conversation.turn import new_session, turn
from bot.knowledge.content import LANGUAGES, Content
from nlu.recogniser.policy import Policy
from tests.conftest import NOON

# What the program does itself rather than the content; each is tested where it lives.
ACTIONS = (
    "back",
    "hide",
    "forget",
    "language-",
    "safe",
    "none",
    "check_notice",
    "complaint",
    "diary",
)


def nobody(text: str) -> Understanding | None:
    raise AssertionError("no path may need the recogniser")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_button_leads_somewhere_and_every_answer_is_reached(
    content: Content, language: str
) -> None:
    session = new_session(NOON, language, chosen=True)
    built = tools(lambda: content)

    def press(payload: str) -> Turn:
        message = Message("button", payload=payload)
        return turn(session, message, content, nobody, NOON, policy=Policy(), tools=built)

    start = turn(session, Message("command", "menu"), content, nobody, NOON, policy=Policy())
    waiting, seen = deque([start]), set()
    reached: set[tuple[str, str]] = set()
    while waiting:
        done = waiting.popleft()
        outcome = done.outcome
        assert outcome is not None
        if outcome.topic and outcome.step:
            reached.add((outcome.topic, outcome.step))
        keys = [key for reply in done.replies for row in reply.buttons for key in row]
        assert keys, f"{outcome.topic}#{outcome.step} ends without a next action"
        assert len(keys) <= MAX_BUTTONS
        assert all(0 < length(reply.text) <= MAX_TEXT for reply in done.replies)
        for key in keys:
            assert key.text.strip()
            assert key.payload.isascii()
            assert len(key.payload) <= MAX_BYTES
            payload = parse_payload(key.payload)
            assert payload is not None
            if key.payload in seen or payload.tool.startswith(ACTIONS):
                continue
            seen.add(key.payload)
            answer = press(key.payload)
            assert answer.outcome is not None
            if payload.topic != "tool":
                assert answer.outcome.topic == payload.topic, key.payload
                if payload.step:
                    assert answer.outcome.step == payload.step, key.payload
            waiting.append(answer)
    written = {
        (name, step)
        for name in content.topics
        for step in content.topic(name, language).steps
        # Greetings and the gentle question are reached by words; the walk presses buttons only.
        if name != "conversation" and (name, step) != ("crisis_self_harm", "ask")
    }
    # Results come after words that a person types; "elsewhere" after the first answer of law.
    typed = {("deadline_card", "result"), ("loan_cost", "result")}
    assert {
        (name, step) for name, step in written - reached - typed if name != "elsewhere"
    } == set()


def test_every_intent_has_a_topic(content: Content) -> None:
    import yaml

    from bot.conversation.turn import CONVERSATION_INTENTS

    domain = yaml.safe_load(
        (content.root.parent / "nlu" / "domain.yml").read_text(encoding="utf-8")
    )
    intents = {one if isinstance(one, str) else next(iter(one)) for one in domain["intents"]}
    assert intents - {"out_of_scope"} - set(CONVERSATION_INTENTS) <= set(content.topics)
