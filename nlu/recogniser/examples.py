"""Reads the training examples as they stand in nlu/data."""

from pathlib import Path
from typing import NamedTuple

import yaml


class Example(NamedTuple):
    """One training example and the file (relative to the data folder) that it stands in."""

    text: str
    intent: str
    file: str


def read_examples(folder: Path) -> list[Example]:
    """All examples in the order of the files. Raises ValueError when there is none."""
    found = []
    for path in sorted(folder.glob("**/*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [
                Example(line[2:].strip(), block["intent"], str(path.relative_to(folder)))
                for line in block["examples"].splitlines()
                if line.startswith("- ")
            ]
    if not found:
        raise ValueError(f"No training examples in {folder}.")
    return found
