"""The chat in a terminal: numbered buttons, no server, no token."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from itertools import chain, count
from pathlib import Path
from typing import TextIO

from bot.app import Helpline
from bot.conversation.messages import File, Key, Message, Reply

CHANNEL = "terminal"
CHAT = "local"
QUIT = ("/quit", "/exit", "/q")
HINT = "数字 number número = 按钮 button botón · /menu /language /privacy /forget /quit"


def run(helpline: Helpline, *, source: TextIO = sys.stdin, out: TextIO = sys.stdout) -> None:
    """Talk until the end of input or /quit. Ctrl-C leaves without a traceback."""
    if isinstance(source, TextIOWrapper):  # what is not UTF-8 must not end the conversation
        source.reconfigure(errors="replace")
    print(HINT, file=out)
    keys = _show(helpline.answer(CHANNEL, CHAT, Message("command", "start")).replies, out)
    while True:
        print("\n> ", end="", file=out, flush=True)
        try:
            line = source.readline()
        except KeyboardInterrupt:
            line = ""
        if not line or line.strip().lower() in QUIT:
            print(file=out)
            return
        replies = helpline.answer(CHANNEL, CHAT, _message(line.strip(), keys)).replies
        keys = _show(replies, out) or keys


def _message(line: str, keys: Sequence[Key]) -> Message:
    if line.isdecimal() and 1 <= int(line) <= len(keys):
        return Message("button", payload=keys[int(line) - 1].payload)
    if line.startswith("/") and line[1:].isalpha():
        return Message("command", line[1:].lower())
    return Message("text", line)


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
