"""The test set that ships was never trained on."""

import csv
import unicodedata
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = {"zh", "zh-Hant", "en", "es"}


def folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char.isalnum())


def test_no_question_stands_in_the_training_data() -> None:
    trained = set()
    for path in (ROOT / "nlu" / "data").rglob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = block["examples"].splitlines()
            trained |= {folded(line[2:]) for line in lines if line.startswith("- ")}
    with (ROOT / "tests/nlu/questions.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) >= 500
    assert sum(row["intent"] == "out_of_scope" for row in rows) >= 150
    assert {row["language"] for row in rows} == LANGUAGES
    assert [row["text"] for row in rows if folded(row["text"]) in trained] == []
