"""Replies as calls of the Bot API, within its limits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram import Message as SentMessage
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bot.channels.telegram.limits import MAX_BUTTONS, MAX_CAPTION, MAX_DELETED, length, split
from bot.conversation.messages import Reply

logger = logging.getLogger(__name__)
# A preview would fetch and show a page that the person may have pasted from a fraudster.
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# Behind a proxy calls fail now and then; the turn is committed, so nobody else sends it again.
RETRY_SECONDS = (1.0, 3.0)


async def send(
    bot: Bot, chat: int, replies: Sequence[Reply], sent: list[int] | None = None
) -> list[int]:
    """Send in order; the buttons go under the last piece. Returns the ids of what was sent.

    They are added to `sent` one by one, so that it holds them also where a later message fails.
    """
    sent = [] if sent is None else sent
    for reply in replies:
        pieces = split(reply.text)
        caption = None
        if reply.file and len(pieces) == 1 and length(pieces[0]) <= MAX_CAPTION:
            (caption,), pieces = pieces, []
        for number, piece in enumerate(pieces, 1):
            last = number == len(pieces) and not reply.file
            sent.append(await _sent(_text(bot, chat, piece, keyboard(reply) if last else None)))
        if reply.file:
            sent.append(await _sent(_document(bot, chat, reply, caption)))
    return sent


Call = Callable[[], Awaitable[SentMessage]]


def _text(bot: Bot, chat: int, text: str, markup: InlineKeyboardMarkup | None) -> Call:
    return lambda: bot.send_message(
        chat, text, reply_markup=markup, link_preview_options=NO_PREVIEW
    )


def _document(bot: Bot, chat: int, reply: Reply, caption: str | None) -> Call:
    assert reply.file is not None
    file = reply.file
    return lambda: bot.send_document(
        chat, file.data, filename=file.name, caption=caption, reply_markup=keyboard(reply)
    )


async def _sent(call: Call) -> int:
    """Twice is better than never: a call that failed on the way is made again."""
    for pause in RETRY_SECONDS:
        try:
            return (await call()).message_id
        except BadRequest:  # a kind of NetworkError in the library, but it would fail again
            raise
        except NetworkError as error:
            logger.warning("a message was not sent (%s), trying again", type(error).__name__)
            await asyncio.sleep(pause)
    return (await call()).message_id


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
    """Delete the messages of both sides as far as Telegram allows; older ones stay.

    Raises Forbidden where the person blocked the bot.
    """
    ids = sorted(set(message_ids))
    for start in range(0, len(ids), MAX_DELETED):
        chunk = ids[start : start + MAX_DELETED]
        try:
            await bot.delete_messages(chat, chunk)
        except BadRequest:
            # One that is too old spoils the call: try each by itself.
            for message_id in chunk:
                await _delete_one(bot, chat, message_id)
        except Forbidden:
            raise
        except TelegramError as error:
            logger.warning("messages could not be deleted: %s", type(error).__name__)


async def _delete_one(bot: Bot, chat: int, message_id: int) -> None:
    try:
        await bot.delete_message(chat, message_id)
    except TelegramError as error:
        logger.info("a message could not be deleted: %s", type(error).__name__)
