"""Polling, as somebody who tries the bot runs it: a process of its own, real sockets."""

import asyncio
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Helpline
from bot.channels.telegram.service import Polling, Telegram, build, is_healthy
from bot.settings import Settings
from tests.telegram.conftest import OPERATOR, SECRET, by_words
from tests.telegram.standin import TOKEN, StandIn

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def polling(
    telegram_api: StandIn, tmp_path: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HELPLINE_")}
    environment = kept | {
        "HELPLINE_TELEGRAM_TOKEN": TOKEN,
        "HELPLINE_TELEGRAM_API": telegram_api.address,
        "HELPLINE_DATA": str(tmp_path / "data"),
        "HELPLINE_LOG_LEVEL": "DEBUG",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "telegram"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def test_a_person_is_answered_and_nothing_of_them_is_logged(
    telegram_api: StandIn, tmp_path: Path
) -> None:
    with polling(telegram_api, tmp_path) as process:
        telegram_api.push(telegram_api.text("/start", chat=77889900))
        telegram_api.wait(lambda: len(telegram_api.texts(77889900)) >= 2)
        telegram_api.push(telegram_api.text("他们打给我妈秘密词汇", chat=77889900))
        telegram_api.wait(lambda: len(telegram_api.texts(77889900)) >= 3, 40)
        settings = Settings(data=str(tmp_path / "data"))
        telegram_api.wait(lambda: is_healthy(settings))
        process.terminate()
        out, error = process.communicate(timeout=20)
    written = (out + error).decode()
    for secret in ("秘密词汇", "77889900", TOKEN.partition(":")[2]):
        assert secret not in written
    assert "Traceback" not in written


def test_a_second_poller_is_told_and_stops(telegram_api: StandIn, tmp_path: Path) -> None:
    telegram_api._polls = 1  # another process is polling
    with polling(telegram_api, tmp_path) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "one poller at a time" in error.decode()


def test_polling_does_not_take_the_updates_of_a_service(
    telegram_api: StandIn, tmp_path: Path
) -> None:
    telegram_api.webhook = {"url": "https://bot.example.org/hook"}
    with polling(telegram_api, tmp_path) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "in use by webhook" in error.decode()
    assert telegram_api.webhook["url"]


def test_a_wrong_token_gets_one_line(telegram_api: StandIn, tmp_path: Path) -> None:
    with polling(telegram_api, tmp_path, HELPLINE_TELEGRAM_TOKEN="1:wrong") as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "@BotFather" in error.decode()
    assert "Traceback" not in error.decode()


def test_a_service_with_a_wrong_token_shows_it_nowhere(
    telegram_api: StandIn, tmp_path: Path
) -> None:
    operator = {f"HELPLINE_{name.upper()}": value for name, value in OPERATOR.items()}
    webhook = {
        "HELPLINE_WEBHOOK_URL": "https://bot.example.org/hook",
        "HELPLINE_WEBHOOK_SECRET": SECRET,
    }
    token = {"HELPLINE_TELEGRAM_TOKEN": "1:wrong-and-yet-secret"}
    with polling(telegram_api, tmp_path, **operator, **webhook, **token) as process:
        out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"@BotFather" in error
    assert b"wrong-and-yet-secret" not in out + error


async def test_a_network_that_is_down_for_long_does_not_end_polling(
    telegram_api: StandIn,
    service_settings: Settings,
    content: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.telegram.service.RETRY_SECONDS", (0.05,))
    settings = replace(service_settings, webhook_url="")
    helpline = Helpline(settings, content=lambda: content, understand=by_words)  # type: ignore[arg-type,return-value]
    task = asyncio.create_task(Polling(settings, Telegram(helpline), stall_seconds=1.0).run())
    try:
        await eventually(lambda: telegram_api.methods("getUpdates"))
        telegram_api.down = True
        refused = len(telegram_api.methods("getMe"))
        await eventually(lambda: len(telegram_api.methods("getMe")) >= refused + 2)
        assert not task.done()
        telegram_api.down = False
        telegram_api.push(telegram_api.text("/start"))
        await eventually(telegram_api.texts)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        helpline.close()


async def eventually(condition: Callable[[], object]) -> None:
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


async def test_a_stall_is_noticed_recovered_from_and_told(
    telegram_api: StandIn, service_settings: Settings, content: object
) -> None:
    settings = replace(service_settings, webhook_url="", telegram_operator_chat="42")
    helpline = Helpline(settings, content=lambda: content, understand=by_words)  # type: ignore[arg-type,return-value]
    telegram_api.hang_polls = True
    task = asyncio.create_task(Polling(settings, Telegram(helpline), stall_seconds=1.0).run())
    try:
        for _ in range(400):
            await asyncio.sleep(0.05)
            if telegram_api.texts(42):
                break
            if len([1 for method, _ in telegram_api.calls if method == "getMe"]) >= 2:
                telegram_api.hang_polls = False
        assert "stalled" in telegram_api.texts(42)[0]
        telegram_api.hang_polls = False
        telegram_api.push(telegram_api.text("/start"))
        for _ in range(400):
            await asyncio.sleep(0.05)
            if telegram_api.texts(1):
                break
        assert telegram_api.texts(1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        helpline.close()


class _Forwarder(socketserver.StreamRequestHandler):
    """A forward proxy for plain HTTP: enough to see that everything goes through it."""

    def handle(self) -> None:
        first = self.rfile.readline().decode()
        method, url, version = first.split()
        host, _, path = url.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        self.server.seen.append(url)  # type: ignore[attr-defined]
        headers, length = b"", 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
            if not line.lower().startswith((b"connection", b"proxy-")):
                headers += line
        body = self.rfile.read(length)
        with socket.create_connection((name, int(port)), timeout=40) as there:
            there.sendall(
                f"{method} /{path} {version}\r\n".encode()
                + headers
                + b"Connection: close\r\n\r\n"
                + body
            )
            while chunk := there.recv(65536):
                self.wfile.write(chunk)


def test_everything_goes_through_the_http_proxy(telegram_api: StandIn, tmp_path: Path) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Forwarder) as proxy:
        proxy.seen = []  # type: ignore[attr-defined]
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.server_address[1]}"
        with polling(telegram_api, tmp_path, HELPLINE_TELEGRAM_PROXY=address):
            telegram_api.push(telegram_api.text("/start"))
            telegram_api.wait(lambda: telegram_api.texts())
        methods = {url.rpartition("/")[2] for url in proxy.seen}  # type: ignore[attr-defined]
        proxy.shutdown()
    assert {"getMe", "getUpdates", "sendMessage"} <= methods


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://user:pass@127.0.0.1:9"])
async def test_proxies_of_each_kind_are_understood(service_settings: Settings, proxy: str) -> None:
    settings = replace(service_settings, telegram_proxy=proxy)
    assert build(settings, Telegram(None))  # type: ignore[arg-type]
    assert "pass" not in repr(settings)
