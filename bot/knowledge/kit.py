"""The texts of the report kit (responses/kit): yardsticks, conducts, letters. Read and checked."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.knowledge.sources import CONFIRMED, WRITTEN_LANGUAGES, Sources, YamlFile
from bot.knowledge.topics import Problem

FOLDER = "kit"
FILES = ("yardsticks", "conducts", "letters")
Kit = Mapping[str, Mapping[str, Any]]
_BRACES = re.compile(r"{(\w+)}")
_SOURCE_KEYS = ("kinds", "sources")


def read_kit(root: Path) -> Kit:
    """{file: its entries} of those files of responses/kit that exist.

    Raises ContentError for a file that is not a YAML mapping.
    """
    paths = {name: root / FOLDER / f"{name}.yml" for name in FILES}
    return {name: YamlFile(path, root).data for name, path in paths.items() if path.exists()}


def check_kit(kit: Kit, sources: Sources) -> list[Problem]:
    """Every text in three languages, with the same braces; every source known and confirmed."""
    problems = []
    for name, entries in kit.items():
        path = f"{FOLDER}/{name}.yml"
        for entry, value in entries.items():
            problems += [
                Problem(path, 1, f"{entry}: {message}", remedy)
                for message, remedy in _entry(value, sources)
            ]
    return problems


def kit_texts(kit: Kit) -> Iterator[tuple[str, str]]:
    """(file, text) of every text that people read."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key not in _SOURCE_KEYS:
                    yield from texts(inner)
        elif isinstance(value, str):
            yield value

    for name, entries in kit.items():
        for text in texts(entries):
            yield f"{FOLDER}/{name}.yml", text


def _entry(value: Any, sources: Sources) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        return
    if "zh" in value:
        yield from _texts(value)
        return
    for key, inner in value.items():
        if key in _SOURCE_KEYS:
            lists = inner.values() if isinstance(inner, dict) else [inner]
            for footnote in (one for names in lists for one in names):
                if footnote not in sources.articles:
                    yield f"unknown source '{footnote}'", "Add it to sources.yml or correct it"
                elif sources.articles[footnote].confidence not in CONFIRMED:
                    yield f"'{footnote}' rests on one source", "Only confirmed ones in the kit"
        else:
            yield from _entry(inner, sources)


def _texts(texts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    base = set(_BRACES.findall(str(texts["zh"])))
    for language in WRITTEN_LANGUAGES:
        text = texts.get(language)
        if not text:
            yield f"no text in {language}", "Write it in zh, en and es"
        elif set(_BRACES.findall(str(text))) != base:
            yield f"{language} has other words in braces than zh", "Keep them as they are"
