"""The engine in this process: whatever fails inside it, people get menus and the log no words."""

import logging

import pytest

from bot.understanding.embedded import EmbeddedEngine


class Failing:
    def rank(self, text: str) -> list[tuple[str, float]]:
        raise ValueError(f"cannot rank {text}")


def test_a_failure_in_the_model_is_no_understanding_and_one_line_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = EmbeddedEngine()
    engine._recogniser = Failing()  # type: ignore[assignment]
    with caplog.at_level(logging.DEBUG):
        assert engine("秘密词汇") is None
    (record,) = caplog.records
    assert "ValueError" in record.getMessage()
    assert "秘密词汇" not in f"{record.getMessage()} {record.__dict__}"
