"""Trains a recogniser. The only module here that needs SciPy, and so the Rasa environment."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from . import encoder
from .ngrams import Vocabulary
from .recogniser import Recogniser, Settings, whole

Array = NDArray[np.float32]


def train(texts: Sequence[str], intents: Sequence[str], settings: Settings) -> Recogniser:
    """A recogniser fitted to texts and the intent of each."""
    folded = [whole(text) for text in texts]
    names = sorted(set(intents))
    target = np.searchsorted(names, list(intents))
    vocabulary = Vocabulary.fit(folded, settings.longest_ngram, settings.ngram_seen_in)
    embedding_weights, ngram_weights, bias = fit(
        encoder.encode(folded),
        settings.ngram_weight * ngram_matrix(vocabulary, folded),
        target,
        row_weights(target, settings.balance),
        settings,
    )
    return Recogniser(
        names,
        settings,
        vocabulary,
        embedding_weights,
        ngram_weights * np.float32(settings.ngram_weight),
        bias,
    )


def row_weights(target: NDArray[np.intp], balance: float) -> Array:
    """A weight a row: 0 for all alike, 1 so that each intent counts the same, or between."""
    counts = np.bincount(target)
    weights = (len(target) / len(counts) / np.maximum(counts, 1)) ** balance
    return weights[target].astype(np.float32)


def fit(
    embeddings: Array,
    ngrams: csr_matrix,
    target: NDArray[np.intp],
    weights: Array,
    settings: Settings,
) -> tuple[Array, Array, Array]:
    """Multinomial logistic regression: weights of the embedding, of the n-grams, and the bias.

    scikit-learn's would turn the embeddings into a sparse matrix, and is ten times slower for it.
    """
    rows, dimensions = embeddings.shape
    intents = int(target.max()) + 1
    columns = ngrams.shape[1]
    wanted = np.zeros((rows, intents), dtype=np.float32)
    wanted[np.arange(rows), target] = 1
    weights = weights[:, None]
    ngrams = ngrams.tocsr().astype(np.float32)
    turned = ngrams.T.tocsr()

    def unpack(parameters: NDArray[np.float64]) -> tuple[Array, Array, Array]:
        table = parameters.astype(np.float32).reshape(dimensions + columns + 1, intents)
        return table[:dimensions], table[dimensions:-1], table[-1]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        dense, sparse, bias = unpack(parameters)
        scores = embeddings @ dense + ngrams @ sparse + bias
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        sums = powers.sum(axis=1, keepdims=True)
        missed = -(weights * wanted * (scores - np.log(sums))).sum(dtype=np.float64)
        size = (parameters[:-intents] @ parameters[:-intents]) / settings.strength / 2
        slope = weights * (powers / sums - wanted)
        gradient = np.vstack(
            [
                embeddings.T @ slope + dense / np.float32(settings.strength),
                turned @ slope + sparse / np.float32(settings.strength),
                slope.sum(axis=0, keepdims=True),
            ]
        )
        return missed + size, gradient.astype(np.float64).ravel()

    start = np.zeros((dimensions + columns + 1) * intents)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": settings.iterations}
    )
    return unpack(found.x)


def ngram_matrix(vocabulary: Vocabulary, texts: Sequence[str]) -> csr_matrix:
    """The n-gram vectors of the texts as a sparse matrix of shape (texts, vocabulary)."""
    vectors = [vocabulary.vector(text) for text in texts]
    ends = np.cumsum([0] + [len(places) for places, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    places = np.concatenate([places for places, _ in vectors])
    return csr_matrix((values, places, ends), shape=(len(texts), len(vocabulary.known)))
