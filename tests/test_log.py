"""A log line tells what went wrong and where, and nothing of what anybody wrote."""

import asyncio
import gc
import logging
from collections.abc import Iterator

import pytest

from bot.log import failure, set_up_logging

WORDS = "我妈的秘密词汇"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = True


def broken() -> None:
    try:
        raise ValueError(f"{WORDS}\n{WORDS}")
    except ValueError as error:
        raise KeyError(WORDS) from error


def test_an_error_is_named_with_its_cause_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG")
    with pytest.raises(KeyError) as caught:
        broken()
    assert failure(caught.value).startswith("KeyError (test_log.py:")
    logging.getLogger("bot.app").error("a turn failed", exc_info=caught.value)
    written = capsys.readouterr().err
    assert "a turn failed" in written
    assert "ValueError (test_log.py:" in written
    assert WORDS not in written


@pytest.mark.parametrize("name", ["httpx", "telegram.ext", "a_library_that_comes_later"])
def test_libraries_say_nothing_below_a_warning(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("DEBUG")
    logging.getLogger(name).info(WORDS)
    logging.getLogger("bot.app").debug("ours are heard")
    written = capsys.readouterr().err
    assert "ours are heard" in written
    assert WORDS not in written


def test_a_task_that_nobody_waits_for_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG")

    async def fails() -> None:
        raise ValueError(WORDS)

    async def main() -> None:
        task = asyncio.create_task(fails())
        await asyncio.sleep(0.01)
        del task
        gc.collect()

    asyncio.run(main())
    written = capsys.readouterr().err
    assert "never retrieved" in written
    assert WORDS not in written
