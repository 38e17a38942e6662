"""What the bot's image runs: its command serves, its health check tells whether it does."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.images import command, health_check
from tests.telegram.conftest import OPERATOR, SECRET
from tests.telegram.standin import TOKEN, StandIn

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What compose passes, with this machine's paths; the token and Telegram are stand-ins."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HELPLINE_")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return kept | {
        "HELPLINE_TELEGRAM_TOKEN": TOKEN,
        "HELPLINE_DATA": str(tmp_path / "data"),
        "HELPLINE_KEY_FILE": str(tmp_path / "key" / "helpline.key"),
        "HELPLINE_WEBHOOK_LISTEN": f"127.0.0.1:{port}",
        **{f"HELPLINE_{name.upper()}": value for name, value in OPERATOR.items()},
    }


def here(array: list[str]) -> list[str]:
    assert array[0] == "python"
    return [sys.executable, *array[1:]]


def alive(environment: dict[str, str]) -> bool:
    checked = subprocess.run(here(health_check("bot")), cwd=ROOT, env=environment, check=False)
    return checked.returncode == 0


@pytest.fixture
def telegram_api() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.mark.parametrize("way", ["webhook", "polling"])
def test_the_command_serves_and_the_health_check_tells(
    way: str, environment: dict[str, str], telegram_api: StandIn
) -> None:
    environment["HELPLINE_TELEGRAM_API"] = telegram_api.address
    if way == "webhook":
        environment["HELPLINE_WEBHOOK_URL"] = "https://bot.example.org/hook"
        environment["HELPLINE_WEBHOOK_SECRET"] = SECRET
    assert not alive(environment)
    process = subprocess.Popen(here(command("bot")), cwd=ROOT, env=environment)
    try:
        for _ in range(60):
            if alive(environment):
                break
            assert process.poll() is None
            time.sleep(0.5)
        assert alive(environment)
        assert bool(telegram_api.webhook["url"]) == (way == "webhook")
    finally:
        process.terminate()
        process.wait(20)
    assert (Path(environment["HELPLINE_KEY_FILE"]).stat().st_mode & 0o777) == 0o600
