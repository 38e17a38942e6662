"""Whole conversations, as people have them, with the model that ships (golden.yml)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import engine, load_policy
from bot.casework import tools
from bot.conversation.messages import Message, Turn, Understand
from bot.conversation.turn import new_session, turn
from bot.knowledge.content import Content
from bot.settings import Settings
from tests.conftest import NOON

GOLDEN = yaml.safe_load(Path(__file__).with_name("golden.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped_engine() -> Understand:
    return engine(Settings())


@pytest.mark.parametrize("name", GOLDEN)
def test_conversation(name: str, content: Content, shipped_engine: Understand) -> None:
    story = GOLDEN[name]
    session = new_session(NOON, story["language"], chosen=True)
    done: Turn | None = None
    for number, expected in enumerate(story["turns"], 1):
        done = turn(
            session,
            _message(expected, done),
            content,
            shipped_engine,
            NOON,
            policy=load_policy(),
            tools=tools(lambda: content),
        )
        session = done.session
        _check(f"{name}, turn {number}: {expected}", expected, done)


def _message(expected: dict[str, Any], before: Turn | None) -> Message:
    if "say" in expected:
        return Message("text", expected["say"])
    assert before is not None
    keys = [key for reply in before.replies for row in reply.buttons for key in row]
    payloads = [key.payload for key in keys if expected["press"] in key.text]
    assert payloads, f"no button '{expected['press']}' among {[key.text for key in keys]}"
    return Message("button", payload=payloads[0])


def _check(where: str, expected: dict[str, Any], done: Turn) -> None:
    outcome = done.outcome
    assert outcome is not None
    text = "\n".join(reply.text for reply in done.replies)
    reached = {outcome.topic, *outcome.offered}
    if "topic" in expected:
        assert reached & set(expected["topic"]), f"{where}: {outcome.decision} {reached}"
    if "decision" in expected:
        assert outcome.decision == expected["decision"], where
    if "step" in expected:
        assert outcome.step == expected["step"], where
    if "shows" in expected:
        assert expected["shows"] in text, f"{where}: {text[:300]}"
