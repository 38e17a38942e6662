"""Rasa trains and serves what the bot runs in process, and its logs keep quiet about people."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.understanding.embedded import EmbeddedEngine
from bot.understanding.rasa_server import RasaServerEngine
from nlu.recogniser import Recogniser
from nlu.recogniser.examples import Example
from tests.deploy import images
from tests.nlu.conftest import IN_THE_IMAGE

ODD = [
    "/restart",
    "  // 收到傳票 怎麼辦",
    "\ud83d 催收 \ud83d",
    "they sent a 传票 to mi mamá",
    "😭😭😭",
    "a" * 5000,
    "催收天天打电话。" * 300,
    "１２３６８ 短信",
    "\x00\u200b.",
]


@pytest.fixture
def asked(rasa_server: Any) -> Iterator[RasaServerEngine]:
    engine = RasaServerEngine(rasa_server.url, rasa_server.token)
    yield engine
    engine.close()


def test_both_engines_give_the_same_ranking(
    rasa_server: Any, asked: RasaServerEngine, examples: list[Example]
) -> None:
    texts = [example.text for example in examples[::120]] + ODD
    assert len(texts) > 200
    embedded = EmbeddedEngine(rasa_server.model)
    for text in texts:
        served, own = asked(text), embedded(text)
        assert served is not None, text
        assert own is not None, text
        assert served.language == own.language
        assert [name for name, _ in served.ranking[:3]] == [name for name, _ in own.ranking[:3]]
        assert dict(served.ranking) == pytest.approx(dict(own.ranking), abs=1e-4)


def test_both_encoders_take_part(rasa_server: Any) -> None:
    assert Recogniser.load(rasa_server.model).second is not None


def test_no_word_and_no_token_reaches_rasas_log(rasa_server: Any, asked: RasaServerEngine) -> None:
    secret = "Xylophon 我叫王小明欠了八千"
    assert asked(secret) is not None
    httpx.post(f"{rasa_server.url}/model/parse", json={"text": secret}, params={"token": "wrong"})
    httpx.post(
        f"{rasa_server.url}/model/parse", content=b"{broken", params={"token": rasa_server.token}
    )
    log = rasa_server.log.read_text()
    assert "rasa" in log
    for word in ("Xylophon", "王小明", "\\u738b", rasa_server.token):
        assert word not in log


def test_the_images_health_check_finds_it_alive(rasa_server: Any) -> None:
    check = images.health_check("nlu")
    port = rasa_server.url.rpartition(":")[2]
    here = [part.replace("5005", port) for part in check]
    assert subprocess.run(here, env=IN_THE_IMAGE, check=False).returncode == 0
    away = [part.replace("5005", "9") for part in check]
    assert subprocess.run(away, env=IN_THE_IMAGE, capture_output=True, check=False).returncode != 0


def test_rasa_refuses_whoever_lacks_the_token(rasa_server: Any) -> None:
    assert httpx.post(f"{rasa_server.url}/model/parse", json={"text": "hi"}).status_code == 401
    intruder = RasaServerEngine(rasa_server.url, "wrong")
    assert intruder("hi") is None
    intruder.close()


def test_rasas_own_test_agrees_with_the_engine(
    rasa_server: Any,
    rasa_project: Path,
    rasa: Callable[..., subprocess.CompletedProcess[str]],
    examples: list[Example],
) -> None:
    asked = {example.text: example.intent for example in examples[7::900]}
    blocks = [
        {"intent": intent, "examples": f"- {text}\n"}
        for text, intent in asked.items()
        if len(text) > 1  # rasa test leaves out what is no more than a sign
    ]
    questions = rasa_project / "questions.yml"
    questions.write_text(
        yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=10_000),
        encoding="utf-8",
    )
    done = rasa("test", "nlu", "-u", "questions.yml", "--successes", "--no-plot", "--out", "told")
    assert done.returncode == 0, done.stderr
    told = [
        row
        for name in ("intent_successes.json", "intent_errors.json")
        for row in json.loads((rasa_project / "told" / name).read_text(encoding="utf-8"))
    ]
    assert len(told) == len(blocks)
    engine = EmbeddedEngine(rasa_server.model)
    for row in told:
        own = engine(row["text"])
        assert own is not None
        intent, confidence = own.ranking[0]
        assert row["intent_prediction"]["name"] == intent
        assert row["intent_prediction"]["confidence"] == pytest.approx(confidence, abs=1e-4)


def test_the_project_passes_rasas_own_validation(
    rasa: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = rasa("data", "validate")
    assert "Validating intents" in done.stderr
    complaints = [
        line
        for line in done.stderr.splitlines()
        # Stories live in the bot, so Rasa finds every intent unused.
        if "UserWarning" in line and "not used in any story or rule" not in line
    ]
    assert complaints == []
