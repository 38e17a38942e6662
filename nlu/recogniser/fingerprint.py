"""Tells whether the model that ships was trained on the data, settings and code that ship."""

import ast
import dataclasses
import hashlib
import io
import json
import tokenize
from collections.abc import Iterable
from pathlib import Path

from .recogniser import Settings

FINGERPRINT_FILE = "fingerprint.json"

# The modules whose change changes the model; the others only use it.
_SOURCES = ("encoder.py", "ngrams.py", "recogniser.py", "text.py", "training.py")


def fingerprint(examples: Iterable[tuple[str, str]], settings: Settings) -> dict[str, str]:
    """SHA-256 of the (text, intent) pairs as a set, of the settings, and of the sources."""
    rows = sorted({json.dumps(pair, ensure_ascii=False) for pair in examples})
    return {
        "data": _digest("\n".join(rows)),
        "settings": _digest(json.dumps(dataclasses.asdict(settings), sort_keys=True)),
        "code": code_digest(),
    }


def code_digest() -> str:
    """SHA-256 of the sources that make a model, without their comments and layout."""
    folder = Path(__file__).parent
    return _digest("".join(bare((folder / name).read_text(encoding="utf-8")) for name in _SOURCES))


def bare(source: str) -> str:
    """Python source without comments, strings that document, and blanks; alike on any Python."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            for row in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[row] = ""
    return "".join("".join(lines).split())


def save_fingerprint(directory: Path, prints: dict[str, str]) -> None:
    """Writes fingerprint.json beside the model."""
    text = json.dumps(prints, indent=2) + "\n"
    (directory / FINGERPRINT_FILE).write_text(text, encoding="utf-8")


def read_fingerprint(directory: Path) -> dict[str, str]:
    """The fingerprint of a saved model; empty when it has none."""
    path = directory / FINGERPRINT_FILE
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
