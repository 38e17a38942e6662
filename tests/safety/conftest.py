"""The sentences that every promise of the safety layer is tried with."""

from pathlib import Path
from typing import Any

import pytest
import yaml

SENTENCES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "sentences.yml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="session")
def every_sentence() -> list[str]:
    groups = (*SENTENCES["help"].values(), *SENTENCES["ask"].values(), SENTENCES["silent"])
    return [sentence for group in groups for sentence in group]
