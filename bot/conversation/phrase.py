"""The notation of the safety words: from a phrase that an editor wrote to a bounded search.

Nothing in the notation repeats without a bound, so a search takes time linear in the text. Each
phrase also yields needles, short strings of which a message must hold at least one: most phrases
are dismissed by them without a search.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

MAX_GAPS = 3  # gaps of one phrase: what they can try together stays small
MAX_DEPTH = 5  # pieces inside pieces

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
ANY_HAN = re.compile(f"[{_HAN}]")
_PIECE = re.compile("<([a-z_]+)>")
_STRUCK = "#§"  # the marks that stand for what was struck out of a message
# Where a clause begins and ends; Chinese is often written with blanks for commas.
_BORDERS = {False: f" ,.{_STRUCK}", True: f",.{_STRUCK}"}
_GAPS = {  # between Chinese characters; between words
    "……": ("[^.]{0,16}?", ",? (?:[^.]{0,60}? )??"),
    "…": ("[^.]{0,6}?", ",? (?:[^.]{0,24}? )??"),
    # Within the clause and without a first person: the subject before it is still the subject.
    "~": ("[^., 我俺]{0,8}?", "(?:(?!(?:i|im|ive|id|ill|yo|me) )[a-z0-9]{1,15} ){0,6}?"),
}
_REST_OF_WORD = "[a-z]{0,15}"
_LOOKS = ("(?!", "(?<!")

Needles = frozenset[str]


class PhraseError(ValueError):
    """A phrase that cannot be used; the message tells an editor what to write instead."""


class Phrase:
    """One phrase, ready to search. Compiled at its first use: few messages need many of them."""

    def __init__(self, pattern: str, needles: Needles | None) -> None:
        self.pattern = pattern
        self.needles = needles

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the phrase stands in a folded text."""
        if self.needles is not None and not any(needle in text for needle in self.needles):
            return []
        return [found.span() for found in self.regex.finditer(text)]


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

    def spans(self, text: str, keys: frozenset[str]) -> list[tuple[int, int]]:
        """All places where a phrase stands; `keys` are `keys_of` the text."""
        numbers = set(self._always)
        for key in keys & self._by_key.keys():
            numbers.update(self._by_key[key])
        return [span for number in sorted(numbers) for span in self.phrases[number].spans(text)]

    def strike(self, text: str, keys: frozenset[str], mark: str) -> str:
        """The text with every place where a phrase stands replaced by marks of the same length."""
        return strike(text, self.spans(text, keys), mark) if keys else text


def strike(text: str, spans: Sequence[tuple[int, int]], mark: str) -> str:
    for start, end in spans:
        text = f"{text[:start]}{mark * (end - start)}{text[end:]}"
    return text


def keys_of(text: str) -> frozenset[str]:
    """The single characters and the pairs of a text."""
    return frozenset(text) | frozenset(map("".join, zip(text, text[1:], strict=False)))


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
    pattern, needles = reader.alternatives()
    if reader.at < len(text):
        raise PhraseError("a bracket is closed that was not opened: look at the brackets")
    if latin:
        pattern = f"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])"
    phrase = Phrase(pattern, needles)
    return phrase


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


class _Reader:
    """Reads the notation from left to right, writing the pattern and keeping the best needles."""

    def __init__(self, text: str, latin: bool) -> None:
        self.text = text
        self.latin = latin
        self.at = 0

    def alternatives(self) -> tuple[str, Needles | None]:
        """Up to the closing bracket or the end: `a|b|c`."""
        patterns = []
        needles: Needles | None = frozenset()
        while True:
            pattern, found = self.sequence()
            patterns.append(pattern)
            needles = None if needles is None or found is None else needles | found
            if self.peek() != "|":
                return "|".join(patterns), needles
            self.at += 1

    def sequence(self) -> tuple[str, Needles | None]:
        pattern = ""
        run = ""  # characters that must follow one another
        choices: list[Needles] = []
        while (sign := self.peek()) and sign not in "|)":
            part, needles, literal = self.atom(sign)
            optional = self.peek() == "?"
            if optional:
                if literal is None and not part.endswith((")", "]")):
                    raise PhraseError(
                        f"'{sign}?' cannot be used: '?' follows a letter or a bracket"
                    )
                if part.startswith(_LOOKS):
                    raise PhraseError("'?' after '(?!…)' or '(?<!…)': leave it out")
                self.at += 1
                part = f"{part}?"
            if literal is not None and not optional:
                run += literal
            else:
                choices.append(frozenset([run]))
                run = ""
                if needles and not optional:
                    choices.append(needles)
            pattern += part
        choices.append(frozenset([run]))
        best = min((choice for choice in choices if "" not in choice), key=self.cost, default=None)
        return pattern, best

    def atom(self, sign: str) -> tuple[str, Needles | None, str | None]:
        """One element: its pattern, its needles, and the character if it is just one."""
        text, at = self.text, self.at
        for gap, (characters, words) in _GAPS.items():
            written = f"{gap} " if gap == "~" else f" {gap} "
            if self.latin and text.startswith(written, at):
                self.at += len(written)
                return words, None, None
            if not self.latin and text.startswith(gap, at):
                self.at += len(gap)
                return characters, None, None
        if text.startswith(("^^", "$$"), at):
            self.at += 2
            return (r"\A[ ,.]{0,3}" if sign == "^" else r"[ ,.]{0,3}\Z"), None, None
        if sign in "^$":
            self.at += 1
            border = _BORDERS[self.latin]
            begins = rf"(?:(?<=[{border}])|(?<=[{border}] )|(?<=\A))"
            return (begins if sign == "^" else rf"(?=[{border}]|\Z)"), None, None
        if sign == "*" and self.latin:
            self.at += 1
            return _REST_OF_WORD, None, None
        if sign == "[":
            return self.one_of()
        if sign == "(":
            return self.group()
        if not (sign.isalnum() or sign in f" ,{_STRUCK}"):
            raise PhraseError(f"'{sign}' cannot be used here: see the notation at the head")
        self.at += 1
        return re.escape(sign) if sign in _STRUCK else sign, None, sign

    def one_of(self) -> tuple[str, Needles | None, str | None]:
        found = re.compile(r"\[(\^?)([^\[\]\\^]+)\]").match(self.text, self.at)
        if not found:
            raise PhraseError("'[' is not closed: write [ab] or [^ab]")
        self.at = found.end()
        plain = not found[1] and "-" not in found[2]
        return found[0], frozenset(found[2]) if plain else None, None

    def group(self) -> tuple[str, Needles | None, str | None]:
        opening = next((look for look in _LOOKS if self.text.startswith(look, self.at)), "(")
        self.at += len(opening)
        pattern, needles = self.alternatives()
        if self.peek() != ")":
            raise PhraseError("'(' is not closed: look at the brackets")
        self.at += 1
        if opening != "(":
            return f"{opening}{pattern})", None, None
        return f"(?:{pattern})", needles, None

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def cost(self, needles: Needles) -> float:
        """How many messages needles let through, roughly: short ones stand in many."""
        letters = (9.0, 9.0, 4.0, 1.0, 0.3) if self.latin else (9.0, 1.0, 0.1, 0.05, 0.03)
        return sum(letters[min(len(needle), 4)] for needle in needles)
