"""The data that answers rest on: instruments of law, hotlines, deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.knowledge.topics import ContentError, Problem

WRITTEN_LANGUAGES = ("zh", "en", "es")
# Marks of the fact files. Confirmed may be stated, "one source says" must be worded so, the rest
# (memory, unconfirmed) may not be stored at all.
CONFIRMED = frozenset({"T", "A", "2+", "B"})
ONE_SOURCE = frozenset({"1", "C"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Article:
    """One article of an instrument (or the page itself): what it says and where that was read."""

    instrument: str
    key: str
    label: Mapping[str, str] | None
    quotation: str
    read_at: str
    checked: date
    confidence: str

    @property
    def id(self) -> str:
        return f"{self.instrument}-{self.key}"


@dataclass(frozen=True)
class Instrument:
    """A law, a yardstick (recommended standard, association guideline) or an official page."""

    id: str
    title: Mapping[str, str]
    short: Mapping[str, str]
    number: str
    in_force: date | None
    kind: str
    url: str | None
    articles: Mapping[str, Article]


@dataclass(frozen=True)
class Schedule:
    """Opening hours that hold for the whole line, in its own time zone."""

    days: tuple[int, ...]
    opens: time
    closes: time
    zone: str

    def is_open(self, now: datetime) -> bool:
        local = now.astimezone(ZoneInfo(self.zone))
        return local.weekday() in self.days and self.opens <= local.time() < self.closes

    def next_opening(self, now: datetime) -> datetime:
        local = now.astimezone(ZoneInfo(self.zone))
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            opening = datetime.combine(day, self.opens, local.tzinfo)
            if day.weekday() in self.days and opening > local:
                return opening
        raise ValueError("a schedule without days never opens")


@dataclass(frozen=True)
class Hotline:
    id: str
    number: str
    kind: str
    region: str
    name: Mapping[str, str]
    run_by: Mapping[str, str]
    takes: Mapping[str, str]
    takes_not: Mapping[str, str]
    hours: Mapping[str, str]
    hours_confirmed: bool
    schedule: Schedule | None
    instead: str | None
    cost: Mapping[str, str]
    checked: date
    confidence: str


@dataclass(frozen=True)
class Deadline:
    """One period of the deadline card. `length` is None where the paper itself names the day."""

    id: str
    paper: Mapping[str, str]
    action: Mapping[str, str]
    length: int | None
    unit: str  # day | working_day | month | year | day-in-paper
    start: Mapping[str, str]
    direction: str  # after | before: whether the period runs from the event or up to it
    note: Mapping[str, str]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """Everything an answer may rest on. `article("civil-code-1033")` finds a footnote's article."""

    instruments: Mapping[str, Instrument]
    hotlines: Mapping[str, Hotline]
    deadlines: Mapping[str, Deadline]
    articles: Mapping[str, Article]

    def instrument_of(self, footnote: str) -> Instrument:
        return self.instruments[self.articles[footnote].instrument]


class YamlFile:
    """A YAML mapping that knows on which line each of its entries stands."""

    def __init__(self, path: Path, root: Path) -> None:
        self.name = path.relative_to(root).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
            # Dates and texts only: the safe loader builds no objects.
            self.data: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader) or {}
        except FileNotFoundError as error:
            raise ContentError(
                [Problem(self.name, 1, "the file is missing", "Restore it")]
            ) from error
        except UnicodeDecodeError as error:
            raise ContentError([Problem(self.name, 1, "not UTF-8", "Save it as UTF-8")]) from error
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
            what = getattr(error, "problem", None) or "not valid YAML"
            remedy = "Check indentation and put texts with ':' in quotes"
            raise ContentError([Problem(self.name, line, str(what), remedy)]) from error
        if not isinstance(self.data, dict):
            raise ContentError([Problem(self.name, 1, "not a mapping", "Write 'name: …' lines")])
        self.lines = {
            str(key.value): key.start_mark.line + 1
            for key, _ in (node.value if isinstance(node, yaml.MappingNode) else [])
        }

    def problem(self, entry: str, message: str, remedy: str) -> Problem:
        return Problem(self.name, self.lines.get(entry, 1), f"{entry}: {message}", remedy)


def _texts(value: Any) -> dict[str, str]:
    """{zh, en, es} texts; one plain text serves all three."""
    if isinstance(value, dict):
        return {language: str(value.get(language) or "") for language in WRITTEN_LANGUAGES}
    return dict.fromkeys(WRITTEN_LANGUAGES, "" if value is None else str(value))


def read_sources(root: Path) -> Sources:
    """Read sources.yml, hotlines.yml and deadlines.yml. Raises ContentError with file and line."""
    problems: list[Problem] = []
    instruments = _entries(YamlFile(root / "sources.yml", root), _instrument, problems)
    hotlines = _entries(YamlFile(root / "hotlines.yml", root), _hotline, problems)
    deadlines = _entries(YamlFile(root / "deadlines.yml", root), _deadline, problems)
    if problems:
        raise ContentError(problems)
    articles = {
        article.id: article
        for instrument in instruments.values()
        for article in instrument.articles.values()
    }
    return Sources(instruments, hotlines, deadlines, articles)


def _entries(file: YamlFile, build: Any, problems: list[Problem]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for name, entry in file.data.items():
        try:
            built[str(name)] = build(str(name), entry)
        except KeyError as error:
            problems.append(
                file.problem(str(name), f"no '{error.args[0]}'", f"Add '{error.args[0]}:'")
            )
        except (TypeError, ValueError, AttributeError) as error:
            problems.append(file.problem(str(name), f"cannot be read: {error}", "See README.md"))
    return built


def _instrument(name: str, entry: dict[str, Any]) -> Instrument:
    if entry["kind"] not in ("law", "yardstick", "page"):
        raise ValueError(f"kind '{entry['kind']}' is none of law, yardstick, page")
    articles = {}
    for key, article in entry["articles"].items():
        label = article.get("label")
        articles[str(key)] = Article(
            instrument=name,
            key=str(key),
            label=_texts(label) if label else None,
            quotation=str(article["quotation"]),
            read_at=str(article["read_at"]),
            checked=_date(article["checked"]),
            confidence=str(article["confidence"]),
        )
    return Instrument(
        id=name,
        title=_texts(entry["title"]),
        short=_texts(entry["short"]),
        number=str(entry.get("number") or ""),
        in_force=_date(entry["in_force"]) if entry.get("in_force") else None,
        kind=entry["kind"],
        url=entry.get("url"),
        articles=articles,
    )


def _date(value: Any) -> date:
    if type(value) is not date:  # a date with a time of day is another type
        raise ValueError(f"'{value}' is not a date such as 2026-11-21")
    return value


def _hotline(name: str, entry: dict[str, Any]) -> Hotline:
    return Hotline(
        id=name,
        number=str(entry["number"]),
        kind=entry["kind"],
        region=entry["region"],
        name=_texts(entry["name"]),
        run_by=_texts(entry["run_by"]),
        takes=_texts(entry["takes"]),
        takes_not=_texts(entry.get("takes_not")),
        hours=_texts(entry.get("hours")),
        hours_confirmed=bool(entry["hours_confirmed"]),
        schedule=_schedule(entry.get("schedule")),
        instead=entry.get("instead"),
        cost=_texts(entry.get("cost")),
        checked=_date(entry["checked"]),
        confidence=str(entry["confidence"]),
    )


def _schedule(value: Any) -> Schedule | None:
    if value is None or value == "always":
        return None
    first, _, last = str(value["days"]).partition("-")
    days = tuple(range(DAYS.index(first), DAYS.index(last or first) + 1))
    opens, closes = time.fromisoformat(value["from"]), time.fromisoformat(value["to"])
    if not days or opens >= closes:
        raise ValueError("a schedule runs from an earlier to a later day, and hour of one day")
    return Schedule(days, opens, closes, ZoneInfo(value["zone"]).key)


def _deadline(name: str, entry: dict[str, Any]) -> Deadline:
    return Deadline(
        id=name,
        paper=_texts(entry["paper"]),
        action=_texts(entry["action"]),
        length=entry.get("length"),
        unit=entry["unit"],
        start=_texts(entry["from"]),
        direction=entry["direction"],
        note=_texts(entry.get("note")),
        sources=tuple(entry["sources"]),
    )
