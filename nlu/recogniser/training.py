"""Trains a recogniser. The only module here that needs SciPy, and so the Rasa environment."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from . import encoder
from .ngrams import Vocabulary
from .recogniser import Head, Recogniser, Settings
from .text import pieces

Array = NDArray[np.float32]

THOROUGH_WEIGHT = 1.5
"""Length of the second encoder's vectors beside the first one's, which have length one."""


def train(texts: Sequence[str], intents: Sequence[str], settings: Settings) -> Recogniser:
    """A recogniser fitted to texts and the intent of each."""
    folded = [pieces(text)[0] for text in texts]
    names = sorted(set(intents))
    target = np.searchsorted(names, list(intents))
    vocabulary = Vocabulary.fit(folded, settings.longest_ngram, settings.ngram_seen_in)
    ngrams = ngram_matrix(vocabulary, folded)
    embeddings = encode(encoder.FAST, folded)
    first = fit(embeddings, ngrams, target, settings)
    second = None
    if settings.sure > 0:
        both = np.hstack([embeddings, encode(encoder.THOROUGH, folded)])
        second = fit(both, ngrams, target, settings)
    return Recogniser(names, settings, vocabulary, first, second)


_encoded: dict[tuple[str, str], Array] = {}


def encode(with_encoder: encoder.Encoder, texts: Sequence[str]) -> Array:
    """The texts' vectors, kept in memory: cross-validation encodes each text once, not per fold."""
    new = [text for text in dict.fromkeys(texts) if (with_encoder.name, text) not in _encoded]
    for text, vector in zip(new, with_encoder.encode(new), strict=True):
        _encoded[with_encoder.name, text] = vector
    return np.stack([_encoded[with_encoder.name, text] for text in texts])


def row_weights(target: NDArray[np.intp], balance: float) -> Array:
    """A weight a row: 0 for all alike, 1 so that each intent counts the same, or between."""
    counts = np.bincount(target)
    weights = (len(target) / len(counts) / np.maximum(counts, 1)) ** balance
    return weights[target].astype(np.float32)


def fit(
    embeddings: Array, ngrams: csr_matrix, target: NDArray[np.intp], settings: Settings
) -> Head:
    """Multinomial logistic regression.

    scikit-learn's would turn the embeddings into a sparse matrix, and is ten times slower for it.
    """
    rows = len(embeddings)
    # E5's vectors all point much the same way: without their mean, and at the length of the others,
    # the regularisation treats both encoders alike. Undone in the weights at the end.
    middle = embeddings.mean(axis=0) * (np.arange(embeddings.shape[1]) >= encoder.FAST.dimensions)
    spread = np.ones(embeddings.shape[1], dtype=np.float32)
    if embeddings.shape[1] > encoder.FAST.dimensions:
        tail = (embeddings - middle)[:, encoder.FAST.dimensions :]
        spread[encoder.FAST.dimensions :] = THOROUGH_WEIGHT / np.sqrt((tail**2).sum(axis=1).mean())
    middle = middle.astype(np.float32)
    embeddings = (embeddings - middle) * spread
    ngrams = (settings.ngram_weight * ngrams).tocsr().astype(np.float32)
    turned = ngrams.T.tocsr()
    dimensions = embeddings.shape[1]
    columns = ngrams.shape[1]
    intents = int(target[np.argmax(target)]) + 1
    wanted = np.zeros((rows, intents), dtype=np.float32)
    wanted[np.arange(rows), target] = 1
    weights = row_weights(target, settings.balance)
    weights = weights[:, None]

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
    dense, sparse, bias = unpack(found.x)
    dense = dense * spread[:, None]
    return Head(dense, sparse * np.float32(settings.ngram_weight), bias - middle @ dense)


def ngram_matrix(vocabulary: Vocabulary, texts: Sequence[str]) -> csr_matrix:
    """The n-gram vectors of the texts as a sparse matrix of shape (texts, vocabulary)."""
    vectors = [vocabulary.vector(text) for text in texts]
    ends = np.cumsum([0] + [len(places) for places, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    places = np.concatenate([places for places, _ in vectors])
    return csr_matrix((values, places, ends), shape=(len(texts), len(vocabulary.known)))


def cross_validate(
    texts: Sequence[str],
    intents: Sequence[str],
    folds: NDArray[np.intp],
    settings: Settings,
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The intents, and each example's confidences by a model that was trained without its fold."""
    names = tuple(sorted(set(intents)))
    result = np.zeros((len(texts), len(names)))
    for fold in np.unique(folds):
        seen = np.flatnonzero(folds != fold).tolist()
        left = np.flatnonzero(folds == fold).tolist()
        model = train([texts[row] for row in seen], [intents[row] for row in seen], settings)
        columns = [names.index(name) for name in model.intents]
        result[np.ix_(left, columns)] = model.probabilities([texts[row] for row in left], encode)
    return names, result


def neighbour_folds(groups: Sequence[tuple[str, str]], folds: int) -> NDArray[np.intp]:
    """Folds of neighbouring examples within each group (file, intent).

    Neighbours were written in one breath and resemble each other; drawn at random they would leak
    from fold to fold and make the model look surer of strangers' words than it is.
    """
    members: dict[tuple[str, str], list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    result = np.zeros(len(groups), dtype=np.intp)
    for number, rows in enumerate(members.values()):
        for place, row in enumerate(rows):
            result[row] = (place * folds // len(rows) + number) % folds
    return result
