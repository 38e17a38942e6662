"""The tools that count for a person, or keep something for them."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.casework.case import Case, dump_case, load_case
from bot.casework.complaint_tool import ComplaintTool
from bot.casework.cost_tool import CostTool
from bot.casework.deadline_tool import DeadlineTool
from bot.casework.diary_tool import DiaryTool, wants_file
from bot.casework.pin import PinLock
from bot.casework.reminder_tool import ReminderTool, moments
from bot.casework.screen import DROP, KEEP
from bot.conversation.messages import Effect, Message, Session, Tool, Turn, Work
from bot.conversation.screens import open_step
from bot.knowledge.content import Content

__all__ = ["Case", "changed_case", "dump_case", "load_case", "moments", "tools", "wants_file"]

LETTERS_HOLDER = "report_collection"  # the topic that holds the files of responses/kit


def tools(
    content: Callable[[], Content], case: Case | None = None, *, font: str = ""
) -> dict[str, Tool]:
    """The guided tools by the name that `tool:NAME` in a topic uses.

    `case` is what this person chose to keep; a tool gives it back changed as a `Work` effect.
    `font` is a font file for PDFs where the usual places hold none.
    """
    case = case or Case()
    keeping: dict[str, Callable[[Case], Tool]] = {
        "diary": lambda one: DiaryTool(content, one, font),
        "reminder": lambda one: ReminderTool(content, one),
        "complaint": lambda one: _while_current(content, ComplaintTool(content, one, font)),
    }
    return {
        "deadline": DeadlineTool(content),
        "cost": CostTool(content),
        **{name: PinLock(name, build, content, case) for name, build in keeping.items()},
    }


def _while_current(content: Callable[[], Content], letters: Tool) -> Tool:
    """No letter is written on rules that are withdrawn or past their check date."""

    def call(session: Session, message: Message, now: datetime) -> Turn | None:
        if content().status(LETTERS_HOLDER, session.language, now.date()) != "current":
            return open_step(content(), session, LETTERS_HOLDER, "", now)
        return letters(session, message, now)

    return call


def changed_case(effects: Iterable[Effect]) -> Case | None:
    """What is to be kept after a turn: an empty case to delete all, None where nothing changed."""
    changed = None
    for effect in effects:
        if isinstance(effect, Work) and effect.action == KEEP:
            changed = effect.data["case"]
        elif isinstance(effect, Work) and effect.action == DROP:
            changed = Case()
    return changed
