"""Every setting: its name, its default, what it means. All come from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
# A webhook secret shorter than this, or of a few repeated characters, could be guessed.
MIN_SECRET_LENGTH = 24
MIN_SECRET_VARIETY = 8
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # Bot API, setWebhook, secret_token
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and how to mend it."""


def _setting(default: Any, help: str, *, secret: bool = False) -> Any:  # noqa: A002
    return field(default=default, metadata={"help": help}, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """The names in the environment are the field names in capitals after HELPLINE_."""

    telegram_token: str = _setting("", "the bot's token from @BotFather", secret=True)
    telegram_api: str = _setting(
        "https://api.telegram.org", "base address of the Bot API (a local server, a stand-in)"
    )
    telegram_proxy: str = _setting("", "proxy for Telegram: http://… or socks5://…", secret=True)
    telegram_operator_chat: str = _setting("", "chat id that is told when polling stalls")
    webhook_url: str = _setting("", "public https address; set it to run by webhook")
    webhook_secret: str = _setting("", "secret of the webhook, 24 characters or more", secret=True)
    webhook_listen: str = _setting("127.0.0.1:8080", "address and port that the webhook listens on")
    data: str = _setting("data", "directory of the database, made on first use")
    key_file: str = _setting(
        "", "file with the master key (default: key beside the data directory)"
    )
    backup_days: int = _setting(30, "days after which a backup is deleted; /privacy names them")
    nlu_url: str = _setting("", "address of a Rasa server; empty: the model in this process")
    nlu_token: str = _setting("", "auth token of the Rasa server", secret=True)
    require_signoff: bool = _setting(False, "1: show only answers that a lawyer has signed")
    today: str = _setting("", "tests only: the day it is, 2026-11-21")
    organisation: str = _setting("", "who runs the bot, shown at /start")
    hotline: str = _setting("", "number where people reach a person, shown at /start")
    hours: str = _setting("", "hours of that number")
    privacy_contact: str = _setting("", "whom to ask about privacy")
    pdf_font: str = _setting("", "font file with Chinese letters for PDFs, if none is found")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING; no level shows people's words")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """An empty value is the default. Raises SettingsError for a setting that does not exist or
        cannot be read."""
        environment = os.environ if environment is None else environment
        known = {f"HELPLINE_{item.name.upper()}": item for item in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in environment.items():
            if not name.startswith("HELPLINE_"):
                continue
            if name not in known:
                raise SettingsError(f"{name} is no setting. Settings: {', '.join(sorted(known))}")
            item = known[name]
            if not text.strip():
                continue
            if isinstance(item.default, bool):
                if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
                    raise SettingsError(f"{name} is '{text}': write 1 or 0")
                values[item.name] = text.lower() in ("1", "true", "yes")
            elif isinstance(item.default, int):
                if not (text.strip().isascii() and text.strip().isdigit() and int(text)):
                    raise SettingsError(f"{name} is '{text}': write a number of 1 or more")
                values[item.name] = int(text)
            else:
                values[item.name] = text.strip()
        settings = cls(**values)
        settings._check()
        return settings

    def _check(self) -> None:
        self.now()
        if self.log_level.upper() not in LOG_LEVELS:
            raise SettingsError(
                f"HELPLINE_LOG_LEVEL is '{self.log_level}': write one of {', '.join(LOG_LEVELS)}"
            )
        host, _, port = self.webhook_listen.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise SettingsError(
                f"HELPLINE_WEBHOOK_LISTEN is '{self.webhook_listen}': write address:port, "
                "127.0.0.1:8080"
            )

    @property
    def listen(self) -> tuple[str, int]:
        """Address and port that the webhook listens on."""
        host, _, port = self.webhook_listen.rpartition(":")
        return host, int(port)

    @property
    def operator(self) -> dict[str, str]:
        return {
            "organisation": self.organisation,
            "hotline": self.hotline,
            "hours": self.hours,
            "privacy_contact": self.privacy_contact,
            "backup_days": str(self.backup_days),
        }

    @property
    def data_path(self) -> Path:
        return Path(self.data)

    @property
    def key_path(self) -> Path:
        """The key lies beside the data directory, not in it: a copy of the data holds no key."""
        return (
            Path(self.key_file)
            if self.key_file
            else self.data_path.with_name(f"{self.data_path.name}.key")
        )

    @property
    def people_path(self) -> Path:
        """The personal keys lie beside the master key; backups of the database leave them out."""
        return self.key_path.with_name(f"{self.key_path.name}.people")

    def now(self) -> datetime:
        """The present moment; tests fix the day. Always with a time zone (China's)."""
        if not self.today:
            return datetime.now(UTC).astimezone(CHINA)
        try:
            day = date.fromisoformat(self.today)
        except ValueError as error:
            raise SettingsError(f"HELPLINE_TODAY is '{self.today}': write 2026-11-21") from error
        return datetime.combine(day, time(12, 0), CHINA)

    def check_service(self) -> None:
        """What running for the public needs. Raises SettingsError with what is missing."""
        missing = [
            f"HELPLINE_{name.upper()}"
            for name in ("organisation", "hotline", "hours", "privacy_contact")
            if not getattr(self, name)
        ]
        if missing:
            raise SettingsError(
                "people must be told who runs this bot before it serves them: set "
                + ", ".join(missing)
            )
        if not self.webhook_url.startswith("https://"):
            raise SettingsError("HELPLINE_WEBHOOK_URL must begin with https://")
        if len(self.webhook_secret) < MIN_SECRET_LENGTH:
            raise SettingsError(
                f"HELPLINE_WEBHOOK_SECRET has {len(self.webhook_secret)} characters, it needs "
                f"{MIN_SECRET_LENGTH}: make one with  openssl rand -hex 32"
            )
        if (
            not SECRET.fullmatch(self.webhook_secret)
            or len(set(self.webhook_secret)) < MIN_SECRET_VARIETY
        ):
            raise SettingsError(
                "HELPLINE_WEBHOOK_SECRET must be random, of A-Z a-z 0-9 _ and - (Telegram takes no "
                "others): make one with  openssl rand -hex 32"
            )
