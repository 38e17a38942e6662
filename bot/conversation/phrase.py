"""The notation of the safety words: from a phrase that an editor wrote to a bounded search.

Nothing in the notation repeats without a bound, so a search takes time linear in the text. Each
phrase also yields needles, short strings of which a message must hold at least one: most phrases
are dismissed by them without a search.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import NamedTuple

MAX_GAPS = 3  # gaps of one phrase: what they can try together stays small
MAX_DEPTH = 5  # pieces inside pieces

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
ANY_HAN = re.compile(f"[{_HAN}]")
_BRACKET = re.compile("[()]")
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
_FEW_STARTS = 12  # up to here trying every beginning is cheaper than a search
_COMMON = 2.0  # needles of a higher cost stand in many messages
_KEY = 4  # characters by which needles are looked up
_LOOKS = ("(?!", "(?<!")


class Needles(NamedTuple):
    """Texts of which a match holds at least one, with at most `before` characters ahead of it."""

    texts: frozenset[str]
    before: int

    def after(self, width: int) -> "Needles":
        """The same needles when as many characters stand before the part that they are of."""
        return Needles(self.texts, self.before + width)


class PhraseError(ValueError):
    """A phrase that cannot be used; the message tells an editor what to write instead."""


class Phrase:
    """One phrase, ready to search. Compiled at its first use: few messages need many of them."""

    def __init__(self, pattern: str, width: int, needles: Needles | None, head: Needles | None):
        self.pattern = pattern
        self.width = width  # characters that a match has at most
        self.needles = needles  # the rarest that there are, or None
        # Others, near its beginning: where a match is tried. None where `needles` serve for that.
        self.head = head

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def spans(
        self, text: str, places: Sequence[int] | None, heads: Sequence[int] | None = None
    ) -> Iterator[tuple[int, int]]:
        """Where the phrase stands in a folded text, given the places of its needles in order.

        `heads` are those of `head`. Without places the whole text is searched.
        """
        if self.needles is None or places is None:
            yield from (match.span() for match in self.regex.finditer(text))
        elif self.head:
            near = _near(heads or (), places, self.head.before, self.needles.before)
            yield from self._from_starts(text, near, self.head.before)
        elif self.needles.before <= _FEW_STARTS:
            yield from self._from_starts(text, places, self.needles.before)
        else:
            yield from self._in_windows(text, places, self.needles.before)

    def _from_starts(
        self, text: str, places: Iterable[int], before: int
    ) -> Iterator[tuple[int, int]]:
        """A match begins at most `before` characters ahead of a needle: tried from there."""
        match = self.regex.match
        start = 0
        for place in places:
            start = max(start, place - before)
            while start <= place:
                found = match(text, start)
                start += 1
                if found:
                    yield found.span()
                    start = max(start, found.end())

    def _in_windows(
        self, text: str, places: Sequence[int], before: int
    ) -> Iterator[tuple[int, int]]:
        """A match holds a needle, so that it lies in one of the stretches around them."""
        windows: list[tuple[int, int]] = []
        for place in places:
            start = max(0, place - before)
            end = min(len(text), place + self.width + _LOOK_WIDTH)
            if windows and start <= windows[-1][1]:
                windows[-1] = (windows[-1][0], end)
            else:
                windows.append((start, end))
        for start, end in windows:
            for match in self.regex.finditer(text, start, end):
                # Near the cut the text only seems to end; such a match lies whole in a window.
                if end == len(text) or match.end() + _LOOK_WIDTH <= end:
                    yield match.span()


def _near(heads: Sequence[int], places: Sequence[int], before: int, after: int) -> Iterator[int]:
    """The heads that have one of the places at most so many characters before or after them."""
    following = 0
    for head in heads:
        while following < len(places) and places[following] < head - before:
            following += 1
        if following == len(places):
            return
        if places[following] <= head + after:
            yield head


class Phrases:
    """Many phrases that are looked for together."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self.phrases = tuple(phrases)
        self._always = tuple(phrase for phrase in self.phrases if phrase.needles is None)

    def spans(self, text: str, places: "Places") -> list[tuple[int, int]]:
        """All stretches where a phrase stands, in no order; `places` of the text, see `Index`."""
        return list(self._spans(text, places))

    def stand(self, text: str, places: "Places") -> bool:
        """Whether one of the phrases stands in the text."""
        return next(self._spans(text, places), None) is not None

    def strike(self, text: str, places: "Places", mark: str) -> str:
        """The text with every place where a phrase stands replaced by marks of the same length."""
        return strike(text, self.spans(text, places), mark)

    def _spans(self, text: str, places: "Places") -> Iterator[tuple[int, int]]:
        for phrase in self._always:
            yield from phrase.spans(text, None)
        for phrase, where, heads in places.get(self, ()):
            yield from phrase.spans(text, where, heads)


Found = tuple[Phrase, Sequence[int], Sequence[int] | None]  # see Phrase.spans
Places = Mapping[Phrases, Sequence[Found]]
Hits = Mapping[str, Sequence[int]]


class Index:
    """The needles of all phrases, found in one pass over a text."""

    def __init__(self, groups: Iterable[Phrases]) -> None:
        # Phrases with the same needles, such as those about <who>, share their places.
        self._numbers: dict[frozenset[str], int] = {}
        self._sharing: list[list[tuple[Phrases, Phrase, int | None]]] = []
        for group in groups:
            for phrase in group.phrases:
                if phrase.needles:
                    head = self._number(phrase.head.texts) if phrase.head else None
                    self._sharing[self._number(phrase.needles.texts)].append((group, phrase, head))
        self._sets_of: dict[str, list[int]] = {}
        for needles, number in self._numbers.items():
            for needle in needles:
                self._sets_of.setdefault(needle, []).append(number)
        self._marked = [needle for needle in self._sets_of if any(map(needle.count, _STRUCK))]
        # Needles by their first characters, as many as they have up to _KEY.
        self._by_key: list[dict[str, list[str]]] = [{} for _ in range(_KEY + 1)]
        for needle in self._sets_of:
            key = needle[:_KEY]
            self._by_key[len(key)].setdefault(key, []).append(needle)

    def _number(self, needles: frozenset[str]) -> int:
        number = self._numbers.setdefault(needles, len(self._sharing))
        if number == len(self._sharing):
            self._sharing.append([])
        return number

    def hits(self, text: str) -> Hits:
        """Where the needles stand in a text. Striking out later keeps the length, and the hits."""
        hits: dict[str, list[int]] = {}
        for length in range(1, _KEY + 1):
            keys = self._by_key[length]
            starts = range(len(text) - length + 1)
            for at in [at for at in starts if text[at : at + length] in keys]:
                for needle in keys[text[at : at + length]]:
                    if len(needle) == length or text.startswith(needle, at):
                        if needle in hits:
                            hits[needle].append(at)
                        else:
                            hits[needle] = [at]
        return hits

    def marked(self, text: str) -> Hits:
        """The same of the needles that hold the mark of what was struck out."""
        return {needle: found for needle in self._marked if (found := _all_in(needle, text))}

    def places(self, hits: Hits) -> Places:
        """For every group the phrases that a text may hold, with the places of their needles."""
        where: dict[int, list[int]] = {}
        for needle, found in hits.items():
            for number in self._sets_of[needle]:
                where.setdefault(number, []).extend(found)
        for found in where.values():
            found.sort()
        places: dict[Phrases, list[Found]] = {}
        for number, found in where.items():
            for group, phrase, head in self._sharing[number]:
                if head is None or head in where:
                    heads = None if head is None else where[head]
                    places.setdefault(group, []).append((phrase, found, heads))
        return places


def _all_in(needle: str, text: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(needle, at)]


def strike(text: str, spans: Sequence[tuple[int, int]], mark: str) -> str:
    for start, end in spans:
        text = f"{text[:start]}{mark * (end - start)}{text[end:]}"
    return text


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
    part = _read_group(text, latin)
    pattern = f"(?<![a-z0-9])(?:{part.pattern})(?![a-z0-9])" if latin else part.pattern
    needles, head = part.needles, part.head
    if needles and not head and part.second and _cost(needles, latin) > _COMMON:
        needles, head = part.second, needles  # both must be there: common words are not enough
    return Phrase(pattern, part.width, needles, head)


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
    """What was read of a phrase: pattern, greatest length, and the needles as in `Phrase`."""

    pattern: str
    width: int = 0
    needles: Needles | None = None
    head: Needles | None = None
    second: Needles | None = None  # the rarest elsewhere in the phrase
    literal: bool = False  # one character that stands for itself

    @property
    def start(self) -> Needles | None:
        """Needles near the beginning."""
        if self.needles and self.needles.before <= _FEW_STARTS:
            return self.needles
        return self.head


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
        needles = _either([part.needles for part in parts])
        head = _either([part.start for part in parts])
        return _Part(
            "|".join(part.pattern for part in parts),
            max(part.width for part in parts),
            needles,
            None if needles and needles.before <= _FEW_STARTS else head,
            _either([part.second for part in parts]),
        )

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
                choices.append(Needles(frozenset([run]), width - len(run)))
                run = ""
                if not optional:
                    choices += [some.after(width) for some in (part.needles, part.head) if some]
            pattern += part.pattern + ("?" if optional else "")
            width += part.width
        choices.append(Needles(frozenset([run]), width - len(run)))
        cost = partial(_cost, latin=self.latin)
        usable = [choice for choice in choices if "" not in choice.texts]
        near = [choice for choice in usable if choice.before <= _FEW_STARTS]
        needles = min(usable, key=cost, default=None)
        head = min(near, key=cost, default=None)
        others = [choice for choice in usable if choice is not needles]
        second = min(others, key=cost, default=None)
        return _Part(pattern, width, needles, None if head is needles else head, second)

    def atom(self, sign: str) -> _Part:
        if sign.isalnum():
            self.at += 1
            return _letter(sign)
        text, at = self.text, self.at
        for gap, (characters, words) in _GAPS.items():
            written = gap if not self.latin else f"{gap} " if gap == "~" else f" {gap} "
            if text.startswith(written, at):
                self.at += len(written)
                pattern, width = words if self.latin else characters
                return _Part(pattern, width)
        if text.startswith(("^^", "$$"), at):
            self.at += 2
            return _Part(r"\A[ ,.]{0,3}" if sign == "^" else r"[ ,.]{0,3}\Z", 3)
        if sign in "^$":
            self.at += 1
            border = _BORDERS[self.latin]
            begins = rf"(?:(?<=[{border}])|(?<=[{border}] )|(?<=\A))"
            return _Part(begins if sign == "^" else rf"(?=[{border}]|\Z)")
        if sign == "*" and self.latin:
            self.at += 1
            return _Part(*_REST_OF_WORD)
        if sign == "[":
            return self.one_of()
        if sign == "(":
            return self.group()
        if sign not in f" ,{_STRUCK}":
            raise PhraseError(f"'{sign}' cannot be used here: see the notation at the head")
        self.at += 1
        return _Part(re.escape(sign) if sign in _STRUCK else sign, 1, literal=True)

    def one_of(self) -> _Part:
        found = re.compile(r"\[(\^?)([^\[\]\\^]+)\]").match(self.text, self.at)
        if not found:
            raise PhraseError("'[' is not closed: write [ab] or [^ab]")
        self.at = found.end()
        plain = not found[1] and "-" not in found[2]
        return _Part(found[0], 1, Needles(frozenset(found[2]), 0) if plain else None)

    def group(self) -> _Part:
        opening = next((look for look in _LOOKS if self.text.startswith(look, self.at)), "(")
        self.at += len(opening)
        closed = self.closed(self.at)
        part = _read_group(self.text[self.at : closed], self.latin)
        self.at = closed + 1
        if opening == "(":
            return replace(part, pattern=f"(?:{part.pattern})")
        if part.width > _LOOK_WIDTH:
            raise PhraseError("what must not follow is too long: shorten it")
        return _Part(f"{opening}{part.pattern})")

    def closed(self, at: int) -> int:
        """Where the bracket closes that was opened just before."""
        depth = 1
        for bracket in _BRACKET.finditer(self.text, at):
            depth += 1 if bracket[0] == "(" else -1
            if not depth:
                return bracket.start()
        raise PhraseError("'(' is not closed: look at the brackets")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]


def _cost(needles: Needles, latin: bool) -> float:
    """How many messages needles let through, roughly: short ones stand in many."""
    letters = (9.0, 9.0, 4.0, 1.0, 0.3) if latin else (9.0, 1.0, 0.1, 0.05, 0.03)
    return sum(letters[min(len(text), 4)] for text in needles.texts)


@cache
def _letter(sign: str) -> _Part:
    return _Part(sign, 1, literal=True)


@cache
def _read_group(text: str, latin: bool) -> _Part:
    """What stands in brackets. Kept, since most phrases are made of the same pieces."""
    reader = _Reader(text, latin)
    part = reader.alternatives()
    if reader.at < len(text):
        raise PhraseError("a bracket is closed that was not opened: look at the brackets")
    return part


def _either(needles: Sequence[Needles | None]) -> Needles | None:
    """What stands for each of several parts, if there is something for all."""
    given = [some for some in needles if some]
    if len(given) < len(needles):
        return None
    texts = frozenset[str]().union(*(some.texts for some in given))
    return Needles(texts, max(some.before for some in given))
