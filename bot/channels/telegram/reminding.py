"""Sends reminders that are due: one after the other, at least once, never in a hurry.

A reminder is taken off the list after Telegram has accepted it. A process that dies before that
sends it again; one that dies between acceptance and saving sends a second copy.
"""

import asyncio
import logging

from telegram import Bot
from telegram.error import Forbidden, TelegramError

from bot.app import Helpline
from bot.channels.telegram.sending import send

logger = logging.getLogger(__name__)

CHANNEL = "telegram"
LOOK_SECONDS = 20.0  # how often due reminders are looked for
AT_A_TIME = 50
PAUSE_SECONDS = 0.2  # between two reminders: answers to people go first


async def remind(helpline: Helpline, bot: Bot) -> int:
    """Send what is due now. Returns how many were sent; what failed is tried at the next look."""
    sent = 0
    for due, chat, reply in await asyncio.to_thread(helpline.due_reminders, CHANNEL, AT_A_TIME):
        if sent:
            await asyncio.sleep(PAUSE_SECONDS)
        try:
            ids = await send(bot, int(chat), (reply,))
        except Forbidden:
            # The person blocked the bot: nothing of them is kept.
            await asyncio.to_thread(helpline.forget, CHANNEL, chat)
            continue
        except TelegramError as error:
            logger.warning("a reminder was not sent yet: %s", type(error).__name__)
            continue
        sent += 1
        if await asyncio.to_thread(helpline.store.reminded, due):
            now = helpline.settings.now()
            await asyncio.to_thread(helpline.store.add_messages, due.chat, ids, now)
    return sent


async def keep_reminding(helpline: Helpline, bot: Bot) -> None:
    """Until cancelled. A database that fails for a moment does not end the reminders."""
    while True:
        try:
            await remind(helpline, bot)
        except Exception as error:  # noqa: BLE001 - the next look tries again
            logger.error("reminders failed: %s", type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)
