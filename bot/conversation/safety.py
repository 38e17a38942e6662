"""Danger to life, looked for in the words before anything else understands them.

The words stand in responses/safety.yml, which says how its phrases are written; this module folds a
message (script, width, accents, evasions), strikes out what only sounds like danger, and returns
where the first rule leads. A phrase can repeat nothing without a bound, so no message is slow.
"""

import functools
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.knowledge.content import RESPONSES
from bot.knowledge.topics import STEP_ID, TOPIC_ID, ContentError, Problem

logger = logging.getLogger(__name__)

WORDS = RESPONSES / "safety.yml"
LANGUAGES = ("zh", "en", "es")
LEVELS = ("help", "ask")
MAX_CHARACTERS = 4096  # of each end of a longer text; a channel sends no more in one message
MAX_GAPS = 3  # gaps of one phrase: what they can try together stays small


@dataclass(frozen=True)
class Alarm:
    """Where the safety layer leads: a step of a safety topic; `certain` means help at once."""

    topic: str
    step: str
    certain: bool


def screen(text: str) -> Alarm | None:
    """The alarm that the words of a message raise, or None. Never raises, whatever the text.

    Where the word lists cannot be read the plainest words still lead to help; the failure itself
    is reported where content is loaded (`check_words`, `load_words`).
    """
    try:
        words = _shipped()
    except (ContentError, OSError):
        logger.critical("the safety words cannot be read: run 'helpline lint'")
        return LAST_RESORT_ALARM if _LAST_RESORT.search(fold(text)) else None
    return words.screen(text)


@functools.cache
def _shipped() -> "Words":
    return load_words(WORDS, RESPONSES)


# Only for the hour in which safety.yml is broken and the bot runs all the same.
_LAST_RESORT = re.compile(
    r"自杀|轻生|跳楼|想死|不想活|唔想做人|suicid|kill ?my ?self|want to die|end my life"
    r"|quitarme la vida|matarme|quiero morir|砸门|救命"
)
LAST_RESORT_ALARM = Alarm("crisis_self_harm", "help", certain=True)


# Folding: what is written differently and means the same

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ANY_HAN = re.compile(f"[{_HAN}]")
_ANY_LATIN = re.compile("[a-z]")
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['’‘`´ʼ]")
_SENTENCE_END = re.compile("[。!?¡¿\n\r\u2028\u2029]+")
_DOTS = re.compile(r"\.{2,}|…+|⋯+")
_COMMA = re.compile('[,、;:()\\[\\]{}"“”„«»「」『』《》〈〉【】<>|]+')
_OTHER_SIGN = re.compile(r"[^\w,. \n]|_")
_SPACES = re.compile(r"\s+")
_SPACED_COMMA = re.compile(r" ?([,.])[ ,.]*")
_REPEATED = re.compile(r"(\w)\1{2,}")
# "k i l l": single letters with one sign between them.
_SPELT_OUT = re.compile(r"(?<![a-z0-9])[a-z](?:[ .,]{1,2}[a-z]){3,40}(?![a-z0-9])")
_DISGUISED = re.compile(r"(?<![a-z0-9@$])[a-z][a-z013457@$]{2,19}(?![a-z0-9@$])")
_DISGUISE = str.maketrans("013457@$", "oieastas")
# Signs between Chinese characters: blanks always, a stop only between two characters that stand
# alone ("自。杀"), since elsewhere it ends a sentence ("不，想活下去").
_WEDGE = re.compile(f"(?<=[{_HAN}0-9]) (?=[{_HAN}0-9])")
_LONE_STOP = re.compile(
    f"(?:(?<=^[{_HAN}])|(?<=[ ,.][{_HAN}])), ?(?=[{_HAN}](?:[ ,.]|$))", re.MULTILINE
)


@functools.cache
def _to_simplified() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("tw2sp").convert
    return convert


def fold(text: str) -> str:
    """Lower case, half width, Simplified, without accents, apostrophes and invisible characters.

    Sentence ends become ".", other stops ",", every other sign a blank.
    """
    if len(text) > 2 * MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS] + "\n" + text[-MAX_CHARACTERS:]
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = unicodedata.normalize("NFKC", text)[: 3 * MAX_CHARACTERS].casefold()
    text = _INVISIBLE.sub("", text)
    if _ANY_HAN.search(text):
        text = _to_simplified()(text)
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
        text = _APOSTROPHES.sub("", text)
    else:
        text = text.replace("'", "").replace("`", "")
    if _ANY_LATIN.search(text):
        text = _DISGUISED.sub(lambda found: found[0].translate(_DISGUISE), text)
    text = _DOTS.sub(" ", text)
    text = _SENTENCE_END.sub(".", text)
    text = _COMMA.sub(",", text)
    text = _OTHER_SIGN.sub(" ", text)
    text = _SPACES.sub(" ", text)
    text = _SPACED_COMMA.sub(r"\1 ", text)
    text = _REPEATED.sub(r"\1", text)
    return text.strip()


def views(folded: str) -> tuple[str, ...]:
    """The folded text, and what it says without the signs that were put between its letters."""
    pressed = folded
    if _ANY_HAN.search(pressed):
        pressed = _WEDGE.sub("", _LONE_STOP.sub("", pressed))
    if _ANY_LATIN.search(pressed):
        pressed = _SPELT_OUT.sub(lambda found: re.sub("[ .,]", "", found[0]), pressed)
    return (folded,) if pressed == folded else (folded, pressed)


# Phrases: the notation of safety.yml


class PhraseError(ValueError):
    """A phrase that cannot be used; the message tells an editor what to write instead."""


_PIECE = re.compile("<([a-z_]+)>")
# Everything that could repeat without a bound, or that only programmers know, is refused.
_REFUSED = re.compile(r"[*+{}\\.]|\?\?|\(\?(?!!|<!)")
_OPENING = re.compile(r"\((?!\?)")
_GAPS = {  # between Chinese characters; between words
    "……": ("[^.]{0,16}?", ",? (?:[^.]{0,60}? )??"),
    "…": ("[^.]{0,6}?", ",? (?:[^.]{0,24}? )??"),
}


def _expand(phrase: str, pieces: Mapping[str, str], depth: int = 0) -> str:
    def piece(found: re.Match[str]) -> str:
        if found[1] not in pieces or depth > 4:
            raise PhraseError(f"no piece <{found[1]}>: name one that stands under 'pieces'")
        return f"({_expand(pieces[found[1]], pieces, depth + 1)})"

    return _PIECE.sub(piece, phrase)


def is_latin(phrase: str) -> bool:
    """Whether a phrase is made of words with blanks between them rather than of characters."""
    return not _ANY_HAN.search(phrase)


def to_pattern(phrase: str, pieces: Mapping[str, str]) -> str:
    """The regular expression of one phrase. Raises PhraseError with the remedy.

    Only `?` and the bounded gaps repeat anything, so a search takes time linear in the text.
    """
    text = _expand(phrase, pieces)
    if refused := _REFUSED.search(text):
        raise PhraseError(
            f"'{refused[0]}' cannot be used: see the notation at the head of the file"
        )
    if text.count("……") + text.replace("……", "").count("…") > MAX_GAPS:
        raise PhraseError(f"more than {MAX_GAPS} gaps: split the phrase in two")
    latin = is_latin(text)
    pattern = _OPENING.sub("(?:", text)
    pattern = pattern.replace("$$", r"[ ,.]{0,3}\Z").replace("^^", r"\A[ ,.]{0,3}")
    pattern = re.sub(r"(?<!\[)\^", r"(?:(?<=[ ,.#§])|(?<=\\A))", pattern)
    pattern = re.sub(r"\$", r"(?=[ ,.#§]|\\Z)", pattern)
    for gap, (between_characters, between_words) in _GAPS.items():
        pattern = pattern.replace(f" {gap} ", between_words).replace(gap, between_characters)
    if latin:
        pattern = f"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])"
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise PhraseError(
            f"'{phrase}' is not well formed ({error}): look at its brackets"
        ) from error
    if compiled.search(""):
        raise PhraseError(f"'{phrase}' would hold for every message: leave no phrase empty")
    return pattern


# The lists


@dataclass(frozen=True)
class Rule:
    """Where its phrases lead, and the phrases that take them back ("was that last week?")."""

    name: str
    alarm: Alarm
    # What it finds is not the writer's own word, and is taken away from the rules below it.
    strikes_out: bool
    found: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Words:
    """safety.yml, ready to search; the head of that file tells in which order."""

    harmless: tuple[re.Pattern[str], ...]
    quoted: tuple[re.Pattern[str], ...]
    spoken_to: tuple[re.Pattern[str], ...]
    rules: tuple[Rule, ...]

    def screen(self, text: str) -> Alarm | None:
        """The alarm of a message as it was written."""
        best: Alarm | None = None
        for view in views(fold(text)):
            alarm = self._first(view)
            if alarm and alarm.certain:
                return alarm
            best = best or alarm
        return best

    def _first(self, view: str) -> Alarm | None:
        for pattern in self.harmless:
            view = pattern.sub(_blank("#"), view)
        # What a collector told somebody to do; the mark stays, for "and I think I will".
        for pattern in self.quoted:
            view = pattern.sub(_blank("§"), view)
        own = others = view
        for pattern in self.spoken_to:
            others = pattern.sub(_blank("#"), others)
        holding: list[Rule] = []
        for rule in self.rules:
            where = others if rule.strikes_out else own
            spans = [found.span() for pattern in rule.found for found in pattern.finditer(where)]
            if not spans:
                continue
            if rule.strikes_out:
                for start, end in spans:
                    mark = "#" * (end - start)
                    own = f"{own[:start]}{mark}{own[end:]}"
                    others = f"{others[:start]}{mark}{others[end:]}"
            if not any(pattern.search(view) for pattern in rule.unless):
                holding.append(rule)
        first = min(
            holding, key=lambda rule: (not rule.alarm.certain, rule.strikes_out), default=None
        )
        return first.alarm if first else None


def _blank(mark: str) -> Callable[[re.Match[str]], str]:
    return lambda found: mark * len(found[0])


# Reading safety.yml


def load_words(path: Path = WORDS, root: Path = RESPONSES) -> Words:
    """Read the lists. Raises ContentError that names file, line and remedy."""
    reader = _Reader(path.relative_to(root).as_posix())
    words = reader.read(path)
    if reader.problems or words is None:
        raise ContentError(sorted(reader.problems))
    return words


def check_words(path: Path = WORDS, root: Path = RESPONSES) -> list[Problem]:
    """What is wrong with the lists, for lint; empty when they can be used."""
    try:
        load_words(path, root)
    except ContentError as error:
        return list(error.problems)
    return []


class _Reader:
    """Reads the file and keeps what is wrong with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.pieces: dict[str, str] = {}

    def report(self, line: int, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.name, line, message, remedy))

    def read(self, path: Path) -> Words | None:
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except FileNotFoundError:
            self.report(
                1, "the file is missing", "Restore it: it holds the words of danger to life"
            )
            return None
        except UnicodeDecodeError:
            self.report(1, "not UTF-8", "Save it as UTF-8")
            return None
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
            self.report(line, "not valid YAML", "Look at the indentation")
            return None
        parts = self.mapping(node)
        for key in parts.keys() - {"pieces", "harmless", "quoted", "spoken_to", "rules"}:
            self.report(_line(parts[key]), f"unknown part '{key}'", "See the head of the file")
        for name, piece in self.mapping(parts.get("pieces")).items():
            self.pieces[name] = "|".join(text for _, text in _phrases(piece))
        rules = tuple(
            rule
            for name, entry in self.mapping(parts.get("rules")).items()
            if (rule := self.rule(name, entry))
        )
        if not rules and not self.problems:
            self.report(1, "no rule", "Restore the part 'rules'")
        return Words(
            harmless=self.patterns(parts.get("harmless")),
            quoted=self.patterns(parts.get("quoted")),
            spoken_to=self.patterns(parts.get("spoken_to")),
            rules=rules,
        )

    def mapping(self, node: yaml.Node | None) -> dict[str, yaml.Node]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.report(_line(node), "a part that has no names", "Write 'name: …' lines")
            return {}
        return {str(key.value): value for key, value in node.value}

    def rule(self, name: str, node: yaml.Node) -> Rule | None:
        entry = self.mapping(node)
        line = _line(node)
        for key in entry.keys() - {"leads_to", "level", "strikes_out", "unless", *LANGUAGES}:
            self.report(_line(entry[key]), f"{name}: unknown '{key}'", "See the other rules")
        topic, _, step = self.value(entry, "leads_to").partition("#")
        if not TOPIC_ID.fullmatch(topic) or not STEP_ID.fullmatch(step):
            self.report(line, f"{name}: leads nowhere", "Write 'leads_to: crisis_self_harm#help'")
        level = self.value(entry, "level")
        if level not in LEVELS:
            self.report(line, f"{name}: level is '{level}'", "Write 'level: help' or 'level: ask'")
        for language in LANGUAGES:
            if language not in entry:
                self.report(
                    line, f"{name}: no phrases in {language}", "Write them in zh, en and es"
                )
        return Rule(
            name=name,
            alarm=Alarm(topic, step, certain=level == "help"),
            strikes_out=self.value(entry, "strikes_out") == "true",
            found=self.patterns(
                {language: entry[language] for language in LANGUAGES if language in entry}
            ),
            unless=self.patterns(entry.get("unless")),
        )

    def value(self, entry: Mapping[str, yaml.Node], key: str) -> str:
        return str(entry[key].value) if key in entry else ""

    def patterns(
        self, part: yaml.Node | Mapping[str, yaml.Node] | None
    ) -> tuple[re.Pattern[str], ...]:
        """The phrases of a part: one pattern for those of characters, one for those of words."""
        groups = part if isinstance(part, Mapping) else self.mapping(part)
        characters: list[str] = []
        words: list[str] = []
        for language, node in groups.items():
            if language not in LANGUAGES:
                self.report(_line(node), f"unknown language '{language}'", "Use zh, en, es")
            for line, phrase in _phrases(node):
                try:
                    pattern = to_pattern(phrase, self.pieces)
                except PhraseError as error:
                    self.report(line, "a phrase that cannot be used", str(error))
                    continue
                (words if is_latin(_expand(phrase, self.pieces)) else characters).append(pattern)
        return tuple(re.compile("|".join(group)) for group in (characters, words) if group)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _phrases(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """The phrases of a block with their lines; what follows " #" is a comment."""
    if not isinstance(node, yaml.ScalarNode):
        return
    first = _line(node) + (1 if node.style == "|" else 0)
    for number, line in enumerate(str(node.value).splitlines(), first):
        phrase = re.sub(r"(?:^|\s+)#.*", "", line).strip()
        if phrase:
            yield number, phrase
