"""What the documentation says of settings, commands and retention is what the program does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bot.cli import cli
from bot.settings import Settings
from bot.store import RETENTION

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(name: str) -> str:
    found = re.search(rf"<!-- {name}:.*?-->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found, name
    return found[1]


def test_the_readme_lists_every_setting_with_its_meaning() -> None:
    lines = [
        f"| `HELPLINE_{item.name.upper()}` | {item.metadata['help']} |\n"
        for item in fields(Settings)
        if item.name != "today"
    ]
    assert between("settings") == "".join(lines)


def test_the_readme_lists_what_is_kept_and_how_long() -> None:
    lines = [
        f"| {period.what} | {int(period.kept.total_seconds() // 3600)} hours |\n"
        for period in RETENTION
    ]
    assert between("retention") == "".join(lines)


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_has_help(name: str) -> None:
    assert cli.commands[name].help


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "responses/README.md"])
def test_commands_and_files_that_the_documents_name_exist(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for name in re.findall(r"helpline ([a-z-]+)", text):
        assert name in cli.commands, name
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE):
        assert name in targets, name
    # Links that climb up are examples of buttons in a topic file.
    for link in re.findall(r"\]\((\w[\w./-]*\.md)\)", text):
        assert (ROOT / path).parent.joinpath(link).exists(), link


def test_the_env_example_names_settings_that_exist() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")}
    Settings.from_environment(dict.fromkeys(names - {"RASA_TOKEN"}, ""))
