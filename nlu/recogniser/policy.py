"""From a ranking to a decision: answer, ask between two or three, or say that it is out of scope."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

POLICY_FILE = "policy.json"
OUT_OF_SCOPE = "out_of_scope"
CRISIS = "crisis_self_harm"
CONVERSATION = frozenset(
    {
        "greet",
        "thanks",
        "goodbye",
        "affirm",
        "deny",
        "ask_capabilities",
        "ask_privacy",
        "bot_challenge",
        "change_language",
        "start_over",
    }
)

Kind = Literal["answer", "clarify", "out_of_scope"]
Ranking = Sequence[tuple[str, float]]


@dataclasses.dataclass(frozen=True)
class Decision:
    """What to do with a message. `intents`: one to answer, two or three to choose from, or none."""

    kind: Kind
    intents: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Policy:
    """Thresholds on the ranking, fitted by `make train`; the defaults are a cautious start."""

    answer_confidence: float = 0.55
    """An intent is answered from this confidence on ..."""
    answer_margin: float = 0.25
    """... if it leads the next one by as much ..."""
    answer_out_of_scope: float = 0.15
    """... and out_of_scope has at most this much."""
    refuse_out_of_scope: float = 0.35
    """From this confidence of out_of_scope on nothing is offered."""
    offer_confidence: float = 0.2
    """Below this for the best intent nothing is offered."""
    third_confidence: float = 0.1
    """A third choice is offered from this confidence on."""
    crisis_confidence: float = 0.2
    """From this confidence of crisis_self_harm on the gentle question is asked."""

    def decide(self, ranking: Ranking) -> Decision:
        """The decision for a ranking of all intents, best first."""
        out_of_scope = confidence(ranking, OUT_OF_SCOPE)
        topics = [row for row in ranking if row[0] != OUT_OF_SCOPE]
        if len(topics) < 3 or out_of_scope >= self.refuse_out_of_scope:
            return Decision("out_of_scope")
        (best, first), (_, second), (_, third) = topics[:3]
        if (
            first >= self.answer_confidence
            and first - second >= self.answer_margin
            and out_of_scope <= self.answer_out_of_scope
        ):
            return Decision("answer", (best,))
        if first < self.offer_confidence:
            return Decision("out_of_scope")
        choices = 3 if third >= self.third_confidence else 2
        return Decision("clarify", tuple(name for name, _ in topics[:choices]))

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
