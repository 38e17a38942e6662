"""Reminders: set with agreement, neutral, stopped at once, sent at least once whatever dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Helpline
from bot.casework import Case, dump_case, moments
from bot.conversation.messages import Message
from bot.knowledge.content import LANGUAGES, Content
from bot.settings import CHINA, Settings
from bot.store import Keys, Store
from tests.casework.conftest import CHAT, Person
from tests.conftest import NOON
from tests.telegram.conftest import Service
from tests.telegram.standin import TOKEN, StandIn

Make = Callable[..., Person]
ROOT = Path(__file__).resolve().parents[2]
LAST = "2026-12-01"  # 15 days after 16 November


def asked(person: Make, language: str = "zh") -> Person:
    """A last day was worked out and a reminder of it asked for."""
    someone = person(language)
    someone.presses_any("deadline")
    someone.presses("tool:deadline-p-answer")
    someone.writes("2026-11-16")
    someone.presses("tool:reminder-set-answer-20261201")
    return someone


def agreed(person: Make, language: str = "zh") -> Person:
    someone = asked(person, language)
    someone.presses("tool:reminder-yes1")
    someone.presses("tool:reminder-yes2")
    return someone


def due(helpline: Helpline, day: str) -> list[str]:
    """The words of what would be sent at noon of a day, each then taken off the list."""
    now = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=CHINA)
    texts = []
    for one in helpline.store.due_reminders(now, 50):
        texts.append(helpline._reminder(one).text)
        helpline.store.reminded(one)
    return texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_person_is_reminded_four_times_in_words_that_tell_nothing(
    person: Make, language: str
) -> None:
    someone = agreed(person, language)
    assert LAST in someone.text
    for day, count in (
        ("2026-11-23", 0),
        ("2026-11-24", 1),
        ("2026-11-28", 1),
        ("2026-11-30", 1),
        ("2026-12-01", 1),
        ("2026-12-02", 0),
    ):
        texts = due(someone.helpline, day)
        assert len(texts) == count, day
        for text in texts:
            for word in ("债", "法院", "起诉", "投诉", "court", "debt", "tribunal", "deuda", LAST):
                assert word not in text


def test_nothing_is_kept_without_agreement(person: Make) -> None:
    someone = asked(person)
    someone.presses("tool:reminder-no")
    assert someone.case == Case()
    assert due(someone.helpline, "2026-12-01") == []


def test_one_key_stops_all_reminders(person: Make) -> None:
    someone = agreed(person)
    someone.presses("tool:reminder-stop")
    assert due(someone.helpline, "2026-12-01") == []


@pytest.mark.parametrize("way", ["/forget", "delete in the diary"])
def test_deleting_deletes_the_reminders_and_the_address(person: Make, way: str) -> None:
    someone = agreed(person)
    if way == "/forget":
        someone.presses_any("forget")
    else:
        someone.presses_any("diary-drop")
        someone.presses("tool:diary-dropped")
    assert due(someone.helpline, "2026-12-01") == []
    assert CHAT.encode() not in someone.bytes()


def test_the_key_of_a_reminder_opens_what_it_is_about_also_days_later(person: Make) -> None:
    someone = agreed(person)
    someone.waits(timedelta(days=9))
    now = someone.helpline.settings.now()
    (one, *_) = someone.helpline.store.due_reminders(now, 1)
    reply = someone.helpline._reminder(one)
    text = someone.does(Message("button", payload=reply.buttons[0][0].payload))
    assert LAST in text


def test_the_chat_that_a_reminder_goes_to_is_locked(person: Make) -> None:
    assert CHAT.encode() not in agreed(person).bytes()


def test_a_reminder_that_is_due_survives_what_the_person_does_next(person: Make) -> None:
    someone = agreed(person)
    someone.waits(timedelta(days=2))  # 24 November, noon: due since nine
    someone.presses_any("diary")
    someone.presses("tool:diary-a-me-call")  # keeps the case anew
    assert len(due(someone.helpline, "2026-11-24")) == 1


def test_no_reminder_is_promised_for_today_or_for_beyond_what_is_kept(person: Make) -> None:
    someone = agreed(person)
    someone.presses_any("reminder-set-answer-20261122")
    assert "今天就联系法院" in someone.text
    someone.presses_any("reminder-set-retrial-20271122")
    assert "太远" in someone.text
    assert someone.case.dates == (("answer", LAST),)


def test_moments_that_have_passed_are_left_out() -> None:
    case = Case(dates=(("answer", "2026-11-24"),))
    assert [moment.isoformat()[:16] for moment in moments(case, NOON)] == [
        "2026-11-23T09:00",
        "2026-11-24T09:00",
    ]


# With real processes: killed in each window, the reminder still comes.

SENDER = """
import asyncio, os, signal, sys
from telegram import Bot
from bot.app import Helpline
from bot.channels.telegram import reminding
from bot.knowledge.content import load_content
from bot.settings import Settings

window = sys.argv[1]
settings = Settings.from_environment()
helpline = Helpline(settings, understand=lambda text: None)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

real = reminding.send
async def send(*arguments):
    if window == "before sending":
        die()
    return await real(*arguments)
reminding.send = send
reminded = helpline.store.reminded
def save(one):
    if window == "after acceptance":
        die()
    reminded(one)
    if window == "after saving":
        die()
helpline.store.reminded = save

async def main():
    async with Bot(settings.telegram_token, base_url=settings.telegram_api + "/bot") as bot:
        await reminding.remind(helpline, bot)
asyncio.run(main())
helpline.close()
"""


@pytest.mark.parametrize(
    ("window", "first", "in_all"),
    [("before sending", 0, 1), ("after acceptance", 1, 2), ("after saving", 1, 1), ("", 1, 1)],
)
def test_a_reminder_survives_kill_9_in_each_of_its_windows(
    tmp_path: Path, window: str, first: int, in_all: int
) -> None:
    data = tmp_path / "data"
    settings = Settings(data=str(data))
    store = Store(data, Keys.from_file(settings.key_path), settings.people_path)
    name = store.pseudonym("telegram", CHAT)
    address = {"channel": "telegram", "chat": CHAT, "language": "zh"}
    store.set_reminders(name, [NOON - timedelta(hours=1)], address, NOON - timedelta(days=1))
    store.close()
    with StandIn() as telegram_api:
        environment = {
            **{key: one for key, one in os.environ.items() if not key.startswith("HELPLINE_")},
            "HELPLINE_TELEGRAM_TOKEN": TOKEN,
            "HELPLINE_TELEGRAM_API": telegram_api.address,
            "HELPLINE_DATA": str(data),
            "HELPLINE_TODAY": "2026-11-22",
            "PYTHONPATH": str(ROOT),
        }

        def run(killed_in: str) -> int:
            return subprocess.run(
                [sys.executable, "-c", SENDER, killed_in], cwd=ROOT, env=environment, timeout=60
            ).returncode

        assert run(window) == (-signal.SIGKILL if window else 0)
        assert len(telegram_api.texts(int(CHAT))) == first
        assert run("") == 0
        assert len(telegram_api.texts(int(CHAT))) == in_all


def test_the_running_service_sends_what_is_due(tmp_path: Path, content: Content) -> None:
    with StandIn() as telegram_api:
        settings = Settings(
            telegram_token=TOKEN,
            telegram_api=telegram_api.address,
            today="2026-11-22",
            webhook_url="https://bot.example.org/hook",
            webhook_secret="a-secret-of-at-least-24-characters",
            data=str(tmp_path / "data"),
        )
        store = Store(settings.data_path, Keys.from_file(settings.key_path), settings.people_path)
        address = {"channel": "telegram", "chat": CHAT, "language": "es"}
        name = store.pseudonym("telegram", CHAT)
        # Reminders go with the person's agreement: without a kept case they are tidied away.
        agreed = Case(agreed=(NOON - timedelta(days=1)).isoformat())
        store.save_case(name, dump_case(agreed), NOON - timedelta(days=1))
        store.set_reminders(name, [NOON - timedelta(hours=1)], address, NOON - timedelta(days=1))
        store.close()
        with Service(settings, content, lambda text: None):
            telegram_api.wait(lambda: telegram_api.texts(int(CHAT)), 40)
        assert telegram_api.texts(int(CHAT)) == [content.phrase("reminder_text", "es")]
