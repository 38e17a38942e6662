"""Telegram's limits, each from the page of the Bot API that states it."""

from telegram.constants import FileSizeLimit, InlineKeyboardMarkupLimit, MessageLimit

# Bot API, sendMessage: 1-4096 characters after entities parsing.
MAX_TEXT = int(MessageLimit.MAX_TEXT_LENGTH)
# Bot API, InlineKeyboardMarkup (as python-telegram-bot's constants give it): 100 buttons.
MAX_BUTTONS = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
# Bot API, sendDocument: a caption has 0-1024 characters.
MAX_CAPTION = int(MessageLimit.CAPTION_LENGTH)
# Bot API, deleteMessages: 1-100 identifiers a call; messages younger than 48 hours.
MAX_DELETED = 100
# Bot API, getFile: bots can download files of up to 20 MB.
MAX_FETCHED = int(FileSizeLimit.FILESIZE_DOWNLOAD)

_ENDS = ("\n\n", "\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", ", ", " ")


def length(text: str) -> int:
    """Characters as Telegram counts them: UTF-16 code units, so an emoji counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int = MAX_TEXT) -> list[str]:
    """The text in pieces of at most `limit`, cut where the sense allows; nothing is lost."""
    pieces = []
    rest = text
    while length(rest) > limit:
        head = rest[:limit]
        while length(head) > limit:
            head = head[:-1]
        for end in _ENDS:
            at = head.rfind(end)
            if at > len(head) // 3:  # a cut near the start would leave a tiny message
                head = head[: at + len(end)]
                break
        if head.strip():
            pieces.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    if rest.strip():
        pieces.append(rest)
    return pieces
