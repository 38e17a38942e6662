"""`helpline doctor`: what is missing, in plain words, and how to mend it."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpx

from bot.knowledge.content import load_content
from bot.knowledge.topics import ContentError
from bot.settings import CHINA, Settings, SettingsError
from bot.store import Keys, Store, StoreError
from bot.store.keys import KeyFileError

MIN_FREE_BYTES = 200 * 1024 * 1024
TIMEOUT_SECONDS = 5.0
EARLIEST = datetime(2026, 11, 1, tzinfo=CHINA)  # a clock before this day is certainly wrong


@dataclass(frozen=True)
class Finding:
    subject: str
    level: Literal["good", "note", "mend"]
    text: str

    def __str__(self) -> str:
        return f"[{self.level:4}] {self.subject}: {self.text}"


def examine(settings: Settings) -> list[Finding]:
    """Every part that can fail, looked at once. What a first start makes is made here too."""
    return [
        finding
        for part in (_content, _model, _store, _clock, _nlu_server, _telegram, _operator)
        for finding in part(settings)
    ]


def _content(settings: Settings) -> Iterator[Finding]:
    from bot.app import check_content, read_withdrawn

    try:
        content = load_content(require_signoff=settings.require_signoff)
        read_withdrawn(settings.data_path)
    except ContentError as error:
        yield Finding("answers", "mend", f"cannot be read: {error.problems[0]}")
        return
    today = settings.now().date()
    problems = check_content(content, today)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        yield Finding(
            "answers", "mend", f"{len(errors)} errors, first: {errors[0]}; run 'helpline lint'"
        )
    else:
        yield Finding("answers", "good", f"{len(content.topics)} topics pass every check")
    due = [
        name
        for name in content.topics
        if (content.topic(name, "zh").check_again - today).days <= 30
    ]
    if due:
        yield Finding(
            "check dates", "note", f"due within 30 days: {', '.join(due)}; 'helpline review due'"
        )
    unsigned = sum(content.sign_off(name, "zh") is None for name in content.topics)
    if unsigned:
        level: Literal["mend", "note"] = "mend" if settings.require_signoff else "note"
        yield Finding(
            "sign-offs",
            level,
            f"{unsigned} topics are not signed by a lawyer"
            + (" and therefore withheld" if settings.require_signoff else "; people are told so"),
        )


def _model(settings: Settings) -> Iterator[Finding]:
    from bot.app import engine, load_policy

    try:
        load_policy()
    except (OSError, ValueError) as error:
        yield Finding("decision policy", "mend", str(error))
    if settings.nlu_url:
        return
    started = time.monotonic()
    understanding = engine(settings)("收到12368短信是真的吗")
    if understanding is None:
        yield Finding(
            "model",
            "mend",
            "cannot be read: restore nlu/model from the repository or run 'make train'",
        )
    else:
        yield Finding("model", "good", f"loaded and answered in {time.monotonic() - started:.1f} s")


def _store(settings: Settings) -> Iterator[Finding]:
    try:
        store = Store(settings.data_path, Keys.from_file(settings.key_path), settings.people_path)
        unreadable = store.outdated()[1]
        store.close()
    except (StoreError, KeyFileError, OSError) as error:
        yield Finding("database", "mend", str(error))
        return
    yield Finding("database", "good", f"{store.path} opens")
    if unreadable:
        yield Finding(
            "key file",
            "mend",
            f"{unreadable} rows are opened by no key in {settings.key_path}: put the older key "
            "back, below the newest",
        )
    mode = stat.S_IMODE(os.stat(settings.key_path).st_mode)
    if mode & 0o077:
        yield Finding("key file", "mend", f"others can read it: chmod 600 {settings.key_path}")
    if settings.data_path.resolve() in settings.key_path.resolve().parents:
        yield Finding(
            "key file",
            "note",
            "lies inside the data directory: a copy of that directory holds the key; "
            "set HELPLINE_KEY_FILE to a place outside",
        )
    free = shutil.disk_usage(settings.data_path).free
    if free < MIN_FREE_BYTES:
        yield Finding("disk", "mend", f"only {free // 2**20} MB free: nothing can be saved soon")


def _clock(settings: Settings) -> Iterator[Finding]:
    if settings.today:
        yield Finding("clock", "mend", "HELPLINE_TODAY fixes the day; it is for tests: unset it")
    elif settings.now() < EARLIEST:
        yield Finding(
            "clock", "mend", f"this computer says {settings.now():%Y-%m-%d}: set its clock"
        )


def _nlu_server(settings: Settings) -> Iterator[Finding]:
    if not settings.nlu_url:
        return
    try:
        response = httpx.get(
            settings.nlu_url.rstrip("/") + "/status",
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            params={"token": settings.nlu_token} if settings.nlu_token else None,
        )
    except httpx.HTTPError as error:
        yield Finding(
            "Rasa server",
            "mend",
            f"does not answer ({type(error).__name__}): start it, or unset "
            "HELPLINE_NLU_URL to use the model in this process. People get menus meanwhile",
        )
        return
    if response.status_code in (401, 403):
        yield Finding(
            "Rasa server", "mend", "refuses the token: set HELPLINE_NLU_TOKEN to its --auth-token"
        )
    elif response.status_code != 200:
        yield Finding(
            "Rasa server", "mend", f"answers {response.status_code}: has it loaded a model?"
        )
    else:
        yield Finding("Rasa server", "good", "answers")


def _telegram(settings: Settings) -> Iterator[Finding]:
    if not settings.telegram_token:
        yield Finding(
            "Telegram",
            "note",
            "no token: 'make chat' works without; for Telegram ask @BotFather for one "
            "and set HELPLINE_TELEGRAM_TOKEN",
        )
        return
    address = f"{settings.telegram_api.rstrip('/')}/bot{settings.telegram_token}/getMe"
    try:
        response = httpx.get(
            address, timeout=TIMEOUT_SECONDS, proxy=settings.telegram_proxy or None, trust_env=False
        )
    except (httpx.HTTPError, ValueError) as error:
        yield Finding(
            "Telegram",
            "mend",
            f"cannot be reached ({type(error).__name__}): in mainland China set "
            "HELPLINE_TELEGRAM_PROXY",
        )
        return
    if response.status_code == 200:
        yield Finding("Telegram", "good", "the token is accepted")
    else:
        yield Finding(
            "Telegram", "mend", f"refuses the token ({response.status_code}): ask @BotFather for it"
        )


def _operator(settings: Settings) -> Iterator[Finding]:
    if not settings.webhook_url:
        missing = [name for name, value in settings.operator.items() if not value]
        if missing:
            yield Finding(
                "operator",
                "note",
                "not entered: "
                + ", ".join(f"HELPLINE_{name.upper()}" for name in missing)
                + "; /start cannot say who runs the bot",
            )
        return
    try:
        settings.check_service()
    except SettingsError as error:
        yield Finding("service", "mend", str(error))
    else:
        yield Finding("service", "good", "operator, webhook address and secret are set")
