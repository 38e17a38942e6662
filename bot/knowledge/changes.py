"""What changed in an answer since somebody signed it, in words, from the repository's history."""

import difflib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.knowledge.content import Content
from bot.knowledge.reviews import SignOff
from bot.knowledge.topics import ContentError, Problem


def since_sign_off(content: Content, only: str | None = None) -> Iterator[str]:
    """Lines to read: per lapsed sign-off the words that went (-) and came (+).

    Raises ContentError outside a Git checkout, where no history tells what was signed.
    """
    lapsed = [
        signed
        for signed in content.sign_offs
        if only in (None, signed.topic)
        and content.has(signed.topic)
        and content.digest(signed.topic, signed.language) != signed.digest
    ]
    if not lapsed:
        yield "no sign-off has lapsed"
    for signed in lapsed:
        by = f"signed by {signed.signer} on {signed.signed}"
        yield f"{signed.topic} {signed.language}: {by}, since then:"
        yield from _word_changes(content, signed)


def _word_changes(content: Content, signed: SignOff) -> Iterator[str]:
    path = content.root / "topics" / signed.topic / f"{signed.language}.md"
    before = _at_day(path, signed)
    after = path.read_text(encoding="utf-8")
    changed = False
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0):
        if line.startswith(("+++", "---", "@@")):
            continue
        changed = True
        yield f"  {line}"
    if not changed:
        yield "  the text is the same; an article, number or period that it uses has changed"


def _at_day(path: Path, signed: SignOff) -> str:
    """The file as the last commit of the day of the sign-off has it."""

    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", "-C", str(path.parent), *arguments],
            capture_output=True,
            check=False,
            text=True,
        )
        if run.returncode != 0:
            raise ContentError(
                [Problem(str(path), 1, "its history cannot be read", "Run this in a Git checkout")]
            )
        return run.stdout

    commit = git("rev-list", "-1", f"--before={signed.signed.isoformat()} 23:59:59", "HEAD").strip()
    return git("show", f"{commit}:./{path.name}") if commit else ""
