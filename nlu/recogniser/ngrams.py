"""Character n-grams by hash: what the encoder blurs (names, typos, rare words) stays visible."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_MULTIPLIER = np.uint64(1_000_003)
_LENGTH_SALT = np.uint64(0x9E3779B97F4A7C15)


def hashes(text: str, longest: int) -> NDArray[np.uint64]:
    """The hashes of all character n-grams of length 1 to `longest`, with a blank at both ends."""
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    found = []
    rolling = codes
    with np.errstate(over="ignore"):
        for length in range(1, min(longest, len(codes)) + 1):
            if length > 1:
                rolling = rolling[:-1] * _MULTIPLIER + codes[length - 1 :]
            found.append(rolling + np.uint64(length) * _LENGTH_SALT)
    return np.concatenate(found)


class Vocabulary:
    """The n-grams that a model knows, sorted by hash, with their inverse document frequencies."""

    def __init__(
        self, known: NDArray[np.uint64], weights: NDArray[np.float32], longest: int
    ) -> None:
        self.known = known
        self.weights = weights
        self.longest = longest

    @classmethod
    def fit(cls, texts: Iterable[str], longest: int, seen_in: int) -> "Vocabulary":
        """Learns the n-grams that occur in at least `seen_in` of the texts."""
        counts: Counter[int] = Counter()
        total = 0
        for text in texts:
            counts.update(np.unique(hashes(text, longest)).tolist())
            total += 1
        kept = sorted(key for key, count in counts.items() if count >= seen_in)
        frequencies = np.array([counts[key] for key in kept], dtype=np.float32)
        weights = np.log((1 + total) / (1 + frequencies)).astype(np.float32) + np.float32(1)
        return cls(np.array(kept, dtype=np.uint64), weights, longest)

    def vector(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The text's known n-grams: their places and weights, a sparse vector of length one."""
        found, counts = np.unique(hashes(text, self.longest), return_counts=True)
        places = np.searchsorted(self.known, found)
        places[places == len(self.known)] = 0
        hit = self.known[places] == found if len(self.known) else np.zeros(len(found), dtype=bool)
        places = places[hit]
        values = (1 + np.log(counts[hit])).astype(np.float32) * self.weights[places]
        length = np.sqrt(values @ values)
        return places, values / length if length else values
