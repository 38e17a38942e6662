"""Button payloads: ASCII, at most 64 bytes, the same in every language.

`<session4>:<topic>:<step>` opens a step, `<session4>:tool:<name>` does something. The session part
tells a button of this conversation from one of an earlier conversation.
"""

import secrets
from dataclasses import dataclass

MAX_BYTES = 64  # Telegram Bot API, InlineKeyboardButton.callback_data
SESSION_LENGTH = 4
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Payload:
    session: str
    topic: str  # "tool" for a tool
    step: str

    @property
    def tool(self) -> str:
        return self.step if self.topic == "tool" else ""


def new_session_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(SESSION_LENGTH))


def step_payload(session: str, topic: str, step: str) -> str:
    return _checked(f"{session}:{topic}:{step}")


def tool_payload(session: str, name: str) -> str:
    return _checked(f"{session}:tool:{name}")


def parse_payload(text: str) -> Payload | None:
    """None for anything that this bot never sent."""
    parts = text.split(":")
    if len(parts) != 3 or not text.isascii() or len(text) > MAX_BYTES:
        return None
    session, topic, step = parts
    if len(session) != SESSION_LENGTH or not topic:
        return None
    return Payload(session, topic, step)


def _checked(payload: str) -> str:
    if not payload.isascii() or len(payload) > MAX_BYTES:
        raise ValueError(f"payload of {len(payload)} bytes: shorten the topic's or step's id")
    return payload
