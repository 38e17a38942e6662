"""What the keeping tools share: how they say something, and the agreement before anything is kept.

A tool is pure: it gets what is kept and gives back what is to be kept as a `Work` effect.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from bot.casework.case import Case
from bot.conversation.messages import (
    Effect,
    Key,
    Message,
    Outcome,
    Received,
    Reply,
    Session,
    Turn,
    Work,
)
from bot.conversation.payload import parse_payload, step_payload, tool_payload
from bot.conversation.screens import navigation
from bot.knowledge.content import Content
from bot.knowledge.render import source_line
from bot.knowledge.topics import Paragraph, Step

KEEP = "keep"  # Work: keep data["case"] in place of what was kept
DROP = "drop"  # Work: delete all that was kept, the person's key first
KEPT_DAYS = 180  # store/retention.py enforces it
Row = Sequence[tuple[str, str]]  # (what the key does, its label)


@dataclass(frozen=True)
class Screen:
    """One tool in one turn: its name, the content, what is kept, the session, the moment."""

    tool: str
    content: Content
    case: Case
    session: Session
    now: datetime
    font: str = ""  # the font file for PDFs that the settings name

    def phrase(self, key: str, **values: object) -> str:
        return self.content.phrase(key, self.session.language, **values)

    def pick(self, texts: Any) -> str:
        return self.content.pick(texts, self.session.language)

    def key(self, choice: str, label: str) -> Key:
        """`choice` belongs to this tool; ":name" is another tool, "@topic" an answer."""
        if choice.startswith("@"):
            return Key(label, step_payload(self.session.id, choice[1:], ""))
        name = choice[1:] if choice.startswith(":") else f"{self.tool}-{choice}"
        return Key(label, tool_payload(self.session.id, name))

    def say(
        self,
        text: str,
        rows: Iterable[Row] = (),
        *,
        state: dict[str, Any] | None = None,
        effects: tuple[Effect, ...] = (),
        more: Sequence[Reply] = (),
    ) -> Turn:
        """Show a text with keys; the tool stays open in `state`."""
        keys = tuple(tuple(self.key(*one) for one in row) for row in rows)
        session = replace(
            self.session, tool=self.tool, tool_state=state or {}, pending="", offered=()
        )
        replies = (*more, Reply(text, (*keys, *navigation(self.content, session))))
        return Turn(session, replies, effects, Outcome(session.language, "flow", None, self.tool))

    def sources(self, footnotes: Iterable[str]) -> str:
        """The source line below a statement of law, as under every answer."""
        step = Step("", "", (Paragraph("", tuple(dict.fromkeys(footnotes))),), ())
        return source_line(self.content, step, self.session.language)


class KeepingTool(ABC):
    """A tool that keeps something in the case; what it does follows from a key, words or a file."""

    name: ClassVar[str]

    def __init__(self, content: Callable[[], Content], case: Case, font: str = "") -> None:
        self._content = content
        self._case = case
        self._font = font

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        screen = Screen(self.name, self._content(), self._case, session, now, self._font)
        if message.kind == "button":
            payload = parse_payload(message.payload)
            choice = payload.tool.removeprefix(self.name).removeprefix("-") if payload else ""
            return self.press(screen, choice)
        if message.file is not None:
            return self.take(screen, message.file, message.text if message.kind == "text" else "")
        if message.kind != "text" or not self._case.agreed:
            return None
        return self.write(screen, message.text)

    @abstractmethod
    def press(self, screen: Screen, choice: str) -> Turn | None:
        """`choice` is what stands in the payload after the tool's name; "" opens the tool."""

    @abstractmethod
    def write(self, screen: Screen, text: str) -> Turn | None:
        """Words of somebody who agreed to keeping; None where they are no answer to the tool."""

    def take(self, screen: Screen, file: Received, words: str) -> Turn | None:
        """A file that was asked for, with the words under it; None where none was."""
        return None


def ask_agreement(screen: Screen, choice: str, begin: Callable[[Screen], Turn]) -> Turn | None:
    """Two questions, each answered by its own key, before the first word is kept.

    Returns None once the person has agreed to both.
    """
    if screen.case.agreed:
        return None
    if choice == "no":
        return screen.say(screen.phrase("kit_not_agreed"), [[(":menu", screen.phrase("key_menu"))]])
    if choice == "yes1":
        return screen.say(
            screen.phrase("kit_agree_abroad"),
            [[("yes2", screen.phrase("key_agree"))], [("no", screen.phrase("key_not_agree"))]],
            state={**screen.session.tool_state, "agreed": 1},
        )
    if choice == "yes2" and screen.session.tool_state.get("agreed") == 1:
        agreed = replace(screen.case, agreed=screen.now.isoformat())
        begun = begin(replace(screen, case=agreed))
        if any(isinstance(effect, Work) for effect in begun.effects):
            return begun
        return replace(begun, effects=(Work(KEEP, {"case": agreed}), *begun.effects))
    return screen.say(
        screen.phrase("kit_agree_keep", days=KEPT_DAYS),
        [[("yes1", screen.phrase("key_agree"))], [("no", screen.phrase("key_not_agree"))]],
        # What the person had pressed is done once they have agreed.
        state={key: kept for key, kept in screen.session.tool_state.items() if key != "agreed"},
    )
