"""One Telegram update as the message that the conversation understands."""

import re
from dataclasses import dataclass
from typing import Literal

from telegram import Message as TelegramMessage
from telegram import Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.conversation.messages import Message
from bot.conversation.safety import screen

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Incoming:
    """What an update is about. `message` is None where there is nothing to answer."""

    chat: int
    update_id: int
    kind: Literal["private", "group", "left"]
    message: Message | None = None
    message_id: int = 0
    callback_id: str = ""
    picture: str = ""  # file id of a picture
    addressed: bool = False  # in a group: a command, a mention, or the bot was just added


def read_update(update: Update, username: str) -> Incoming | None:
    """None for updates without a chat (inline queries, polls …)."""
    chat = update.effective_chat
    if chat is None:
        return None
    kind: Literal["private", "group", "left"] = (
        "private" if chat.type == ChatType.PRIVATE else "group"
    )
    if update.my_chat_member:
        status = update.my_chat_member.new_chat_member.status
        gone = status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
        if gone:
            return Incoming(chat.id, update.update_id, "left")
        return Incoming(chat.id, update.update_id, kind, addressed=kind == "group")
    if update.callback_query:
        query = update.callback_query
        message = Message("button", payload=query.data or "")
        at = query.message.message_id if query.message else 0
        return Incoming(chat.id, update.update_id, kind, message, at, query.id)
    source = update.message or update.edited_message
    if source is None:
        return None
    read = _read_message(source, username, edited=update.edited_message is not None)
    addressed = read is not None and (
        read.kind == "command" or f"@{username}".lower() in (source.text or "").lower()
    )
    return Incoming(
        chat.id,
        update.update_id,
        kind,
        read,
        source.message_id,
        picture=picture_of(source),
        addressed=addressed,
    )


def picture_of(source: TelegramMessage) -> str:
    """The file id of a photo or of a picture sent as a file; "" for anything else."""
    if source.photo:
        return source.photo[-1].file_id  # the largest comes last
    document = source.document
    if document and (document.mime_type or "").startswith("image/"):
        return document.file_id
    return ""


def _read_message(source: TelegramMessage, username: str, *, edited: bool) -> Message | None:
    text = source.text or source.caption or ""
    if not isinstance(text, str):  # the library does not check what it is given
        return None
    # Half a surrogate pair can neither be stored nor sent back.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    command = COMMAND.fullmatch(text) if not source.forward_origin else None
    if command and (command[2] or username).lower() == username.lower():
        # "/start abc" comes from a link; words of danger behind a command are heard all the same.
        if not (command[3] and screen(command[3])):
            return Message("command", command[1].lower())
        text = command[3]
    if source.text is not None:
        return Message("text", text, edited=edited)
    if edited:  # a changed caption or picture was answered when it came
        return None
    kind = attachment_kind(source)
    if kind is None:
        return None
    # A picture with words under it: the words are what can be answered.
    return Message("text", text) if text else Message("attachment", kind)


def attachment_kind(source: TelegramMessage) -> str | None:
    """None for service messages (somebody joined, a title changed), which nobody answers."""
    if source.photo:
        return "photo"
    if source.voice or source.audio or source.video_note:
        return "voice"
    if source.sticker or source.animation:
        return "sticker"
    if source.document or source.video:
        return "document"
    if source.contact or source.location or source.venue or source.poll or source.dice:
        return "other"
    return None
