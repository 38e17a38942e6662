"""Replies as calls of the Bot API, within its limits."""

import logging
from collections.abc import Iterable, Sequence

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram.limits import MAX_BUTTONS, MAX_DELETED, split
from bot.conversation.messages import Reply

logger = logging.getLogger(__name__)
# A preview would fetch and show a page that the person may have pasted from a fraudster.
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def send(bot: Bot, chat: int, replies: Sequence[Reply]) -> list[int]:
    """Send in order; the buttons go under the last piece. Returns the ids of what was sent."""
    sent = []
    for reply in replies:
        if reply.file:
            message = await bot.send_document(
                chat, reply.file.data, filename=reply.file.name, caption=reply.text[:1024] or None
            )
            sent.append(message.message_id)
            continue
        pieces = split(reply.text)
        for number, piece in enumerate(pieces, 1):
            markup = keyboard(reply) if number == len(pieces) else None
            message = await bot.send_message(
                chat, piece, reply_markup=markup, link_preview_options=NO_PREVIEW
            )
            sent.append(message.message_id)
    return sent


def keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    rows = []
    count = 0
    for row in reply.buttons:
        if count + len(row) > MAX_BUTTONS:
            logger.error("more than %d buttons in one reply, the rest is left out", MAX_BUTTONS)
            break
        count += len(row)
        rows.append([InlineKeyboardButton(key.text, callback_data=key.payload) for key in row])
    return InlineKeyboardMarkup(rows) if rows else None


async def delete(bot: Bot, chat: int, message_ids: Iterable[int]) -> None:
    """Delete the messages of both sides as far as Telegram allows; older ones stay."""
    ids = sorted(set(message_ids))
    for start in range(0, len(ids), MAX_DELETED):
        chunk = ids[start : start + MAX_DELETED]
        try:
            await bot.delete_messages(chat, chunk)
        except BadRequest:
            # One that is too old spoils the call: try each by itself.
            for message_id in chunk:
                try:
                    await bot.delete_message(chat, message_id)
                except TelegramError as error:
                    logger.info("a message could not be deleted: %s", type(error).__name__)
