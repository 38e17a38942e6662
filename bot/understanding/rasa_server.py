"""The other engine: a Rasa server that serves the same model over HTTP."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from bot.conversation.language import detect_language
from bot.understanding import DEFAULT_LANGUAGE, Understanding
from nlu.recogniser.text import clean

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(3.0, connect=1.0)
PAUSE_SECONDS = 20.0


class RasaServerEngine:
    """Asks `/model/parse`. When the server fails, it is left alone for 20 seconds.

    The pause keeps a dead server from delaying every turn by its time-out; meanwhile the answer
    is None and people get menus.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        default_language: str = DEFAULT_LANGUAGE,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Rasa takes its token in the address, and httpx writes addresses to the log at INFO.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            params={"token": token} if token else None,
            timeout=TIMEOUT,
            transport=transport,
            trust_env=False,  # the server is ours and near: no proxy
        )
        self._default_language = default_language
        self._clock = clock
        self._lock = threading.Lock()
        self._paused_until = float("-inf")

    def __call__(self, text: str) -> Understanding | None:
        """The server's ranking of a text; None when it is empty or the server is out of order."""
        text = clean(text)
        if not text or self._clock() < self._paused_until:
            return None
        try:
            response = self._client.post("/model/parse", json={"text": text})
            response.raise_for_status()
            ranking = _ranking(response.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            with self._lock:
                self._paused_until = self._clock() + PAUSE_SECONDS
            # The kind of error alone: its text may hold the address with the token.
            logger.warning("Rasa server out of order: %s", type(error).__name__)
            return None
        language = detect_language(text, self._default_language) or self._default_language
        return Understanding(language, ranking)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _ranking(parsed: Any) -> tuple[tuple[str, float], ...]:
    """Raises KeyError, TypeError or ValueError when the answer is not a Rasa parse."""
    ranking = tuple(
        (str(row["name"]), float(row["confidence"])) for row in parsed["intent_ranking"]
    )
    if not ranking:
        raise ValueError("empty ranking: no model loaded")
    return ranking
