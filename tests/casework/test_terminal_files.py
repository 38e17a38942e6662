"""In the terminal a file is named by its path; only its fingerprint is taken."""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Helpline
from bot.casework import load_case
from bot.channels import terminal
from bot.channels.terminal import received
from bot.conversation.messages import Message
from bot.conversation.payload import tool_payload
from bot.settings import Settings
from tests.conftest import NOON, understood


class Typing(io.StringIO):
    """Types line after line; "[label]" presses the numbered key that bears it."""

    def __init__(self, out: io.StringIO, lines: list[str]) -> None:
        super().__init__()
        self._out, self._lines = out, iter(lines)

    def readline(self, *_: object) -> str:  # type: ignore[override]
        line = next(self._lines, "")
        if not line.startswith("["):
            return f"{line}\n" if line else ""
        numbers = re.findall(rf"\[(\d+)\] {re.escape(line[1:-1])}\n", self._out.getvalue())
        assert numbers, f"{line} in {self._out.getvalue()}"
        return f"{numbers[-1]}\n"


@pytest.fixture
def helpline(settings: Settings) -> Iterator[Helpline]:
    made = Helpline(settings, understand=understood(("greet", 0.97)))
    yield made
    made.close()


def talk(helpline: Helpline, *lines: str) -> str:
    out = io.StringIO()
    terminal.run(helpline, source=Typing(out, list(lines)), out=out)
    return out.getvalue()


def press(helpline: Helpline, name: str) -> None:
    payload = tool_payload(helpline.session("terminal", "local").id, name)
    helpline.answer("terminal", "local", Message("button", payload=payload))


def test_a_file_is_noted_and_one_that_is_not_there_loses_nothing(
    helpline: Helpline, tmp_path: Path
) -> None:
    path = tmp_path / "my screenshot.png"
    path.write_bytes(b"pixels")
    helpline.answer("terminal", "local", Message("command", "start"))
    for name in ("diary", "diary-yes1", "diary-yes2", "diary-a-me-call"):
        press(helpline, name)
    for line, problem in ((f"/file {tmp_path / 'none.png'}", "broken"), (f"/file '{path}'", "")):
        message = terminal._message(line, (), helpline)
        assert message.file is not None
        assert message.file.problem == problem
        helpline.answer("terminal", "local", message)
    name = helpline.store.pseudonym("terminal", "local")
    (entry,) = load_case(helpline.store.load_case(name, NOON)).entries
    (file,) = entry.files
    assert file.sha256 == hashlib.sha256(b"pixels").hexdigest()
    assert (file.kind, file.size) == ("picture", 6)


def test_by_typing_alone_from_the_menu_to_a_fingerprint(helpline: Helpline, tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"a call")
    assert "听不了语音" in talk(helpline, f"/file {path}")  # nothing had asked for it
    said = talk(
        helpline,
        "[投诉、举报和证据]",
        "[怎么留证据]",
        "[记一份骚扰日记]",
        "[在这里记日记]",
        "[同意]",
        "[同意]",
        "[刚才：打给我]",
        f"/file {path}",
        "通话录音",
    )
    assert hashlib.sha256(b"a call").hexdigest() in said
    assert "通话录音" in said.rpartition("改好了")[2]


def test_a_reminder_that_was_due_is_shown_at_the_next_start_once(helpline: Helpline) -> None:
    helpline.answer("terminal", "local", Message("command", "start"))
    for name in ("diary", "diary-yes1", "diary-yes2", "reminder-set-answer-20261201"):
        press(helpline, name)
    reminder = helpline.content().phrase("reminder_text", "zh")
    assert reminder not in talk(helpline)
    helpline.settings = replace(helpline.settings, today="2026-11-30")
    assert reminder in talk(helpline)
    assert reminder not in talk(helpline)


@pytest.mark.parametrize(("data", "problem"), [(b"", "empty"), (b"x" * 11, "large"), (b"x", "")])
def test_empty_and_huge_files_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, problem: str
) -> None:
    monkeypatch.setattr(terminal, "MAX_FILE", 10)
    (tmp_path / "x").write_bytes(data)
    assert received(tmp_path / "x", "document").problem == problem


def test_a_directory_or_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert received(tmp_path, "document").problem == "broken"
    assert received(tmp_path / "pipe", "document").problem == "broken"


def test_a_home_of_nobody_is_a_file_that_is_not_there(helpline: Helpline) -> None:
    message = terminal._message("/file ~nobody-of-this-name/x.png", (), helpline)
    assert (message.kind, message.text) == ("attachment", "photo")


def test_only_a_picture_of_a_size_that_is_read_is_taken_into_memory(
    helpline: Helpline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "MAX_BYTES", 10)
    monkeypatch.setattr(Helpline, "reads_pictures", True)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "large.png").write_bytes(b"x" * 11)
    (tmp_path / "small.png").write_bytes(b"x" * 10)
    images = [
        terminal._message(f"/file {tmp_path / name}.png", (), helpline).image
        for name in ("pipe", "large", "small")
    ]
    assert images == [None, None, b"x" * 10]
