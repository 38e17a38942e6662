"""Telegram: updates become messages, replies become calls of the Bot API."""

from bot.channels.telegram.service import serve

__all__ = ["serve"]
