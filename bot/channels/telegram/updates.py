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
class SentFile:
    """A file that came with a message; its bytes are fetched only where somebody asked for it."""

    file_id: str
    kind: str  # picture, recording, video, document
    size: int = 0  # bytes; 0 where Telegram does not say
    changed: bool = False  # Telegram makes photos and videos smaller; files it passes on whole

    @property
    def is_picture(self) -> bool:
        return self.kind == "picture"


@dataclass(frozen=True)
class Incoming:
    """What an update is about. `message` is None where there is nothing to answer."""

    chat: int
    update_id: int
    kind: Literal["private", "group", "left"]
    message: Message | None = None
    message_id: int = 0
    callback_id: str = ""
    file: SentFile | None = None
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
        file=None if update.edited_message else file_of(source),
        addressed=addressed,
    )


def file_of(source: TelegramMessage) -> SentFile | None:
    """The photo, recording, video or document of a message; None for a sticker and the like."""
    if source.photo:
        photo = source.photo[-1]  # the largest comes last
        return SentFile(photo.file_id, "picture", photo.file_size or 0, changed=True)
    if recording := source.voice or source.audio:
        return SentFile(recording.file_id, "recording", recording.file_size or 0)
    if video := source.video or source.video_note:
        return SentFile(video.file_id, "video", video.file_size or 0, changed=True)
    if source.document and not source.animation:
        document = source.document
        kind = _KINDS.get((document.mime_type or "").partition("/")[0], "document")
        return SentFile(document.file_id, kind, document.file_size or 0)
    return None


_KINDS = {"image": "picture", "audio": "recording", "video": "video"}


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
