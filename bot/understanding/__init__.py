"""What a message is about. One interface, two engines: `embedded` and `rasa_server`."""

from bot.conversation.messages import Understand, Understanding

DEFAULT_LANGUAGE = "zh"

__all__ = ["DEFAULT_LANGUAGE", "Understand", "Understanding"]
