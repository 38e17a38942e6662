"""responses/signs.yml and deadlines.yml, read once: kinds, papers, signs, tactics, next steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from opencc import OpenCC

RESPONSES = Path(__file__).resolve().parents[2] / "responses"
# Weak signs against that together weigh as much as a strong one. Courts, lawyers and banks write
# sternly too, so more must come together before their papers are doubted.
WEAK_TOGETHER = 3
WEAK_TOGETHER_STERN = 4
STERN_KINDS = frozenset({"court_notice", "mediation", "lawyer_letter", "lender_reminder"})
Weight = Literal["strong", "weak", "neutral"]
Direction = Literal["against", "for"]
Texts = Mapping[str, str]


class RulesError(Exception):
    """signs.yml cannot be read; the message names the entry and what to mend."""


@dataclass(frozen=True)
class Rule:
    """One sign as written in signs.yml."""

    id: str
    weight: Weight
    direction: Direction
    text: Texts
    source: str
    any: tuple[re.Pattern[str], ...] = ()
    all: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    kinds: frozenset[str] = frozenset()
    makes: tuple[str, int] | None = None
    predicate: str = ""
    warned: bool = False


@dataclass(frozen=True)
class Tactic:
    id: str
    any: tuple[re.Pattern[str], ...]
    source: str
    text: Texts


@dataclass(frozen=True)
class Paper:
    """A court paper that a text claims to be, and the clocks that a genuine one starts."""

    id: str
    any: tuple[re.Pattern[str], ...]
    deadlines: tuple[str, ...]


@dataclass(frozen=True)
class NextStep:
    id: str
    route: str
    text: Texts


@dataclass(frozen=True)
class DeadlineEntry:
    """An entry of deadlines.yml: length in `unit`, None where the paper names the day."""

    id: str
    paper: Texts
    action: Texts
    start: Texts
    note: Texts
    length: int | None
    unit: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    kinds: Mapping[str, tuple[tuple[re.Pattern[str], int], ...]]
    harmless: tuple[tuple[re.Pattern[str], int], ...]
    papers: tuple[Paper, ...]
    signs: tuple[Rule, ...]
    tactics: tuple[Tactic, ...]
    steps: Mapping[str, NextStep]
    steps_by_kind: Mapping[str, tuple[str, ...]]
    deadlines: Mapping[str, DeadlineEntry]


@cache
def load_rules() -> Rules:
    """The rules that ship, read once. Raises RulesError with the entry that is wrong."""
    return read_rules(RESPONSES)


def read_rules(root: Path) -> Rules:
    """Raises RulesError with the entry that is wrong."""
    data = _yaml(root / "signs.yml")
    deadlines = _yaml(root / "deadlines.yml")
    entry = "signs.yml"
    try:
        kinds = {}
        for entry, rows in data["kinds"].items():
            kinds[entry] = tuple((_pattern(text), int(points)) for text, points in rows)
        entry = "harmless"
        harmless = tuple((_pattern(text), int(points)) for text, points in data["harmless"])
        papers = []
        for entry, paper in data["papers"].items():
            papers.append(Paper(entry, _patterns(paper["any"]), tuple(paper["deadlines"])))
        signs = []
        for sign in data["signs"]:
            entry = sign["id"]
            signs.append(_rule(sign))
        tactics = []
        for tactic in data["tactics"]:
            entry = tactic["id"]
            found = Tactic(entry, _patterns(tactic["any"]), tactic["source"], tactic["text"])
            tactics.append(found)
        steps = {}
        for entry, step in data["steps"].items():
            steps[entry] = NextStep(entry, step["route"], step["text"])
        entry = "steps_by_kind"
        by_kind = {kind: tuple(names) for kind, names in data["steps_by_kind"].items()}
        entries = {}
        for entry, row in deadlines.items():
            entries[entry] = _deadline(entry, row)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise RulesError(f"responses/signs.yml: {entry}: {error!r}. Mend that entry") from error
    return Rules(
        kinds, harmless, tuple(papers), tuple(signs), tuple(tactics), steps, by_kind, entries
    )


def _yaml(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return data


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _patterns(texts: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(_pattern, texts))


def _rule(sign: dict[str, Any]) -> Rule:
    if sign["weight"] not in ("strong", "weak", "neutral"):
        raise ValueError(f"weight {sign['weight']} is none of strong, weak, neutral")
    if sign["direction"] not in ("against", "for"):
        raise ValueError(f"direction {sign['direction']} is neither against nor for")
    if bool(sign.get("any")) == bool(sign.get("predicate")):
        raise ValueError("write either any or predicate")
    makes = sign.get("makes")
    return Rule(
        id=sign["id"],
        weight=sign["weight"],
        direction=sign["direction"],
        text=sign["text"],
        source=sign["source"],
        any=_patterns(sign.get("any", [])),
        all=_patterns(sign.get("all", [])),
        unless=_patterns(sign.get("unless", [])),
        kinds=frozenset(sign.get("kinds", [])),
        makes=(makes[0], makes[1]) if makes else None,
        predicate=sign.get("predicate", ""),
        warned=bool(sign.get("warned")),
    )


def _deadline(name: str, row: dict[str, Any]) -> DeadlineEntry:
    return DeadlineEntry(
        id=name,
        paper=row["paper"],
        action=row["action"],
        start=row["from"],
        note=row["note"],
        length=row["length"],
        unit=row["unit"],
        sources=tuple(row["sources"]),
    )


def pick(texts: Texts, language: str) -> str:
    """The text in this language; Traditional Chinese is made from the Simplified text."""
    return traditional(texts["zh"]) if language == "zh-Hant" else texts[language]


@cache
def _converter() -> OpenCC:
    return OpenCC("s2tw")


@cache
def _corrections() -> tuple[tuple[str, str], ...]:
    pairs = _yaml(RESPONSES / "zh-Hant.yml") or {}
    return tuple(sorted(pairs.items(), key=lambda pair: -len(pair[0])))


@cache
def traditional(text: str) -> str:
    converted = str(_converter().convert(text))
    for wrong, right in _corrections():
        converted = converted.replace(wrong, right)
    return converted
