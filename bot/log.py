"""Logging without people's words: one place that decides what may be written."""

import logging
import sys

import structlog

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


def set_up_logging(level: str = "INFO") -> None:
    """Structured lines on standard error. No level lets the quiet libraries speak below WARNING."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_values,
                structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event")),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_values(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A traceback names files and lines; its last line may quote what a person wrote."""
    text = event.get("exception")
    if isinstance(text, str):
        lines = text.rstrip().split("\n")
        lines[-1] = lines[-1].partition(":")[0]
        event["exception"] = "\n".join(line for line in lines if not line.startswith("    "))
    return event
