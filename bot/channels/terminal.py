"""The chat in a terminal: numbered buttons, no server, no token."""

import hashlib
import mimetypes
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from itertools import chain, count
from pathlib import Path
from typing import TextIO

from bot.app import Helpline
from bot.conversation.messages import File, Key, Message, Received, Reply
from bot.notices.pictures import MAX_BYTES

CHANNEL = "terminal"
CHAT = "local"
QUIT = ("/quit", "/exit", "/q")
SEND = "/file"  # "/file PATH": what sending a file is elsewhere
MAX_FILE = 1024**3  # bytes; a file is read piece by piece, but not for minutes
HINT = (
    "数字 number número = 按钮 button botón · /file 路径 PATH RUTA"
    " · /menu /language /privacy /forget /quit"
)
_KINDS = {"image": "picture", "audio": "recording", "video": "video"}
_ATTACHMENTS = {"picture": "photo", "recording": "voice"}  # as the conversation calls them


def run(helpline: Helpline, *, source: TextIO = sys.stdin, out: TextIO = sys.stdout) -> None:
    """Talk until the end of input or /quit. Ctrl-C leaves without a traceback."""
    if isinstance(source, TextIOWrapper):  # what is not UTF-8 must not end the conversation
        source.reconfigure(errors="replace")
    print(HINT, file=out)
    keys = _show(helpline.answer(CHANNEL, CHAT, Message("command", "start")).replies, out)
    keys = _remind(helpline, out) or keys
    while True:
        print("\n> ", end="", file=out, flush=True)
        try:
            line = source.readline()
        except KeyboardInterrupt:
            line = ""
        if not line or line.strip().lower() in QUIT:
            print(file=out)
            return
        replies = helpline.answer(CHANNEL, CHAT, _message(line.strip(), keys, helpline)).replies
        keys = _show(replies, out) or keys


def _remind(helpline: Helpline, out: TextIO) -> list[Key]:
    """A terminal is not there when a reminder is due: it is shown at the next start."""
    keys: list[Key] = []
    for due, _, reply in helpline.due_reminders(CHANNEL, 50):
        keys = _show((reply,), out)
        helpline.store.reminded(due)
    return keys


def _message(line: str, keys: Sequence[Key], helpline: Helpline) -> Message:
    if line.isdecimal() and 1 <= int(line) <= len(keys):
        return Message("button", payload=keys[int(line) - 1].payload)
    command, _, path = line.partition(" ")
    if command.lower() == SEND:
        return _sent(_path(path.strip().strip("'\"")), helpline)
    if line.startswith("/") and line[1:].isalpha():
        return Message("command", line[1:].lower())
    return Message("text", line)


def _path(written: str) -> Path:
    try:
        return Path(written).expanduser()
    except RuntimeError:  # "~name" of nobody here: a file that is not found
        return Path(written)


def _sent(path: Path, helpline: Helpline) -> Message:
    """A file as a message: its fingerprint where the diary asks, a picture to be read elsewhere."""
    guessed = mimetypes.guess_type(path.name)[0] or ""
    kind = _KINDS.get(guessed.partition("/")[0], "document")
    message = Message("attachment", _ATTACHMENTS.get(kind, "document"))
    want = helpline.wants(CHANNEL, CHAT, picture=kind == "picture")
    if want == "print":
        return Message("attachment", message.text, file=received(path, kind))
    if want == "picture":
        with suppress(OSError):
            if path.is_file() and path.stat().st_size <= MAX_BYTES:
                return Message("attachment", message.text, image=path.read_bytes())
    return message


def received(path: Path, kind: str) -> Received:
    """The fingerprint of a file, or why there is none."""
    try:
        if not path.is_file():  # a pipe would be waited on for ever
            return Received(kind, problem="broken", limit=MAX_FILE)
        size = path.stat().st_size
        if not 0 < size <= MAX_FILE:
            return Received(kind, problem="large" if size else "empty", limit=MAX_FILE)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return Received(kind, problem="broken", limit=MAX_FILE)
    return Received(kind, digest, size, limit=MAX_FILE)


def _show(replies: Sequence[Reply], out: TextIO) -> list[Key]:
    """Print the replies with numbered buttons; files go to the current directory."""
    keys: list[Key] = []
    for reply in replies:
        print(f"\n{reply.text}", file=out)
        if reply.file:
            print(f"  -> {_write(reply.file).resolve()}", file=out)
        for row in reply.buttons:
            for key in row:
                keys.append(key)
                print(f"  [{len(keys)}] {key.text}", file=out)
    return keys


def _write(file: File) -> Path:
    """For its owner alone, and never over a file that is there already."""
    name = Path(file.name)
    numbered = (name.with_stem(f"{name.stem}-{number}") for number in count(2))
    for path in chain([name], numbered):
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as target:
                target.write(file.data)
            return path
    raise AssertionError("numbers do not end")
