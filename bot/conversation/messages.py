"""What passes between the layers: messages in, replies and effects out, and the session between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

# How long a conversation is remembered after its last message (store/retention.py deletes it).
SESSION_HOURS = 72
TRAIL_LENGTH = 20  # steps that "back" can undo

Decision = Literal["answer", "clarify", "out_of_scope", "safety", "notice", "conversation", "flow"]


@dataclass(frozen=True)
class Received:
    """What a channel tells of a file it took in; the file itself goes no further.

    `kind`: picture, recording, video or document. `size` and `limit` (the most that the platform
    lets a bot read) are bytes. `changed`: the platform makes such files smaller, so that the
    fingerprint is that of its copy. `problem` says why there is no fingerprint.
    """

    kind: str
    sha256: str = field(default="", repr=False)  # hexadecimal
    size: int = 0
    changed: bool = False
    problem: Literal["", "large", "empty", "broken"] = ""
    limit: int = 0


@dataclass(frozen=True)
class Message:
    """One thing that a person did.

    `kind` text: `text` holds the words. button: `payload`. command: `text` holds its name without
    the slash. attachment: `text` holds its kind (photo, voice, sticker, document, other) and
    `image` the bytes of a picture if the channel fetched it. `file` stands where an open tool had
    asked for a file: with an attachment, or with a text that was written under one.
    """

    kind: Literal["text", "button", "command", "attachment"]
    text: str = field(default="", repr=False)  # a traceback or log must not show words
    payload: str = ""
    image: bytes | None = field(default=None, repr=False)
    file: Received | None = None
    edited: bool = False  # the person changed a message that they had sent before


@dataclass(frozen=True)
class Key:
    """A button as a channel shows it. The payload is ASCII and at most 64 bytes."""

    text: str
    payload: str


@dataclass(frozen=True)
class File:
    """A document for the person: a neutral file name, its bytes, its media type."""

    name: str
    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class Reply:
    """One message to the person; `buttons` are rows of keys."""

    text: str
    buttons: tuple[tuple[Key, ...], ...] = ()
    file: File | None = None


@dataclass(frozen=True)
class Session:
    """What is remembered of a chat between two messages: places and choices, never words.

    `id` marks the buttons of this session; `pending` says what a yes, a no or a number answers.
    """

    id: str
    language: str = "zh"
    language_chosen: bool = False
    topic: str = ""
    step: str = ""
    trail: tuple[tuple[str, str], ...] = ()
    resume: tuple[str, str] | None = None
    law_note_shown: bool = False
    pending: str = ""  # "" | "safety" | "clarify" | "notice"
    offered: tuple[str, ...] = ()
    tool: str = ""
    tool_state: Mapping[str, Any] = field(default_factory=dict, repr=False)
    readings: int = 0  # notices read today, limited against forgers who try out texts
    updated: datetime | None = None


@dataclass(frozen=True)
class Understanding:
    """What the words seem to mean: every intent with its confidence, best first (sums to 1)."""

    language: str
    ranking: tuple[tuple[str, float], ...]


Understand = Callable[[str], Understanding | None]
"""Understands cleaned text; None when the engine cannot be reached."""


@dataclass(frozen=True)
class Forget:
    """Delete everything held about this chat."""


@dataclass(frozen=True)
class Hide:
    """Delete the messages of both sides as far as the platform allows."""


@dataclass(frozen=True)
class Work:
    """Something that casework keeps for the person: `action` names it, `data` holds it."""

    action: str
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


Effect = Forget | Hide | Work


@dataclass(frozen=True)
class Outcome:
    """How the turn was decided, for `ask --json` and `evaluate`. Holds no words."""

    language: str
    decision: Decision
    topic: str | None = None
    step: str | None = None
    safety: Literal["help", "ask"] | None = None
    offered: tuple[str, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Turn:
    """`asks`: words that a tool took for an entry and that were a question: answer them now."""

    session: Session
    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...] = ()
    outcome: Outcome | None = None
    asks: str = field(default="", repr=False)


class Tool(Protocol):
    """A guided tool (diary, complaint, deadline) that answers while it is open.

    Returns None when the message is not for it, so that the conversation goes on as usual.
    """

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None: ...
