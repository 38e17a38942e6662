"""Who gets a letter: who comes first, whom else it can go to, and what fits each of them.

The order is that of the reporting channels: danger first (110, no letter), then the lender's own
desk, then the regulator of that kind of lender, then whoever takes one kind of conduct.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.knowledge.content import Content

LENDER, POLICE = "lender", "police"


def recipient(content: Content, to: str) -> Mapping[str, Any]:
    """The entry in letters.yml; an empty one for a letter that goes to the lender alone."""
    entry: Mapping[str, Any] = content.kit["letters"]["recipients"].get(to, {})
    return entry


def proposed(content: Content, letter: str, kind: str) -> str:
    """Who comes first. Who lends without a licence has no desk that would answer."""
    named = _of_letter(content, letter)
    if kind == "unlicensed" and POLICE in named:
        return POLICE
    return named[0] if named else LENDER


def offered(content: Content, letter: str, kind: str, conducts: Sequence[str]) -> list[str]:
    """Everybody this letter can go to, for this kind of lender and these conducts."""
    return [
        name
        for name in _of_letter(content, letter)
        if kind in recipient(content, name).get("for", (kind,))
        and ("takes" not in recipient(content, name) or taken(content, name, conducts))
    ]


def taken(content: Content, to: str, conducts: Iterable[str]) -> tuple[str, ...]:
    """Those conducts that are this recipient's business."""
    takes = recipient(content, to).get("takes")
    return tuple(one for one in conducts if takes is None or one in takes)


def wants_for(content: Content, to: str) -> tuple[str, ...]:
    """The requests that can be made of this recipient."""
    wants = content.kit["letters"]["wants"]
    return tuple(name for name, want in wants.items() if to in want["for"])


def suggested_wants(content: Content, to: str, conducts: Iterable[str]) -> tuple[str, ...]:
    """To the lender and its regulators what fits the conducts; to others what they are for."""
    fitting = wants_for(content, to)
    if "stop-abuse" not in fitting:
        return fitting
    wanted = [content.kit["conducts"][name]["want"] for name in conducts]
    return tuple(dict.fromkeys([*wanted, "reply"]))


def regulator(content: Content, kind: str) -> str:
    """Who supervises this kind of lender; "" where that is not known or nobody does."""
    entries = content.kit["letters"]["recipients"].items()
    return next(
        (name for name, one in entries if one.get("regulator") and kind in one["for"]),
        "",
    )


def _of_letter(content: Content, letter: str) -> Sequence[str]:
    names: Sequence[str] = content.kit["letters"]["letters"][letter].get("recipients", ())
    return names
