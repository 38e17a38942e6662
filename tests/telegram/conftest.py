"""The real application behind a real webhook, against a stand-in for Telegram."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from bot.app import Helpline
from bot.channels.telegram.service import SECRET_HEADER, Telegram, webhook_app
from bot.conversation.messages import Understanding
from bot.knowledge.content import Content
from bot.settings import Settings
from tests.conftest import TODAY
from tests.telegram.standin import TOKEN, StandIn

SECRET = "a-secret-of-at-least-24-characters"
OPERATOR = {
    "organisation": "灯塔互助",
    "hotline": "021-5550000",
    "hours": "9-17",
    "privacy_contact": "p@example.org",
}


def by_words(text: str) -> Understanding:
    """An engine for these tests: a few words, each with its intent."""
    words = {
        "传票": "verify_court_notice",
        "我妈": "contacted_family",
        "你好": "greet",
        "投诉": "report_collection",
    }
    intent = next((intent for word, intent in words.items() if word in text), "out_of_scope")
    ranking = [
        (intent, 0.97),
        ("credit_record", 0.01),
        ("limitation_period", 0.01),
        ("out_of_scope", 0.01),
    ]
    return Understanding("zh", tuple(dict(reversed(ranking)).items())[::-1])


@pytest.fixture
def telegram_api() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def service_settings(tmp_path: Path, telegram_api: StandIn) -> Settings:
    return Settings(
        telegram_token=TOKEN,
        telegram_api=telegram_api.address,
        today=TODAY,
        webhook_url="https://bot.example.org/hook",
        webhook_secret=SECRET,
        data=str(tmp_path / "data"),
        **OPERATOR,
    )


class Service:
    """A running webhook service and the person who writes to it."""

    def __init__(
        self, settings: Settings, content: Content, understand: Callable[[str], Any]
    ) -> None:
        here = replace(content, operator=settings.operator)
        self.helpline = Helpline(settings, content=lambda: here, understand=understand)
        app = webhook_app(settings, Telegram(self.helpline))
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False)
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "Service":
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the service did not start"
            threading.Event().wait(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(10)
        self.helpline.close()

    def post(self, update: dict[str, Any], secret: str = SECRET) -> int:
        return self.client.post("/hook", json=update, headers={SECRET_HEADER: secret}).status_code


@pytest.fixture
def service(service_settings: Settings, content: Content) -> Iterator[Service]:
    with Service(service_settings, content, by_words) as running:
        yield running
