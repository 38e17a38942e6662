"""What several tests share. No test needs the network beyond loopback, or the real day."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest

from bot.conversation.messages import Understanding
from bot.knowledge.content import Content, load_content
from bot.settings import CHINA, Settings

TODAY = "2026-11-22"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=CHINA)

# How long an example takes is the machine's affair: no test fails for it.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HELPLINE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def content() -> Content:
    """The answers that ship."""
    return load_content()


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=str(tmp_path / "data"), today=TODAY)


def understood(*ranking: tuple[str, float], language: str = "zh") -> Callable[[str], Understanding]:
    """An engine that always says the same; the rest of the mass goes to other intents."""
    rest = [("negotiate_repayment", 0.0), ("credit_record", 0.0), ("out_of_scope", 0.0)]
    named = {intent for intent, _ in ranking}
    full = (*ranking, *(row for row in rest if row[0] not in named))
    return lambda text: Understanding(language, full)


@pytest.fixture
def dead_engine() -> Callable[[str], None]:
    return lambda text: None
