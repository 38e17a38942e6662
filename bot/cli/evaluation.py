"""`helpline evaluate`: how often people would get the right answer, on any labelled file."""

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.conversation.messages import Outcome

CRISIS = "crisis_self_harm"
OUT_OF_SCOPE = "out_of_scope"
SHOWN = ("answer", "notice", "conversation", "safety")
MIN_ROWS_FOR_F1 = 8
Z_95 = 1.959964  # two-sided 95 % of the normal distribution


class EvaluationError(Exception):
    """The file cannot be evaluated; the message names the line and the remedy."""


@dataclass(frozen=True)
class Row:
    text: str
    intent: str
    also: frozenset[str]
    language: str

    @property
    def expected(self) -> frozenset[str]:
        return self.also | {self.intent}


def read_rows(path: Path) -> list[Row]:
    """Tab-separated, UTF-8, no quoting; columns text, intent, optionally also and language."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if not {"text", "intent"} <= set(reader.fieldnames or ()):
                raise EvaluationError(
                    f"{path}: the first line must name the columns text and intent"
                )
            rows = []
            for line, values in enumerate(reader, 2):
                if not values["text"] or not values["intent"]:
                    raise EvaluationError(f"{path}:{line}: text or intent is empty")
                also = (values.get("also") or "").replace(" ", "").split(",")
                rows.append(
                    Row(
                        values["text"].replace("\\n", "\n"),
                        values["intent"].strip(),
                        frozenset(filter(None, also)),
                        values.get("language") or "unknown",
                    )
                )
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path} is not UTF-8: save it as UTF-8") from error
    except csv.Error as error:
        raise EvaluationError(f"{path} is no table of tab-separated lines: {error}") from error
    return rows


def evaluate(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Counts over all rows and per language. An outcome is the router's for the row as the first
    message of a new session."""
    result = _counts(rows, outcomes)
    by_language: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_language[row.language].append(index)
    result["languages"] = {
        language: _counts([rows[i] for i in chosen], [outcomes[i] for i in chosen])
        for language, chosen in sorted(by_language.items())
    }
    return result


def _shown(outcome: Outcome) -> bool:
    """Whether the person was shown an answer rather than a question or a refusal."""
    if outcome.decision == "safety":
        return outcome.safety == "help"
    return outcome.decision in SHOWN


def _counts(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    count: Counter[str] = Counter()
    errors = []
    for row, outcome in zip(rows, outcomes, strict=True):
        helped = outcome.topic == CRISIS and outcome.safety in ("help", "ask")
        wrong = False
        if row.intent == OUT_OF_SCOPE:
            count["out_of_scope"] += 1
            if outcome.decision == OUT_OF_SCOPE or outcome.topic in row.also:
                count["out_of_scope_refused"] += 1
            elif outcome.decision == "clarify":
                count["out_of_scope_asked"] += 1
            else:
                count["out_of_scope_answered"] += 1
                wrong = True
        else:
            count["in_domain"] += 1
            right = _shown(outcome) and outcome.topic in row.expected
            offered = (
                outcome.decision == "clarify" and bool(row.expected & set(outcome.offered))
            ) or (outcome.safety == "ask" and CRISIS in row.expected)
            count["answered"] += _shown(outcome)
            count["answered_right"] += right
            count["offered_right"] += right or offered
            wrong = _shown(outcome) and not right
            count["wrong_shown"] += wrong
            refused = outcome.decision == OUT_OF_SCOPE and OUT_OF_SCOPE in row.also
            wrong = wrong or not (right or offered or refused)
        if row.intent == CRISIS:
            count["crisis"] += 1
            count["crisis_helped"] += helped
        elif CRISIS not in row.also and helped:
            count["crisis_false_alarms" if outcome.safety == "help" else "crisis_false_asked"] += 1
        if wrong:
            errors.append(
                {
                    "text": row.text,
                    "expected": sorted(row.expected),
                    "decision": outcome.decision,
                    "topic": outcome.topic or list(outcome.offered) or None,
                }
            )
    names = (
        "in_domain",
        "answered",
        "answered_right",
        "offered_right",
        "wrong_shown",
        "out_of_scope",
        "out_of_scope_refused",
        "out_of_scope_asked",
        "out_of_scope_answered",
        "crisis",
        "crisis_helped",
        "crisis_false_alarms",
        "crisis_false_asked",
    )
    result: dict[str, Any] = {"rows": len(rows)} | {name: count[name] for name in names}
    result["macro_f1"] = _macro_f1(rows, outcomes)
    result["rates"] = _rates(result)
    result["errors"] = errors
    return result


def _rates(count: dict[str, Any]) -> dict[str, dict[str, float]]:
    other = count["rows"] - count["crisis"]
    pairs = {
        "answered": ("answered", count["in_domain"]),
        "right_among_answered": ("answered_right", count["answered"]),
        "answered_or_offered": ("offered_right", count["in_domain"]),
        "wrong_shown": ("wrong_shown", count["in_domain"]),
        "out_of_scope_not_answered": (None, count["out_of_scope"]),
        "out_of_scope_asked": ("out_of_scope_asked", count["out_of_scope"]),
        "crisis_helped": ("crisis_helped", count["crisis"]),
        "crisis_false_alarms": ("crisis_false_alarms", other),
        "crisis_false_asked": ("crisis_false_asked", other),
    }
    rates = {}
    for name, (key, total) in pairs.items():
        hits = count[key] if key else total - count["out_of_scope_answered"]
        if total:
            low, high = wilson(hits, total)
            rates[name] = {"rate": hits / total, "low": low, "high": high, "n": total}
    return rates


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; holds near 0 and 1 and for small n."""
    share = hits / total
    scale = 1 + Z_95**2 / total
    centre = (share + Z_95**2 / (2 * total)) / scale
    half = Z_95 * math.sqrt(share * (1 - share) / total + Z_95**2 / (4 * total**2)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def _macro_f1(rows: Sequence[Row], outcomes: Iterable[Outcome]) -> float | None:
    """F1 of the top of the ranking, over intents with at least eight rows."""
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    meant: Counter[str] = Counter(row.intent for row in rows)
    for row, outcome in zip(rows, outcomes, strict=True):
        top = outcome.ranking[0][0] if outcome.ranking else (outcome.topic or OUT_OF_SCOPE)
        said[top] += 1
        right[row.intent] += top == row.intent
    scored = [intent for intent, rows_of in meant.items() if rows_of >= MIN_ROWS_FOR_F1]
    if not scored:
        return None
    return sum(2 * right[i] / (said[i] + meant[i]) for i in scored) / len(scored)
