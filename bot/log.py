"""Logging without people's words: one place that decides what may be written."""

import logging
import sys
import traceback
from pathlib import Path

import structlog

OWN = ("bot", "nlu")
# These libraries log words, chat ids or the token (httpx: inside the address) below WARNING.
QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "telegram.ext",
    "uvicorn.access",
    "hpack",
    "asyncio",
    "markdown_it",
)
MAX_LINKS = 4  # errors of a chain that a log line names


def set_up_logging(level: str = "INFO") -> None:
    """Structured lines on standard error. No level lets others than us speak below WARNING."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _first_line_of_others,
                _where_it_failed,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event")),
            ],
        )
    )
    handler.addFilter(lambda record: _is_ours(record) or record.levelno >= logging.WARNING)
    # A line that cannot be written would be printed with its arguments.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def failure(error: BaseException) -> str:
    """The kinds of an error and of what caused it, each with the line it came from; never its text.

    "StoreError (database.py:74) from OperationalError (db.py:901)"
    """
    links: list[str] = []
    link: BaseException | None = error
    while link is not None and len(links) < MAX_LINKS:
        frames = traceback.extract_tb(link.__traceback__)
        at = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
        links.append(f"{type(link).__name__}{at}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return " from ".join(links)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OWN


def _first_line_of_others(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Below the first line asyncio and uvicorn print objects and tracebacks with their values."""
    if not _is_ours(event["_record"]):
        event["event"] = str(event["event"]).split("\n")[0]
    return event


def _where_it_failed(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A traceback may quote what a person wrote; kinds and places of the errors are kept of it."""
    found = event.pop("exc_info", None)
    if isinstance(found, tuple) and found[1] is not None:
        event["exception"] = failure(found[1])
    event.pop("stack_info", None)
    return event
