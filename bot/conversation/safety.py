"""Danger to life, looked for in the words before anything else understands them.

The words stand in responses/safety.yml, which says how its phrases are written; this module folds a
message (script, width, accents, evasions), strikes out what only sounds like danger, and returns
where the first rule leads.
"""

import functools
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.conversation.phrase import (
    ANY_HAN,
    Index,
    Phrase,
    PhraseError,
    Phrases,
    Places,
    check_phrase,
    read_phrase,
    strike,
)
from bot.knowledge.content import RESPONSES
from bot.knowledge.topics import STEP_ID, TOPIC_ID, ContentError, Problem

logger = logging.getLogger(__name__)

WORDS = RESPONSES / "safety.yml"
LANGUAGES = ("zh", "en", "es")
LEVELS = ("help", "ask")
MAX_CHARACTERS = 4096  # of each end of a longer text; a channel sends no more in one message


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
    words = _shipped()
    if words is None:
        return _LAST_RESORT_ALARM if _LAST_RESORT.search(fold(text)) else None
    return words.screen(text)


def reread() -> None:
    """The next message is screened with the lists as they are now in responses/."""
    _shipped.cache_clear()


@functools.cache
def _shipped() -> "Words | None":
    """The lists beside this code. A phrase that cannot be used costs that phrase, not the layer."""
    reader = _Reader("safety.yml", thorough=False)
    try:
        words = reader.read(WORDS)
    except OSError:
        words = None
    if words is None or reader.problems:
        logger.critical("safety words: %d problems; run 'helpline lint'", len(reader.problems) or 1)
    return words if words and words.rules else None


# Only for the hour in which safety.yml is broken and the bot runs all the same.
_LAST_RESORT = re.compile(
    r"自杀|轻生|跳楼|想死|不想活|唔想做人|suicid|kill ?my ?self|want to die|end my life"
    r"|quitarme la vida|matarme|quiero morir"
)
_LAST_RESORT_ALARM = Alarm("crisis_self_harm", "help", certain=True)


# Folding: what is written differently and means the same

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ANY_LATIN = re.compile("[a-z]")
# Control characters too: the script conversion would end a text at a NUL.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
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
_LOOK_ALIKES = str.maketrans("аеорсухіјѕıɑ💀☠", "aeopcyxijsia亖亖")  # Cyrillic and signs
# Signs between Chinese characters: blanks always, a stop only between two characters that stand
# alone ("自。杀"), since elsewhere it ends a sentence ("不，想活下去").
_WEDGE = re.compile(f"(?<=[{_HAN}0-9]) (?=[{_HAN}0-9])")
_LONE_STOP = re.compile(f"(?:(?<=^[{_HAN}])|(?<=[ ,.][{_HAN}]))[,.] ?(?=[{_HAN}](?:[ ,.]|$))")


@functools.cache
def _to_simplified() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("tw2sp").convert
    return convert


def _simplified(text: str) -> str:
    # The conversion takes a lone 么, which is Simplified already, for another word.
    return _to_simplified()(text).replace("幺", "么")


def fold(text: str) -> str:
    """Lower case, half width, Simplified, without accents, apostrophes and invisible characters.

    Sentence ends become ".", other stops ",", every other sign a blank.
    """
    if len(text) > 2 * MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS] + "\n" + text[-MAX_CHARACTERS:]
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = unicodedata.normalize("NFKC", text)[: 3 * MAX_CHARACTERS].casefold()
    text = _INVISIBLE.sub("", text).translate(_LOOK_ALIKES)
    if ANY_HAN.search(text):
        text = _simplified(text)
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


def press(folded: str) -> str:
    """The sentences that say more without the signs put between their letters, or ""."""
    joined = _SPELT_OUT.sub(lambda found: re.sub("[ .,]", "", found[0]), folded)
    joined = _LONE_STOP.sub("", joined)
    sentences = (_WEDGE.sub("", sentence.strip()) for sentence in joined.split("."))
    return ". ".join(sentence for sentence in sentences if sentence not in folded)


# The lists


@dataclass(frozen=True)
class Rule:
    """Where its phrases lead, and the phrases that take them back ("was that last week?")."""

    name: str
    alarm: Alarm
    # What it finds is not the writer's own word, and is taken away from the rules below it.
    strikes_out: bool
    found: Phrases
    unless: Phrases


@dataclass(frozen=True)
class Words:
    """safety.yml, ready to search; the head of that file tells in which order."""

    harmless: Phrases
    quoted: Phrases
    spoken_to: Phrases
    rules: tuple[Rule, ...]

    @functools.cached_property
    def _index(self) -> Index:
        rules = (group for rule in self.rules for group in (rule.found, rule.unless))
        return Index((self.harmless, self.quoted, self.spoken_to, *rules))

    def screen(self, text: str) -> Alarm | None:
        """The alarm of a message as it was written."""
        folded = fold(text)
        whole = self._struck(folded)
        alarm = self._first(whole, whole)
        if (alarm is None or not alarm.certain) and (pressed := press(folded)):
            closer = self._first(self._struck(pressed), whole)
            if closer and (alarm is None or closer.certain):
                return closer
        return alarm

    def _struck(self, folded: str) -> "_View":
        """What is left of a text without what only sounds like danger."""
        hits = self._index.hits(folded)
        places = self._index.places(hits)
        text = self.harmless.strike(folded, places, "#")
        # What a collector told somebody to do; the mark stays, for "and I think I will".
        text = self.quoted.strike(text, places, "§")
        if "§" in text:
            places = self._index.places({**hits, **self._index.marked(text)})
        return _View(text, places)

    def _first(self, view: "_View", whole: "_View") -> Alarm | None:
        """The alarm of a view; `whole` is the message in which `unless` is looked for."""
        own = view.text
        others = self.spoken_to.strike(own, view.places, "#")
        holding: list[Rule] = []
        for rule in self.rules:
            if rule.strikes_out:
                spans = rule.found.spans(others, view.places)
                own, others = strike(own, spans, "#"), strike(others, spans, "#")
                found = bool(spans)
            else:
                found = rule.found.stand(own, view.places)
            if found and not rule.unless.stand(whole.text, whole.places):
                holding.append(rule)
        first = min(
            holding, key=lambda rule: (not rule.alarm.certain, rule.strikes_out), default=None
        )
        return first.alarm if first else None


@dataclass(frozen=True)
class _View:
    """A folded text with what was struck out of it, and the places of its needles."""

    text: str
    places: Places


# Reading safety.yml


def load_words(path: Path = WORDS, root: Path = RESPONSES, *, thorough: bool = False) -> Words:
    """Read the lists. Raises ContentError that names file, line and remedy.

    `thorough` also compiles every phrase, which `check_words` does; reading alone is much faster.
    """
    reader = _Reader(path.relative_to(root).as_posix(), thorough)
    words = reader.read(path)
    if reader.problems or words is None:
        raise ContentError(sorted(reader.problems))
    return words


def check_words(path: Path = WORDS, root: Path = RESPONSES) -> list[Problem]:
    """What is wrong with the lists, for lint; empty when they can be used."""
    try:
        load_words(path, root, thorough=True)
    except ContentError as error:
        return list(error.problems)
    return []


class _Reader:
    """Reads the file and keeps what is wrong with it."""

    def __init__(self, name: str, thorough: bool) -> None:
        self.name = name
        self.thorough = thorough
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
            self.pieces[name] = "|".join(text for _, text in _lines(piece))
        rules = tuple(
            rule
            for name, entry in self.mapping(parts.get("rules")).items()
            if (rule := self.rule(name, entry))
        )
        if not rules and not self.problems:
            self.report(1, "no rule", "Restore the part 'rules'")
        return Words(
            harmless=self.phrases(parts.get("harmless")),
            quoted=self.phrases(parts.get("quoted")),
            spoken_to=self.phrases(parts.get("spoken_to")),
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
            found=self.phrases(
                {language: entry[language] for language in LANGUAGES if language in entry}
            ),
            unless=self.phrases(entry.get("unless")),
        )

    def value(self, entry: Mapping[str, yaml.Node], key: str) -> str:
        return str(entry[key].value) if key in entry else ""

    def phrases(self, part: yaml.Node | Mapping[str, yaml.Node] | None) -> Phrases:
        """The phrases of a part in all its languages."""
        groups = part if isinstance(part, Mapping) else self.mapping(part)
        phrases: list[Phrase] = []
        for language, node in groups.items():
            if language not in LANGUAGES:
                self.report(_line(node), f"unknown language '{language}'", "Use zh, en, es")
            for line, text in _lines(node):
                try:
                    phrase = read_phrase(text, self.pieces, _folded)
                    if self.thorough:
                        check_phrase(phrase)
                except PhraseError as error:
                    self.report(line, "a phrase that cannot be used", str(error))
                else:
                    phrases.append(phrase)
        return Phrases(phrases)


def _folded(text: str) -> str:
    return _simplified(text.lower()) if ANY_HAN.search(text) else text.lower()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _lines(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """The phrases of a block with their lines; what follows " #" is a comment."""
    if not isinstance(node, yaml.ScalarNode):
        return
    first = _line(node) + (1 if node.style == "|" else 0)
    for number, line in enumerate(str(node.value).splitlines(), first):
        phrase = re.sub(r"(?:^|\s+)#.*", "", line).strip()
        if phrase:
            yield number, phrase
