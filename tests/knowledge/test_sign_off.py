"""A sign-off is good for one text, one signer, one key; nobody can sign for somebody else."""

import subprocess
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.knowledge.content import Content, load_content
from bot.knowledge.lint import lint
from bot.knowledge.reviews import SignOff, sign
from bot.knowledge.topics import ContentError

DAY = date(2026, 11, 22)
NAME = "lawyer@example.org"


def new_key(path: Path) -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path), "-C", "test"], check=True
    )
    return path


@pytest.fixture
def key(tmp_path: Path, tree: Path) -> Path:
    key = new_key(tmp_path / "id")
    public = key.with_suffix(".pub").read_text()
    (tree / "allowed_signers").write_text(f'{NAME} namespaces="helpline-review" {public}')
    return key


def unsigned(content: Content, language: str = "zh") -> SignOff:
    return SignOff("court", language, content.digest("court", language), NAME, DAY, "")


def test_a_signed_text_counts_as_signed(tree: Path, key: Path) -> None:
    sign(tree, unsigned(load_content(tree)), key)
    content = load_content(tree, require_signoff=True)
    signed = content.sign_off("court", "zh")
    assert signed is not None
    assert signed.signer == NAME
    assert content.status("court", "zh", DAY) == "current"
    assert content.status("court", "zh-Hant", DAY) == "current"  # made from the signed text
    assert content.status("court", "en", DAY) == "unsigned"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("topics/court/zh.md", "先看期限", "先看日期"),
        ("topics/court/zh.md", "先问收到的日期", "先问日期"),
        ("sources.yml", "十五日内提出", "十日内提出"),
        ("hotlines.yml", 'number: "12368"', 'number: "12345"'),
        ("deadlines.yml", "length: 15", "length: 10"),
    ],
)
def test_a_sign_off_lapses_when_anything_it_covers_changes(
    tree: Path, key: Path, name: str, old: str, new: str
) -> None:
    sign(tree, unsigned(load_content(tree)), key)
    path = tree / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert load_content(tree).sign_off("court", "zh") is None


def test_checking_a_number_again_needs_no_new_signature(tree: Path, key: Path) -> None:
    sign(tree, unsigned(load_content(tree)), key)
    path = tree / "hotlines.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("checked: 2026-11-21", "checked: 2026-11-22"), encoding="utf-8")
    assert load_content(tree).sign_off("court", "zh") is not None


def test_a_sign_off_covers_the_files_that_a_topic_holds(tree: Path, key: Path) -> None:
    (tree / "signs.yml").write_text("signs: [fee]\n", encoding="utf-8")
    for path in (tree / "topics/court").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("route:", "holds: [signs.yml]\nroute:"), encoding="utf-8")
    sign(tree, unsigned(load_content(tree)), key)
    (tree / "signs.yml").write_text("# only a remark\nsigns: [fee]\n", encoding="utf-8")
    assert load_content(tree).sign_off("court", "zh") is not None
    (tree / "signs.yml").write_text("signs: [seal]\n", encoding="utf-8")
    assert load_content(tree).sign_off("court", "zh") is None


def test_without_ssh_keygen_nothing_counts_as_signed_and_the_remedy_is_told(
    tree: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(tree, unsigned(load_content(tree)), key)
    monkeypatch.setenv("PATH", "")
    content = load_content(tree)
    assert content.sign_offs == ()
    assert "openssh-client" in str(lint(content)[0])


def test_a_stranger_cannot_sign(tree: Path, key: Path, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="not an allowed signer"):
        sign(tree, unsigned(load_content(tree)), new_key(tmp_path / "other"))
    assert load_content(tree).sign_offs == ()


@pytest.mark.parametrize("field", ["signer", "topic", "language", "digest", "signed"])
def test_a_forged_entry_counts_as_none_and_is_named(tree: Path, key: Path, field: str) -> None:
    signed = sign(tree, unsigned(load_content(tree)), key)
    forged = {**signed.__dict__, field: date(2026, 1, 1) if field == "signed" else "other"}
    (tree / "reviews.yml").write_text(yaml.safe_dump({"sign_offs": [forged]}))
    content = load_content(tree)
    assert content.sign_offs == ()
    assert [problem.path for problem in lint(content)] == ["reviews.yml"]
    assert "does not hold" in str(lint(content)[0])


def test_a_malformed_entry_does_not_keep_the_answers_from_people(tree: Path) -> None:
    (tree / "reviews.yml").write_text("sign_offs: [{topic: court}, 7]\n", encoding="utf-8")
    content = load_content(tree)
    assert content.has("court")
    assert "malformed entry" in str(lint(content)[0])


def test_without_a_sign_off_the_text_says_so_or_is_withheld(tree: Path) -> None:
    assert load_content(tree).status("court", "zh", DAY) == "current"
    assert load_content(tree, require_signoff=True).status("court", "zh", DAY) == "unsigned"


def test_past_its_day_an_answer_withdraws_itself_but_not_one_on_danger_to_life(tree: Path) -> None:
    late = date(2027, 1, 21)
    assert load_content(tree).status("court", "zh", late) == "expired"
    for path in (tree / "topics/court").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("route:", "safety: true\nroute:"), encoding="utf-8")
    content = load_content(tree, require_signoff=True).with_withdrawn(frozenset({"court"}))
    assert content.status("court", "zh", late) == "current"
