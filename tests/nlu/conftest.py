"""Rasa, trained and served once a session on a part of the shipped data."""

import os
import shutil
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from nlu.recogniser.examples import Example, read_examples
from tests.deploy import images

ROOT = Path(__file__).resolve().parents[2]
NLU = ROOT / "nlu"
RASA = ROOT / ".venv-nlu" / "bin" / "rasa"
TOKEN = "a-token-that-no-log-may-show"
EXAMPLES_AN_INTENT = 8
QUIET = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}

IN_THE_IMAGE = {**QUIET, "PATH": f"{RASA.parent}:{os.environ['PATH']}", "RASA_TOKEN": TOKEN}


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return read_examples(NLU / "data")


@dataclass(frozen=True)
class RasaServer:
    """A running Rasa server, the files that its classifier persisted, and its log so far."""

    url: str
    token: str
    model: Path
    log: Path


@pytest.fixture(scope="session")
def rasa_project(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    """The shipped project with a few examples an intent: the machinery is tested, not the model."""
    project = tmp_path_factory.mktemp("rasa") / "nlu"
    skip = shutil.ignore_patterns("data", "model", "models", ".rasa", "__pycache__", "results")
    shutil.copytree(NLU, project, ignore=skip)
    chosen: dict[str, list[str]] = defaultdict(list)
    for example in examples[:: max(1, len(examples) // 6000)]:
        if len(chosen[example.intent]) < EXAMPLES_AN_INTENT:
            chosen[example.intent].append(example.text)
    blocks = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in chosen.items()
    ]
    (project / "data").mkdir()
    data = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=10_000)
    (project / "data" / "nlu.yml").write_text(data, encoding="utf-8")
    return project


@pytest.fixture(scope="session")
def rasa(rasa_project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a `rasa` command in the project and returns what it wrote."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [RASA, *arguments], cwd=rasa_project, env=QUIET, capture_output=True, text=True
        )

    return run


@pytest.fixture(scope="session")
def rasa_server(
    rasa_project: Path, rasa: Callable[..., subprocess.CompletedProcess[str]]
) -> Iterator[RasaServer]:
    """Trains with `rasa train nlu` and serves with `rasa run`, at --debug and on loopback."""
    trained = rasa("train", "nlu", "--fixed-model-name", "model")
    assert trained.returncode == 0, trained.stderr
    archive = rasa_project / "models" / "model.tar.gz"
    shutil.unpack_archive(archive, rasa_project / "unpacked", filter="data")
    (model,) = (rasa_project / "unpacked" / "components").glob("train_*RecogniserClassifier*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = rasa_project / "rasa.log"
    command = [
        part.replace("0.0.0.0", "127.0.0.1").replace("5005", str(port))
        for part in images.command("nlu")
    ]
    command[-1] += " --debug"  # nobody should run it so, and even then no word may be logged
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=rasa_project, env=IN_THE_IMAGE, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                if httpx.get(f"{url}/status", params={"token": TOKEN}).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.5)
        yield RasaServer(url, TOKEN, model, log)
    finally:
        process.terminate()
        process.wait(timeout=20)
