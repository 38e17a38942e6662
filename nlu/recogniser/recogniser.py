"""A message's intents, ranked: folding, sentence embedding, character n-grams, a linear classifier."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import encoder
from .ngrams import Vocabulary
from .text import MAX_SENTENCE_CHARACTERS, clean, fold, sentences

MODEL_FILE = "model.json"
WEIGHTS_FILE = "weights.npz"

Ranking = list[tuple[str, float]]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is chosen before training. The defaults are what measured best."""

    longest_ngram: int = 4
    ngram_seen_in: int = 2
    """An n-gram counts when it occurs in as many examples."""
    ngram_weight: float = 2.5
    """Length of the n-gram vector; the embedding has length one."""
    sentence_share: float = 0.3
    """How much of a long message's scores comes from its sentences, the rest from the whole."""
    strength: float = 5.0
    """Inverse of the regularisation (C of the logistic regression)."""
    balance: float = 1.0
    """From 0, every example counts the same, to 1, every intent counts the same."""
    iterations: int = 80
    temperature: float = 1.0
    """Divides the scores; above 1 the confidences are more modest."""


class Recogniser:
    """Ranks the intents of a message. Immutable after loading, so threads may share it."""

    def __init__(
        self,
        intents: Sequence[str],
        settings: Settings,
        vocabulary: Vocabulary,
        embedding_weights: NDArray[np.float32],
        ngram_weights: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        self.intents = tuple(intents)
        self.settings = settings
        self.vocabulary = vocabulary
        self.embedding_weights = embedding_weights
        self.ngram_weights = ngram_weights
        self.bias = bias

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

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Confidences of shape (texts, intents), in the order of `intents`."""
        return softmax(self.scores(texts) / self.settings.temperature)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Scores before calibration, of shape (texts, intents)."""
        parts, owners, shares = split(texts, self.settings.sentence_share)
        vectors = encoder.encode(parts)
        scores = vectors @ self.embedding_weights + self.bias
        for row, part in enumerate(parts):
            places, values = self.vocabulary.vector(part)
            scores[row] += values @ self.ngram_weights[places]
        pooled = np.zeros((len(texts), len(self.intents)))
        np.add.at(pooled, owners, scores.astype(np.float64) * shares[:, None])
        return pooled

    def save(self, directory: Path) -> None:
        """Writes the model's two files; about 3 MB."""
        directory.mkdir(parents=True, exist_ok=True)
        head = {
            "intents": self.intents,
            "encoder": encoder.NAME,
            "settings": dataclasses.asdict(self.settings),
        }
        (directory / MODEL_FILE).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
        np.savez_compressed(
            directory / WEIGHTS_FILE,
            known=self.vocabulary.known,
            frequencies=self.vocabulary.weights.astype(np.float16),
            embedding=self.embedding_weights.astype(np.float16),
            ngrams=self.ngram_weights.astype(np.float16),
            bias=self.bias,
        )

    @classmethod
    def load(cls, directory: Path) -> "Recogniser":
        """Reads a saved model. Raises FileNotFoundError with the remedy when there is none."""
        try:
            head = json.loads((directory / MODEL_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"No trained model in {directory}: run 'make train', or restore the files from git."
            ) from error
        settings = Settings(**head["settings"])
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as arrays:
            vocabulary = Vocabulary(
                arrays["known"], arrays["frequencies"].astype(np.float32), settings.longest_ngram
            )
            return cls(
                head["intents"],
                settings,
                vocabulary,
                arrays["embedding"].astype(np.float32),
                arrays["ngrams"].astype(np.float32),
                arrays["bias"],
            )


def whole(text: str) -> str:
    """The text as the encoder reads it in one piece: cleaned, folded, its first 400 characters."""
    return fold(clean(text))[:MAX_SENTENCE_CHARACTERS]


def split(
    texts: Sequence[str], sentence_share: float
) -> tuple[list[str], NDArray[np.intp], NDArray[np.float64]]:
    """Folded parts (each whole text, then its sentences), the text each belongs to, its share."""
    parts: list[str] = []
    owners: list[int] = []
    shares: list[float] = []
    for owner, text in enumerate(texts):
        found = sentences(clean(text))
        several = len(found) > 1
        parts.append(whole(text))
        owners.append(owner)
        shares.append(1 - sentence_share if several else 1.0)
        if several:
            parts += [fold(sentence) for sentence in found]
            owners += [owner] * len(found)
            shares += [sentence_share / len(found)] * len(found)
    return parts, np.array(owners, dtype=np.intp), np.array(shares)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
