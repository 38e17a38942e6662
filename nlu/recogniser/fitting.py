"""Fits the decision policy to cross-validated rankings of the training data."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .policy import CRISIS, NEVER_OFFERED, OUT_OF_SCOPE, THIRD_CHOICE, Policy

# What cross-validation must show. It is harder than life: most of the examples were written to be
# missed (near misses of each topic, messages that never name their topic, neighbours' words), and
# an example has one label where a second topic would often have served as well.
MINIMUM_RIGHT = 0.90
"""Share of the answered that have the writer's own intent."""
MINIMUM_NOT_ANSWERED = 0.96
"""Share of out-of-scope examples that get no topic."""
MAXIMUM_ASKED = 0.13
"""Share of out-of-scope examples that are asked to choose."""
MAXIMUM_CRISIS_ASKED = 0.03
"""Share of the other examples that get the gentle question. A miss is far worse than a question."""

GRID = {
    "answer_confidence": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8),
    "answer_out_of_scope": (0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2),
    "refuse_out_of_scope": (0.2, 0.25, 0.3, 0.35, 0.4, 0.5),
    "offer_confidence": (0.05, 0.1, 0.15, 0.2, 0.25),
}
CRISIS_GRID = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)


def fit_policy(
    probabilities: NDArray[np.float64], intents: Sequence[str], truth: Sequence[str]
) -> tuple[Policy, dict[str, float]]:
    """The policy that answers and offers the most within the limits above, and its figures.

    `probabilities` has shape (examples, intents) and comes from models that had not seen the
    example. Raises ValueError when no policy keeps the limits: then the data is what needs work.
    """
    outcomes = [
        (measure(probabilities, intents, truth, policy), policy)
        for values in itertools.product(*GRID.values())
        for policy in [Policy(**dict(zip(GRID, values, strict=True)))]
    ]
    within = [
        (figures, policy)
        for figures, policy in outcomes
        if figures["right"] >= MINIMUM_RIGHT
        and figures["not_answered"] >= MINIMUM_NOT_ANSWERED
        and figures["asked"] <= MAXIMUM_ASKED
    ]
    if not within:
        raise ValueError("No policy keeps the limits in nlu/recogniser/fitting.py.")
    figures, policy = max(within, key=lambda row: row[0]["answered"] + row[0]["offered_right"])
    crisis = probabilities[:, list(intents).index(CRISIS)]
    about_crisis = np.array(truth) == CRISIS
    threshold = next(
        (t for t in CRISIS_GRID if (crisis[~about_crisis] >= t).mean() <= MAXIMUM_CRISIS_ASKED),
        CRISIS_GRID[-1],
    )
    figures["crisis_found"] = float((crisis[about_crisis] >= threshold).mean())
    figures["crisis_asked_in_vain"] = float((crisis[~about_crisis] >= threshold).mean())
    return dataclasses.replace(policy, crisis_confidence=threshold), figures


def measure(
    probabilities: NDArray[np.float64],
    intents: Sequence[str],
    truth: Sequence[str],
    policy: Policy,
) -> dict[str, float]:
    """Shares, from 0 to 1; the same decisions as `Policy.decide`, for all rows at once."""
    places = {name: place for place, name in enumerate(intents)}
    rows = np.arange(len(truth))
    wanted = np.array([places[name] for name in truth])
    outside = wanted == places[OUT_OF_SCOPE]
    out_of_scope = probabilities[:, places[OUT_OF_SCOPE]]
    topics = probabilities.copy()
    topics[:, places[OUT_OF_SCOPE]] = -1
    best = topics.argmax(axis=1)
    offers = topics.copy()
    offers[:, [places[name] for name in NEVER_OFFERED if name in places]] = -1
    order = np.argsort(-offers, axis=1, kind="stable")[:, :3]
    third = offers[rows, order[:, 2]] >= THIRD_CHOICE
    refused = out_of_scope >= policy.refuse_out_of_scope
    answered: NDArray[Any] = (
        ~refused
        & (topics[rows, best] >= policy.answer_confidence)
        & (out_of_scope <= policy.answer_out_of_scope)
    )
    asked = ~refused & ~answered & (offers[rows, order[:, 0]] >= policy.offer_confidence)
    among = (order[:, :2] == wanted[:, None]).any(axis=1) | (third & (order[:, 2] == wanted))
    right = answered & (best == wanted)
    inside = ~outside
    return {
        "answered": _share(answered[inside]),
        "right": _share(right[inside & answered]),
        "offered_right": _share((right | (asked & among))[inside]),
        "not_answered": _share(~answered[outside]),
        "asked": _share(asked[outside]),
    }


def _share(rows: NDArray[np.bool_]) -> float:
    return float(rows.mean()) if len(rows) else 0.0
