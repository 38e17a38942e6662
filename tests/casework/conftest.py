"""A person at the helpline, with everything between the message and the database."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Helpline
from bot.casework import Case, load_case
from bot.conversation.messages import Key, Message, Reply
from bot.knowledge.content import Content
from bot.settings import Settings
from tests.conftest import understood

CHAT = "5550001234"


class Person:
    """Writes and presses; `taps` counts both. A key is pressed only if it is on the screen."""

    def __init__(self, settings: Settings, content: Content, language: str, topic: str) -> None:
        self.helpline = Helpline(
            settings, understand=understood((topic, 0.97)), content=lambda: content
        )
        self.replies: tuple[Reply, ...] = ()
        self.taps = 0
        self.does(Message("command", "menu"))
        self.presses_any(f"language-{language}")
        self.taps = 0

    def does(self, message: Message) -> str:
        self.taps += 1
        self.replies = self.helpline.answer("telegram", CHAT, message).replies
        return self.text

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.replies)

    @property
    def keys(self) -> list[Key]:
        return [key for reply in self.replies for row in reply.buttons for key in row]

    def writes(self, text: str) -> str:
        return self.does(Message("text", text))

    def presses(self, step: str) -> str:
        """Press the key whose payload ends so: "diary-yes1", "contacted_family:prove"."""
        payloads = [key.payload for key in self.keys if key.payload.endswith(f":{step}")]
        assert payloads, f"no key {step} among {[key.payload for key in self.keys]}"
        return self.does(Message("button", payload=payloads[0]))

    def presses_first(self, part: str) -> str:
        """Press the first key whose payload holds this."""
        return self.does(next(Message("button", payload=key) for key in self.payloads(part)))

    def payloads(self, part: str) -> list[str]:
        return [key.payload for key in self.keys if part in key.payload]

    def presses_any(self, tool: str) -> str:
        session = self.helpline.session("telegram", CHAT)
        return self.does(Message("button", payload=f"{session.id}:tool:{tool}"))

    def agrees(self, tool: str = "diary") -> str:
        self.presses_any(tool)
        self.presses(f"tool:{tool}-yes1")
        return self.presses(f"tool:{tool}-yes2")

    def waits(self, time: timedelta) -> None:
        """Days pass: the settings that tell the day move on."""
        later = self.helpline.settings.now() + time
        self.helpline.settings = replace(self.helpline.settings, today=f"{later:%Y-%m-%d}")

    @property
    def case(self) -> Case:
        name = self.helpline.store.pseudonym("telegram", CHAT)
        return load_case(self.helpline.store.load_case(name, self.helpline.settings.now()))

    def bytes(self) -> bytes:
        """Everything that lies in the data directory and in the files of keys beside it."""
        directory = self.helpline.settings.data_path.parent
        return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


@pytest.fixture
def person(settings: Settings, content: Content, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    made: list[Person] = []

    def make(language: str = "zh", topic: str = "contacted_family") -> Person:
        made.append(Person(settings, content, language, topic))
        return made[-1]

    yield make
    for one in made:
        one.helpline.close()
