"""The tools that count for a person, or keep something for them."""

from collections.abc import Callable, Iterable

from bot.casework.case import Case, dump_case, load_case
from bot.casework.complaint_tool import ComplaintTool
from bot.casework.cost_tool import CostTool
from bot.casework.deadline_tool import DeadlineTool
from bot.casework.diary_tool import DiaryTool, wants_file
from bot.casework.pin import PinLock
from bot.casework.reminder_tool import ReminderTool, moments
from bot.casework.screen import DROP, KEEP
from bot.conversation.messages import Effect, Tool, Work
from bot.knowledge.content import Content

__all__ = ["Case", "changed_case", "dump_case", "load_case", "moments", "tools", "wants_file"]


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
        "complaint": lambda one: ComplaintTool(content, one, font),
    }
    return {
        "deadline": DeadlineTool(content),
        "cost": CostTool(content),
        **{name: PinLock(name, build, content, case) for name, build in keeping.items()},
    }


def changed_case(effects: Iterable[Effect]) -> Case | None:
    """What is to be kept after a turn: an empty case to delete all, None where nothing changed."""
    changed = None
    for effect in effects:
        if isinstance(effect, Work) and effect.action == KEEP:
            changed = effect.data["case"]
        elif isinstance(effect, Work) and effect.action == DROP:
            changed = Case()
    return changed
