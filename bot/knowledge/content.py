"""All of responses/, read once: what a turn looks up while it answers."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from bot.knowledge.kit import FOLDER, Kit, read_kit
from bot.knowledge.reviews import SignOff, read_sign_offs
from bot.knowledge.sources import WRITTEN_LANGUAGES, Sources, YamlFile, read_sources
from bot.knowledge.topics import LANGUAGES as LANGUAGES  # whoever has content asks for them
from bot.knowledge.topics import (
    Button,
    ContentError,
    Paragraph,
    Problem,
    Step,
    Topic,
    read_topic,
)
from bot.knowledge.traditional import converter

RESPONSES = Path(__file__).resolve().parents[2] / "responses"
T = TypeVar("T")
VERSION_LENGTH = 6  # hexadecimal digits of the digest shown to people

Status = Literal["current", "stub", "withdrawn", "expired", "unsigned"]


@dataclass(frozen=True)
class Group:
    """One line of the main menu and the topics behind it."""

    id: str
    title: Mapping[str, str]
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """The vetted answers and everything they use.

    `withdrawn` holds topics taken off by hand; `require_signoff` withholds topics that nobody has
    signed (those about danger to life excepted). `held` has the entries of the files that topics
    hold: what a topic holds is checked, signed and withdrawn together with it.
    """

    root: Path
    topics: Mapping[str, Mapping[str, Topic]]
    sources: Sources
    phrases: Mapping[str, Mapping[str, str]]
    groups: tuple[Group, ...]
    corrections: Mapping[str, str]
    sign_offs: tuple[SignOff, ...] = ()
    sign_off_problems: tuple[Problem, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    require_signoff: bool = False
    operator: Mapping[str, str] = field(default_factory=dict)
    kit: Kit = field(default_factory=dict)
    held: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def traditional(self) -> Callable[[str], str]:
        return converter(self.corrections)

    @cached_property
    def _made(self) -> dict[tuple[str, str], Topic]:
        return {}

    @cached_property
    def _digests(self) -> dict[tuple[str, str], str]:
        return {}

    def has(self, topic: str) -> bool:
        return topic in self.topics

    def topic(self, name: str, language: str) -> Topic:
        """The topic as written (Traditional Chinese is made from zh unless it is written too)."""
        written = self.topics[name]
        if language in written:
            return written[language]
        if language != "zh-Hant":
            return written["zh"]
        if (name, language) not in self._made:
            self._made[name, language] = _map_texts(written["zh"], self.traditional)
        return self._made[name, language]

    def title(self, name: str, language: str) -> str:
        return self.topic(name, language).title

    def status(self, name: str, language: str, today: date) -> Status:
        """Whether the topic may be shown today. Texts on danger to life always may."""
        topic = self.topic(name, language)
        if topic.stub:
            return "stub"
        if topic.safety:
            return "current"
        if name in self.withdrawn:
            return "withdrawn"
        if today > topic.check_again:
            return "expired"
        if self.require_signoff and self.sign_off(name, language) is None:
            return "unsigned"
        return "current"

    def phrase(self, key: str, language: str, **values: object) -> str:
        """One of the bot's own sentences. Raises KeyError for an unknown key."""
        if language == "zh-Hant":
            text = self.traditional(self.phrases["zh"][key])
        else:
            text = self.phrases[language][key]
        return text.format(**values) if values else text

    def pick(self, texts: Mapping[str, str], language: str) -> str:
        """The text of a {zh, en, es} mapping for this language."""
        return self.traditional(texts["zh"]) if language == "zh-Hant" else texts[language]

    def digest(self, name: str, language: str) -> str:
        """SHA-256 over the steps as written and every article, hotline and deadline they use.

        This is what a lawyer signs: when a quoted article or a number changes, the sign-off lapses.
        """
        if (name, language) not in self._digests:
            self._digests[name, language] = self._digest(self.topic(name, language))
        return self._digests[name, language]

    def _digest(self, topic: Topic) -> str:
        used: dict[str, Any] = {"topic": topic.id, "title": topic.title, "steps": []}
        footnotes: set[str] = set()
        hotlines: set[str] = set(topic.route)
        deadlines: set[str] = set()
        for step in topic.steps.values():
            buttons = [(button.label, asdict(button.target)) for button in step.buttons]
            used["steps"].append((step.id, step.title, step.parts, buttons, step.staff))
            footnotes.update(step.footnotes)
            hotlines.update(step.hotlines)
            deadlines.update(step.deadlines)
        for deadline in sorted(deadlines & self.sources.deadlines.keys()):
            footnotes.update(self.sources.deadlines[deadline].sources)
        used["articles"] = [
            (name, self.sources.articles[name].quotation, self.sources.instrument_of(name).number)
            for name in sorted(footnotes & self.sources.articles.keys())
        ]
        # The day of the last check is left out: checking a number again changes no answer.
        used["hotlines"] = [
            {**asdict(self.sources.hotlines[name]), "checked": None}
            for name in sorted(hotlines & self.sources.hotlines.keys())
        ]
        if topic.holds:
            used["held"] = {name: self.held[name] for name in sorted(topic.holds)}
        used["deadlines"] = [
            asdict(self.sources.deadlines[name])
            for name in sorted(deadlines & self.sources.deadlines.keys())
        ]
        canonical = json.dumps(used, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(unicodedata.normalize("NFC", canonical).encode()).hexdigest()

    def version(self, name: str, language: str) -> str:
        """The short code shown with an answer, so that a hotline worker can name what was read."""
        return self.digest(name, language)[:VERSION_LENGTH]

    def sign_off(self, name: str, language: str) -> SignOff | None:
        """The valid sign-off of this very text, or None.

        Traditional Chinese made by conversion stands under the sign-off of the Simplified text.
        """
        written = language if language in self.topics[name] else "zh"
        digest = self.digest(name, written)
        for sign_off in reversed(self.sign_offs):
            if (sign_off.topic, sign_off.language, sign_off.digest) == (name, written, digest):
                return sign_off
        return None

    def is_law(self, step: Step) -> bool:
        """Whether the step states law (mainland law, with its source)."""
        return any(
            self.sources.instrument_of(name).kind in ("law", "yardstick")
            for name in step.footnotes
            if name in self.sources.articles
        )

    def with_withdrawn(self, withdrawn: frozenset[str]) -> "Content":
        return replace(self, withdrawn=withdrawn)


def _map_texts(topic: Topic, convert: Callable[[str], str]) -> Topic:
    def paragraph(old: Paragraph) -> Paragraph:
        return replace(old, text=convert(old.text))

    def button(old: Button) -> Button:
        return replace(old, label=convert(old.label))

    steps = {
        name: replace(
            step,
            title=convert(step.title),
            paragraphs=tuple(map(paragraph, step.paragraphs)),
            buttons=tuple(map(button, step.buttons)),
            staff=tuple(map(convert, step.staff)),
        )
        for name, step in topic.steps.items()
    }
    return replace(topic, language="zh-Hant", title=convert(topic.title), steps=steps)


def load_content(
    root: Path = RESPONSES,
    *,
    require_signoff: bool = False,
    operator: Mapping[str, str] | None = None,
) -> Content:
    """Read everything under `root`. Raises ContentError with file, line and remedy.

    Only what makes a text unreadable or a turn impossible is refused here; `lint` finds the rest.
    """
    problems: list[Problem] = []

    def attempt(read: Callable[[Path, Path], T], path: Path) -> T | None:
        try:
            return read(path, root)
        except ContentError as error:
            problems.extend(error.problems)
            return None

    sources = attempt(lambda path, _: read_sources(path), root)
    phrases = {
        language: {
            **(attempt(_strings, root / "phrases" / f"{language}.yml") or {}),
            **_kit_phrases(attempt, root / "kit" / f"{language}.yml"),
        }
        for language in WRITTEN_LANGUAGES
    }
    kit = attempt(lambda path, _: read_kit(path), root)
    groups = attempt(_groups, root / "menu.yml")
    corrections = attempt(_strings, root / "zh-Hant.yml")
    topics: dict[str, dict[str, Topic]] = {}
    for path in sorted((root / "topics").glob("*/*.md")):
        topic = attempt(read_topic, path)
        if topic is not None:
            topics.setdefault(topic.id, {})[topic.language] = topic
    problems.extend(_missing_languages(root, topics))
    holders = [topic for languages in topics.values() for topic in languages.values()]
    read = {f"{FOLDER}/{name}.yml": entries for name, entries in (kit or {}).items()}
    held = {
        name: read[name] if name in read else attempt(_entries, root / name)
        for name in dict.fromkeys(name for topic in holders for name in topic.holds)
    }
    sign_offs, refused = attempt(lambda path, _: read_sign_offs(path), root) or ((), ())
    if problems or sources is None:
        raise ContentError(sorted(problems))
    return Content(
        root=root,
        topics=topics,
        sources=sources,
        phrases=phrases,
        groups=groups or (),
        corrections=corrections or {},
        sign_offs=sign_offs,
        sign_off_problems=refused,
        require_signoff=require_signoff,
        operator=operator or {},
        kit=kit or {},
        held=held,
    )


def _entries(path: Path, root: Path) -> dict[str, Any]:
    return YamlFile(path, root).data


def _kit_phrases(attempt: Callable[..., Any], path: Path) -> dict[str, str]:
    """The kit's own sentences stand beside the bot's; a tree without a kit has none."""
    found: dict[str, str] | None = attempt(_strings, path) if path.exists() else None
    return found or {}


def _missing_languages(root: Path, topics: Mapping[str, Mapping[str, Topic]]) -> list[Problem]:
    problems = []
    # An editor's empty new folder is no topic yet.
    folders = sorted({path.parent for path in (root / "topics").glob("*/*.md")})
    for folder in folders:
        for language in WRITTEN_LANGUAGES:
            name = f"topics/{folder.name}/{language}.md"
            if language not in topics.get(folder.name, {}) and not (root / name).exists():
                problems.append(
                    Problem(name, 1, "this language is missing", "Write it, with the same steps")
                )
    return problems


def _strings(path: Path, root: Path) -> dict[str, str]:
    return {str(key): str(value) for key, value in YamlFile(path, root).data.items()}


def _groups(path: Path, root: Path) -> tuple[Group, ...]:
    file = YamlFile(path, root)
    try:
        return tuple(
            Group(name, entry["title"], tuple(entry["topics"])) for name, entry in file.data.items()
        )
    except (KeyError, TypeError) as error:
        raise ContentError(
            [Problem(file.name, 1, "a group without title or topics", "See the other groups")]
        ) from error
