"""A topic file: Markdown that a lawyer can read, parsed into the steps of a conversation.

The shape is described for its writers in responses/README.md. Parsing is strict: whatever a chat
could not show faithfully is reported with file, line and remedy instead of being dropped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

LANGUAGES = ("zh", "zh-Hant", "en", "es")
STEP_ID = re.compile(r"[a-z0-9-]{1,20}")
TOPIC_ID = re.compile(r"[a-z0-9_]{1,28}")
FOOTNOTE = re.compile(r"\[\^([a-z0-9-]+)\]")
FOOTNOTE_DEFINITION = re.compile(r"^\[\^([a-z0-9-]+)\]:", re.MULTILINE)
HEADING = re.compile(r'<a id="([^"]*)"></a>\s*(.+)')
BREAK = "<!-- break -->"
TOOLS = ("check_notice", "complaint", "diary", "deadline", "cost")

_markdown = MarkdownIt("commonmark")


class ContentError(Exception):
    """The content cannot be used. `problems` says where, why and what to write instead."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, order=True)
class Problem:
    """One finding about a content file; `remedy` tells an editor what to write instead."""

    path: str
    line: int
    message: str
    remedy: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.level}: {self.message}. {self.remedy}"


@dataclass(frozen=True)
class Target:
    """Where a button leads: a step of a topic, a tool, or a person ("human")."""

    kind: Literal["step", "tool", "human"]
    topic: str = ""
    step: str = ""  # "" is the topic's first step
    tool: str = ""


@dataclass(frozen=True)
class Button:
    label: str
    target: Target
    line: int = 0


@dataclass(frozen=True)
class Paragraph:
    """One paragraph or list item, with the sources that stand behind it."""

    text: str
    footnotes: tuple[str, ...] = ()
    hotlines: tuple[str, ...] = ()
    deadlines: tuple[str, ...] = ()
    part: int = 0  # which message of the step it belongs to
    line: int = 0
    is_item: bool = False


@dataclass(frozen=True)
class Step:
    id: str
    title: str
    paragraphs: tuple[Paragraph, ...]
    buttons: tuple[Button, ...]
    staff: tuple[str, ...] = ()
    line: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        """The body as the messages it is sent in (one, unless the writer says where to break)."""
        texts: dict[int, str] = {}
        previous: Paragraph | None = None
        for paragraph in self.paragraphs:
            together = previous is not None and previous.is_item and paragraph.is_item
            joint = "\n" if together else "\n\n"
            before = texts.get(paragraph.part)
            texts[paragraph.part] = (
                paragraph.text if before is None else before + joint + paragraph.text
            )
            previous = paragraph
        return tuple(texts.values())

    @property
    def footnotes(self) -> tuple[str, ...]:
        return _unique(name for paragraph in self.paragraphs for name in paragraph.footnotes)

    @property
    def hotlines(self) -> tuple[str, ...]:
        return _unique(name for paragraph in self.paragraphs for name in paragraph.hotlines)

    @property
    def deadlines(self) -> tuple[str, ...]:
        return _unique(name for paragraph in self.paragraphs for name in paragraph.deadlines)


@dataclass(frozen=True)
class Topic:
    """One topic in one language."""

    id: str
    language: str
    title: str
    checked: date
    check_again: date
    steps: dict[str, Step]
    route: tuple[str, ...] = ()  # hotlines to name when the answer is missing or withdrawn
    safety: bool = False  # about danger to life: never withheld, never withdrawn
    holds: tuple[str, ...] = ()  # other files that are checked, signed and withdrawn with it
    stub: bool = False  # no vetted answer yet
    path: str = ""

    @property
    def first(self) -> Step:
        return next(iter(self.steps.values()))


def _unique(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


@dataclass
class _Reader:
    """Collects what is wrong with one file while it is read."""

    path: str
    language: str
    offset: int = 0  # lines taken by the front matter
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.path, line, message, remedy))


def read_topic(path: Path, root: Path) -> Topic:
    """Read responses/topics/<topic>/<language>.md. Raises ContentError naming file and line."""
    name = path.relative_to(root).as_posix()
    reader = _Reader(name, path.stem)
    if reader.language not in LANGUAGES:
        reader.report(
            1, f"'{path.name}' is no language", f"Call it {', '.join(LANGUAGES)}.md or remove it"
        )
        raise ContentError(reader.problems)
    try:
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        reader.report(1, f"the file is not UTF-8 (byte {error.start})", "Save it as UTF-8")
        raise ContentError(reader.problems) from error
    front, body = _front_matter(reader, text)
    steps = _steps(reader, body, path.parent.name)
    topic = _topic(reader, front, steps, path.parent.name)
    if reader.problems:
        raise ContentError(sorted(reader.problems))
    return topic


def _front_matter(reader: _Reader, text: str) -> tuple[dict[str, Any], str]:
    head, _, rest = text.partition("\n---\n")
    if not head.startswith("---\n") or not rest:
        reader.report(
            1,
            "no front matter",
            "Begin the file with '---', the lines topic, title, checked, check_again, and '---'",
        )
        raise ContentError(reader.problems)
    reader.offset = head.count("\n") + 2
    try:
        front = yaml.safe_load(head[4:])
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        reader.report(line, "the front matter is not valid YAML", "Put texts with ':' in quotes")
        raise ContentError(reader.problems) from error
    return (front if isinstance(front, dict) else {}), rest


_FRONT_KEYS = {"topic", "title", "checked", "check_again", "route", "safety", "holds", "stub"}


def _topic(reader: _Reader, front: dict[str, Any], steps: dict[str, Step], folder: str) -> Topic:
    for key in front.keys() - _FRONT_KEYS:
        reader.report(
            1, f"unknown front matter key '{key}'", f"Use {', '.join(sorted(_FRONT_KEYS))}"
        )
    if front.get("topic") != folder:
        reader.report(
            2, f"topic is '{front.get('topic')}'", f"Write 'topic: {folder}', the folder's name"
        )
    if not TOPIC_ID.fullmatch(folder):
        reader.report(1, f"folder name '{folder}'", "Use a-z, 0-9 and _, 28 characters at most")
    if not isinstance(front.get("title"), str) or not front["title"].strip():
        reader.report(2, "no title", "Write 'title: ' and what the person would call this")
    for key in ("checked", "check_again"):
        if type(front.get(key)) is not date:  # a date with a time of day is another type
            reader.report(2, f"no date '{key}'", f"Write '{key}: 2026-11-21' (year-month-day)")
    if not steps and not front.get("stub"):
        reader.report(reader.offset, "no step", 'Write a heading: ## <a id="start"></a>Title')
    if reader.problems:
        raise ContentError(sorted(reader.problems))
    return Topic(
        id=folder,
        language=reader.language,
        title=front["title"].strip(),
        checked=front["checked"],
        check_again=front["check_again"],
        steps=steps,
        route=tuple(front.get("route") or ()),
        safety=bool(front.get("safety")),
        holds=tuple(front.get("holds") or ()),
        stub=bool(front.get("stub")),
        path=reader.path,
    )


@dataclass
class _Draft:
    """A step while its paragraphs are still being read."""

    id: str
    title: str
    line: int
    paragraphs: list[Paragraph] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    staff: list[str] = field(default_factory=list)
    part: int = 0


def _steps(reader: _Reader, body: str, folder: str) -> dict[str, Step]:
    definitions = FOOTNOTE_DEFINITION.search(body)
    text = body[: definitions.start()] if definitions else body
    steps: dict[str, Step] = {}
    draft: _Draft | None = None
    for block in _blocks(_markdown.parse(text)):
        opening = block[0]
        line = reader.offset + 1 + (opening.map[0] if opening.map else 0)
        if opening.type == "heading_open":
            draft = _begin(reader, opening, block[1], line, steps)
            continue
        if draft is None:
            reader.report(
                line, "text before the first step", "Move it below a '## <a id=…>' heading"
            )
            continue
        _read_block(reader, draft, block, line, folder)
        # Written on every block: the draft grows in place and the last write is the whole step.
        steps[draft.id] = Step(
            draft.id,
            draft.title,
            tuple(draft.paragraphs),
            tuple(draft.buttons),
            tuple(draft.staff),
            draft.line,
        )
    return steps


def _blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Top-level blocks, each as the list of its tokens."""
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


def _begin(
    reader: _Reader, opening: Token, inline: Token, line: int, steps: dict[str, Step]
) -> _Draft:
    found = HEADING.fullmatch(inline.content.strip())
    if opening.tag != "h2" or not found:
        reader.report(line, "a heading that is no step", 'Write: ## <a id="short-name"></a>Title')
        return _Draft(f"line-{line}", inline.content, line)
    step_id, title = found.groups()
    if not STEP_ID.fullmatch(step_id):
        reader.report(line, f"step id '{step_id}'", "Use a-z, 0-9 and -, 20 characters at most")
    if step_id in steps:
        reader.report(line, f"step id '{step_id}' is used twice", "Give each step its own id")
    steps[step_id] = Step(step_id, title.strip(), (), (), (), line)
    return _Draft(step_id, title.strip(), line)


def _read_block(reader: _Reader, draft: _Draft, block: list[Token], line: int, folder: str) -> None:
    kind = block[0].type
    if kind == "paragraph_open":
        draft.paragraphs.append(_paragraph(reader, block[1], line, draft.part))
    elif kind == "bullet_list_open":
        _read_list(reader, draft, block, folder)
    elif kind == "ordered_list_open":
        start = int(block[0].attrGet("start") or 1)
        for number, (inline, at) in enumerate(_items(reader, block), start):
            draft.paragraphs.append(_paragraph(reader, inline, at, draft.part, f"{number}. "))
    elif kind == "blockquote_open":
        inlines = [token for token in block if token.type == "inline"]
        if inlines and inlines[0].content.startswith("staff:"):
            texts = [_plain(reader, inline, line)[0] for inline in inlines]
            texts[0] = texts[0].removeprefix("staff:").strip()
            draft.staff.extend(text for text in texts if text)
        else:
            reader.report(line, "a block quote", "Begin it with 'staff:', or write a paragraph")
    elif kind == "html_block" and block[0].content.strip() == BREAK:
        draft.part += 1
    else:
        reader.report(line, f"a block of kind '{kind}'", "Use paragraphs, lists and buttons only")


def _items(reader: _Reader, block: list[Token]) -> Iterator[tuple[Token, int]]:
    depth = 0
    for token in block:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "inline":
            line = reader.offset + 1 + (token.map[0] if token.map else 0)
            if depth > 1:
                reader.report(line, "a list inside a list", "A phone shows one level: make it flat")
            yield token, line


def _read_list(reader: _Reader, draft: _Draft, block: list[Token], folder: str) -> None:
    for inline, line in _items(reader, block):
        link = _only_link(inline)
        if link is None:
            draft.paragraphs.append(_paragraph(reader, inline, line, draft.part, "• "))
            continue
        label, href = link
        target = parse_target(href, folder, reader.language)
        if target is None:
            reader.report(
                line,
                f"a button that leads to '{href}'",
                f"Use #step, ../topic/{reader.language}.md, tool:{'|'.join(TOOLS)} or human:",
            )
        else:
            draft.buttons.append(Button(label, target, line))


def _only_link(inline: Token) -> tuple[str, str] | None:
    """(label, address) if the item is one link and nothing else, and not an inline reference."""
    children = inline.children or []
    if len(children) < 3 or children[0].type != "link_open" or children[-1].type != "link_close":
        return None
    if sum(child.type == "link_open" for child in children) != 1:
        return None
    href = str(children[0].attrGet("href"))
    if href.startswith(("hotline:", "deadline:", "https:")):
        return None
    return "".join(child.content for child in children[1:-1]), href


def parse_target(href: str, folder: str, language: str) -> Target | None:
    """What a button's address means, or None if it is none of the four forms."""
    if href.startswith("#"):
        return Target("step", folder, href[1:])
    if href == "human:":
        return Target("human")
    if href.startswith("tool:"):
        tool = href.removeprefix("tool:")
        # complaint-new-objection opens the tool at one letter; lint checks that it exists.
        return Target("tool", tool=tool) if tool.partition("-")[0] in TOOLS else None
    found = re.fullmatch(
        rf"\.\./({TOPIC_ID.pattern})/{re.escape(language)}\.md(?:#({STEP_ID.pattern}))?", href
    )
    return Target("step", found[1], found[2] or "") if found else None


def _paragraph(reader: _Reader, inline: Token, line: int, part: int, mark: str = "") -> Paragraph:
    text, hotlines, deadlines = _plain(reader, inline, line)
    return Paragraph(
        text=mark + FOOTNOTE.sub("", text),
        footnotes=_unique(iter(FOOTNOTE.findall(text))),
        hotlines=tuple(hotlines),
        deadlines=tuple(deadlines),
        part=part,
        line=line,
        is_item=bool(mark),
    )


# A line break in the file is a blank in Latin script and nothing between Chinese characters.
_CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def _plain(reader: _Reader, inline: Token, line: int) -> tuple[str, list[str], list[str]]:
    text = ""
    hotlines: list[str] = []
    deadlines: list[str] = []
    for child in inline.children or []:
        if child.type in ("text", "code_inline"):
            text += child.content
        elif child.type == "softbreak":
            text += "" if text and _CJK.match(text[-1]) else " "
        elif child.type == "hardbreak":
            text += "\n"
        elif child.type == "link_open":
            scheme, _, name = str(child.attrGet("href")).partition(":")
            if scheme == "hotline":
                hotlines.append(name)
            elif scheme == "deadline":
                deadlines.append(name)
            elif scheme != "https":
                reader.report(
                    line,
                    f"a link to '{child.attrGet('href')}' inside running text",
                    "Make it a list item (a button), or use hotline:, deadline: or https:",
                )
        elif child.type not in ("link_close", "strong_open", "strong_close", "em_open", "em_close"):
            reader.report(line, f"'{child.type}' in running text", "Write plain words")
    return text.strip(), hotlines, deadlines
