"""The default engine: the trained model in this process, without Rasa and TensorFlow."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.conversation.language import detect_language
from bot.log import failure
from bot.understanding import DEFAULT_LANGUAGE, Understand, Understanding

if TYPE_CHECKING:
    from nlu.recogniser import Recogniser

logger = logging.getLogger(__name__)

MODEL = Path(__file__).resolve().parents[2] / "nlu" / "model"


class EmbeddedEngine:
    """Understands in process. The model is read at the first use, or ahead of it by `warm_up`.

    Threads may share it; those that come while the model is being read wait for it.
    """

    def __init__(self, model: Path = MODEL, default_language: str = DEFAULT_LANGUAGE) -> None:
        self._model = model
        self._default_language = default_language
        self._lock = threading.Lock()
        self._recogniser: Recogniser | None = None
        self._broken = False

    def __call__(self, text: str) -> Understanding | None:
        """The ranking of a text; None when it is empty or the model cannot be read or fails."""
        recogniser = self._load()
        if recogniser is None:
            return None
        from nlu.recogniser import clean

        text = clean(text)
        if not text:
            return None
        language = detect_language(text, self._default_language) or self._default_language
        try:
            return Understanding(language, tuple(recogniser.rank(text)))
        except Exception as error:  # noqa: BLE001 - people get menus; a crash would lose the turn
            # Kind and place alone: the text of an error may quote the words.
            logger.error("a text was not understood: %s", failure(error))
            return None

    def batch(self, texts: Sequence[str]) -> Understand:
        """An engine that has already understood these texts, many times faster than one by one."""
        recogniser = self._load()
        if recogniser is None:
            return self
        from nlu.recogniser import clean

        cleaned = [clean(text) for text in texts]
        known = dict(zip(cleaned, recogniser.rank_many(cleaned), strict=True))

        def understand(text: str) -> Understanding | None:
            ranking = known.get(clean(text))
            if ranking is None:
                return self(text)
            language = detect_language(text, self._default_language) or self._default_language
            return Understanding(language, tuple(ranking))

        return understand

    def warm_up(self) -> threading.Thread:
        """Reads the model in the background, so that the first question need not wait."""
        thread = threading.Thread(target=self._load, name="read-model", daemon=True)
        thread.start()
        return thread

    def _load(self) -> "Recogniser | None":
        with self._lock:
            if self._recogniser is None and not self._broken:
                try:
                    from nlu.recogniser import Recogniser, encoder

                    recogniser = Recogniser.load(self._model)
                    encoder.FAST.load()
                    self._recogniser = recogniser
                except Exception:
                    # Menu and safety go on without it, so one clear line and no crash.
                    self._broken = True
                    logger.exception("The intent model cannot be read: run 'helpline doctor'.")
            return self._recogniser
