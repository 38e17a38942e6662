"""The notation of the safety words: from a phrase that an editor wrote to a bounded search.

Nothing in the notation repeats without a bound, so a search takes time linear in the text. Each
phrase also yields needles, short strings of which a message must hold at least one: most phrases
are dismissed by them without a search.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

MAX_GAPS = 3  # gaps of one phrase: what they can try together stays small
MAX_DEPTH = 5  # pieces inside pieces

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
ANY_HAN = re.compile(f"[{_HAN}]")
_PIECE = re.compile("<([a-z_]+)>")
_STRUCK = "#§"  # the marks that stand for what was struck out of a message
# Where a clause begins and ends; Chinese is often written with blanks for commas.
_BORDERS = {False: f" ,.{_STRUCK}", True: f",.{_STRUCK}"}
_GAPS = {  # between Chinese characters, between words: the pattern and its greatest length
    "……": (("[^.]{0,16}?", 16), (",? (?:[^.]{0,60}? )??", 63)),
    "…": (("[^.]{0,6}?", 6), (",? (?:[^.]{0,24}? )??", 27)),
    # Within the clause and without a first person: the subject before it is still the subject.
    "~": (
        ("[^., 我俺]{0,8}?", 8),
        ("(?:(?!(?:i|im|ive|id|ill|yo|me) )[a-z0-9]{1,15} ){0,6}?", 96),
    ),
}
_REST_OF_WORD = ("[a-z]{0,15}", 15)
_LOOK_WIDTH = 96  # what a phrase may look at beyond its end
_MANY_PLACES = 40  # from here on one search of the whole text is cheaper
_LOOKS = ("(?!", "(?<!")

Needles = frozenset[str]
Keys = frozenset[str]


class PhraseError(ValueError):
    """A phrase that cannot be used; the message tells an editor what to write instead."""


class Phrase:
    """One phrase, ready to search. Compiled at its first use: few messages need many of them."""

    def __init__(self, pattern: str, needles: Needles | None, width: int) -> None:
        self.pattern = pattern
        self.needles = needles
        self.width = width  # characters that a match has at most

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def spans(self, text: str, keys: Keys) -> list[tuple[int, int]]:
        """Where the phrase stands in a folded text; `keys` are `keys_of` the text."""
        found = []
        for start, end in self._windows(text, keys):
            for match in self.regex.finditer(text, start, end):
                # Near the cut the text only seems to end; such a match lies whole in a window.
                if end == len(text) or match.end() + _LOOK_WIDTH <= end:
                    found.append(match.span())
        return found

    def _windows(self, text: str, keys: Keys) -> list[tuple[int, int]]:
        """The stretches around the needles: a match holds one, so that it lies in one of them."""
        if self.needles is None:
            return [(0, len(text))]
        places = []
        for needle in self.needles:
            if needle[:2] not in keys or needle[-2:] not in keys:
                continue
            at = text.find(needle)
            while at >= 0:
                places.append(at)
                if len(places) > _MANY_PLACES:
                    return [(0, len(text))]
                at = text.find(needle, at + 1)
        windows: list[tuple[int, int]] = []
        for place in sorted(places):
            start = max(0, place - self.width)
            end = min(len(text), place + self.width + _LOOK_WIDTH)
            if windows and start <= windows[-1][1]:
                windows[-1] = (windows[-1][0], end)
            else:
                windows.append((start, end))
        return windows


class Phrases:
    """Many phrases, found by the beginnings of their needles."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self.phrases = tuple(phrases)
        self._always: list[int] = []
        self._by_key: dict[str, list[int]] = {}
        for number, phrase in enumerate(self.phrases):
            if phrase.needles is None:
                self._always.append(number)
            for key in {needle[:2] for needle in phrase.needles or ()}:
                self._by_key.setdefault(key, []).append(number)

    def spans(self, text: str, keys: Keys) -> list[tuple[int, int]]:
        """All places where a phrase stands; `keys` are `keys_of` the text."""
        numbers = set(self._always)
        for key in keys & self._by_key.keys():
            numbers.update(self._by_key[key])
        return [
            span for number in sorted(numbers) for span in self.phrases[number].spans(text, keys)
        ]

    def strike(self, text: str, keys: Keys, mark: str) -> str:
        """The text with every place where a phrase stands replaced by marks of the same length."""
        return strike(text, self.spans(text, keys), mark)


def strike(text: str, spans: Sequence[tuple[int, int]], mark: str) -> str:
    for start, end in spans:
        text = f"{text[:start]}{mark * (end - start)}{text[end:]}"
    return text


def keys_of(text: str) -> Keys:
    """The single characters and the pairs of a text."""
    return frozenset(text) | frozenset(map("".join, pairwise(text)))


def read_phrase(text: str, pieces: Mapping[str, str], folded: Callable[[str], str]) -> Phrase:
    """Read one phrase. `folded` is what happens to messages. Raises PhraseError with the remedy."""
    text = _expand(text, pieces)
    latin = not ANY_HAN.search(text)
    plain = re.sub("[…§]", "", text)
    if folded(text) != text or (latin and not plain.isascii()) or "'" in text:
        raise PhraseError(
            "messages are folded: write Simplified, lower case, without accents and apostrophes"
        )
    if text.count("……") + text.replace("……", "").count("…") > MAX_GAPS:
        raise PhraseError(f"more than {MAX_GAPS} gaps: split the phrase in two")
    reader = _Reader(text, latin)
    part = reader.alternatives()
    if reader.at < len(text):
        raise PhraseError("a bracket is closed that was not opened: look at the brackets")
    pattern = f"(?<![a-z0-9])(?:{part.pattern})(?![a-z0-9])" if latin else part.pattern
    return Phrase(pattern, part.needles, part.width)


def check_phrase(phrase: Phrase) -> None:
    """Whether a phrase that was read can be searched for. Raises PhraseError."""
    try:
        if phrase.regex.search(""):
            raise PhraseError("it would hold for every message: leave no phrase empty")
    except re.error as error:
        raise PhraseError(f"not well formed ({error}): look at its brackets") from error


def _expand(text: str, pieces: Mapping[str, str], depth: int = 0) -> str:
    def piece(found: re.Match[str]) -> str:
        if found[1] not in pieces or depth >= MAX_DEPTH:
            raise PhraseError(f"no piece <{found[1]}>: name one that stands under 'pieces'")
        return f"({_expand(pieces[found[1]], pieces, depth + 1)})"

    return _PIECE.sub(piece, text)


@dataclass(frozen=True)
class _Part:
    """What was read of a phrase: its pattern, the needles of a match, its greatest length."""

    pattern: str
    needles: Needles | None = None
    width: int = 0
    literal: bool = False  # one character that stands for itself


class _Reader:
    """Reads the notation from left to right, writing the pattern and keeping the best needles."""

    def __init__(self, text: str, latin: bool) -> None:
        self.text = text
        self.latin = latin
        self.at = 0

    def alternatives(self) -> _Part:
        """Up to the closing bracket or the end: `a|b|c`."""
        parts = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            parts.append(self.sequence())
        needles: Needles | None = frozenset()
        for part in parts:
            needles = None if needles is None or part.needles is None else needles | part.needles
        pattern = "|".join(part.pattern for part in parts)
        return _Part(pattern, needles, max(part.width for part in parts))

    def sequence(self) -> _Part:
        pattern = ""
        width = 0
        run = ""  # characters that must follow one another
        choices: list[Needles] = []
        while (sign := self.peek()) and sign not in "|)":
            part = self.atom(sign)
            optional = self.peek() == "?"
            if optional:
                if not part.literal and not part.pattern.endswith((")", "]")):
                    raise PhraseError(
                        f"'{sign}?' cannot be used: '?' follows a letter or a bracket"
                    )
                if part.pattern.startswith(_LOOKS):
                    raise PhraseError("'?' after '(?!…)' or '(?<!…)': leave it out")
                self.at += 1
            if part.literal and not optional:
                run += sign
            else:
                choices.append(frozenset([run]))
                run = ""
                if part.needles and not optional:
                    choices.append(part.needles)
            pattern += part.pattern + ("?" if optional else "")
            width += part.width
        choices.append(frozenset([run]))
        best = min((choice for choice in choices if "" not in choice), key=self.cost, default=None)
        return _Part(pattern, best, width)

    def atom(self, sign: str) -> _Part:
        text, at = self.text, self.at
        for gap, (characters, words) in _GAPS.items():
            written = gap if not self.latin else f"{gap} " if gap == "~" else f" {gap} "
            if text.startswith(written, at):
                self.at += len(written)
                pattern, width = words if self.latin else characters
                return _Part(pattern, width=width)
        if text.startswith(("^^", "$$"), at):
            self.at += 2
            return _Part(r"\A[ ,.]{0,3}" if sign == "^" else r"[ ,.]{0,3}\Z", width=3)
        if sign in "^$":
            self.at += 1
            border = _BORDERS[self.latin]
            begins = rf"(?:(?<=[{border}])|(?<=[{border}] )|(?<=\A))"
            return _Part(begins if sign == "^" else rf"(?=[{border}]|\Z)")
        if sign == "*" and self.latin:
            self.at += 1
            return _Part(_REST_OF_WORD[0], width=_REST_OF_WORD[1])
        if sign == "[":
            return self.one_of()
        if sign == "(":
            return self.group()
        if not (sign.isalnum() or sign in f" ,{_STRUCK}"):
            raise PhraseError(f"'{sign}' cannot be used here: see the notation at the head")
        self.at += 1
        return _Part(re.escape(sign) if sign in _STRUCK else sign, width=1, literal=True)

    def one_of(self) -> _Part:
        found = re.compile(r"\[(\^?)([^\[\]\\^]+)\]").match(self.text, self.at)
        if not found:
            raise PhraseError("'[' is not closed: write [ab] or [^ab]")
        self.at = found.end()
        plain = not found[1] and "-" not in found[2]
        return _Part(found[0], frozenset(found[2]) if plain else None, 1)

    def group(self) -> _Part:
        opening = next((look for look in _LOOKS if self.text.startswith(look, self.at)), "(")
        self.at += len(opening)
        part = self.alternatives()
        if self.peek() != ")":
            raise PhraseError("'(' is not closed: look at the brackets")
        self.at += 1
        if opening == "(":
            return _Part(f"(?:{part.pattern})", part.needles, part.width)
        if part.width > _LOOK_WIDTH:
            raise PhraseError("what must not follow is too long: shorten it")
        return _Part(f"{opening}{part.pattern})")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def cost(self, needles: Needles) -> float:
        """How many messages needles let through, roughly: short ones stand in many."""
        letters = (9.0, 9.0, 4.0, 1.0, 0.3) if self.latin else (9.0, 1.0, 0.1, 0.05, 0.03)
        return sum(letters[min(len(needle), 4)] for needle in needles)
