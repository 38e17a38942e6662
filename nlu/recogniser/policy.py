"""From a ranking to a decision: answer, ask between two or three, or say it is out of scope."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

POLICY_FILE = "policy.json"
OUT_OF_SCOPE = "out_of_scope"
CRISIS = "crisis_self_harm"

# Nobody chooses these from a list, so they are answered or nothing.
NEVER_OFFERED = frozenset({"greet", "thanks", "goodbye", "affirm", "deny"})

THIRD_CHOICE = 0.05
"""A third choice is offered from this confidence on: below, two are quicker to read."""

Kind = Literal["answer", "clarify", "out_of_scope"]
Ranking = Sequence[tuple[str, float]]


@dataclasses.dataclass(frozen=True)
class Decision:
    """What to do with a message. `intents`: one to answer, two or three to choose from, or none."""

    kind: Kind
    intents: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Policy:
    """Thresholds on the confidences. `make train` fits them; the defaults are a cautious start."""

    answer_confidence: float = 0.65
    """An intent is answered from this confidence on ..."""
    answer_out_of_scope: float = 0.05
    """... if out_of_scope has at most this much."""
    refuse_out_of_scope: float = 0.3
    """From this confidence of out_of_scope on nothing is offered."""
    offer_confidence: float = 0.1
    """Below this for the best topic nothing is offered."""
    crisis_confidence: float = 0.3
    """From this confidence of crisis_self_harm on the gentle question is asked."""

    def decide(self, ranking: Ranking) -> Decision:
        """The decision for a ranking of all intents, best first."""
        out_of_scope = confidence(ranking, OUT_OF_SCOPE)
        if out_of_scope >= self.refuse_out_of_scope:
            return Decision("out_of_scope")
        topics = [row for row in ranking if row[0] != OUT_OF_SCOPE]
        if (
            topics
            and topics[0][1] >= self.answer_confidence
            and out_of_scope <= self.answer_out_of_scope
        ):
            return Decision("answer", (topics[0][0],))
        offered = [row for row in topics if row[0] not in NEVER_OFFERED]
        if len(offered) < 2 or offered[0][1] < self.offer_confidence:
            return Decision("out_of_scope")
        choices = 3 if len(offered) > 2 and offered[2][1] >= THIRD_CHOICE else 2
        return Decision("clarify", tuple(name for name, _ in offered[:choices]))

    def asks_about_crisis(self, ranking: Ranking) -> bool:
        """Whether somebody may be thinking of dying, so that the gentle question comes first."""
        return confidence(ranking, CRISIS) >= self.crisis_confidence

    def save(self, directory: Path) -> None:
        """Writes policy.json beside the model."""
        text = json.dumps(dataclasses.asdict(self), indent=2) + "\n"
        (directory / POLICY_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> "Policy":
        """Reads policy.json. Raises FileNotFoundError with the remedy when there is none."""
        path = directory / POLICY_FILE
        if not path.exists():
            raise FileNotFoundError(
                f"No decision policy at {path}: run 'make train', or restore it from git."
            )
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def confidence(ranking: Ranking, intent: str) -> float:
    """The confidence of one intent, 0 when the model does not know it."""
    return next((value for name, value in ranking if name == intent), 0.0)
