"""The tools that count for a person, or keep something for them."""

from collections.abc import Callable

from bot.casework.cost_tool import CostTool
from bot.casework.deadline_tool import DeadlineTool
from bot.conversation.messages import Tool
from bot.knowledge.content import Content


def tools(content: Callable[[], Content]) -> dict[str, Tool]:
    """The guided tools by the name that `tool:NAME` in a topic uses."""
    return {"deadline": DeadlineTool(content), "cost": CostTool(content)}
