"""Backups: whole, marked with their day, and gone when it is over. Nothing else is ever deleted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Helpline
from bot.settings import Settings
from bot.store import Keys, Store, StoreError
from bot.store.backups import UNFINISHED, made_on
from tests.conftest import NOON, understood

DAYS = 30


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "data", Keys.from_file(tmp_path / "key")) as store:
        store.save_session("chat", {"a": 1}, NOON)
        yield store


def test_a_backup_is_a_database_of_its_day(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "copy.db"
    store.backup(target, NOON)
    assert made_on(target) == NOON.date()
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
    assert made_on(store.path) is None


def test_no_backup_outlives_its_days(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    for age in (0, 10, 20, 30, 40):
        store.backup(folder / f"{age}.db", NOON - timedelta(days=age))
    assert store.prune_backups(NOON, DAYS) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["0.db", "10.db", "20.db"]
    assert store.prune_backups(NOON + timedelta(days=DAYS), DAYS) == 3
    assert list(folder.iterdir()) == []


def test_the_running_service_deletes_what_an_operator_made_by_hand(
    settings: Settings, tmp_path: Path
) -> None:
    copy = tmp_path / "by-hand" / "copy.db"
    helpline = Helpline(settings, understand=understood(("greet", 0.9)))
    helpline.store.backup(copy, NOON)
    for days, there in ((29, True), (30, False)):
        later = NOON + timedelta(days=days)
        helpline.settings = replace(settings, today=f"{later:%Y-%m-%d}")
        helpline.tidy()
        assert copy.exists() == there
    helpline.close()


def test_only_copies_of_ours_are_deleted(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    store.backup(folder / "copy.db", NOON)
    others = {"notes.txt": b"x" * 200, "short": b"SQLite", "empty": b""}
    for name, data in others.items():
        (folder / name).write_bytes(data)
    with closing(sqlite3.connect(folder / "other.db")) as other:
        other.execute("CREATE TABLE a (b)")
    (folder / "link.db").symlink_to(store.path)
    store.backup(tmp_path / "other" / "copy.db", NOON)
    (folder / "linked-copy.db").symlink_to(tmp_path / "other" / "copy.db")
    store.prune_backups(NOON + timedelta(days=400), DAYS)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*others, "link.db", "linked-copy.db", "other.db"]
    )
    assert store.path.exists()


def test_a_copy_that_was_put_back_is_the_database_and_is_never_pruned(
    store: Store, tmp_path: Path
) -> None:
    store.backup(tmp_path / "data" / "copy.db", NOON)  # in the data directory itself
    store.close()
    (tmp_path / "data" / "copy.db").replace(store.path)
    with Store(tmp_path / "data", Keys.from_file(tmp_path / "key")) as restored:
        assert made_on(restored.path) is None
        assert restored.prune_backups(NOON + timedelta(days=400), DAYS) == 0
        assert restored.load_session("chat", NOON) == {"a": 1}


def test_a_log_of_the_database_before_is_not_played_into_a_copy_that_was_put_back(
    store: Store, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    store.backup(copy, NOON)
    store.empty_log()
    store.forget("chat")
    store.save_session("later", {}, NOON)
    killed = tmp_path / "killed"  # what kill -9 leaves: the log is not yet in the database
    killed.mkdir()
    for file in (tmp_path / "data").iterdir():
        (killed / file.name).write_bytes(file.read_bytes())
    assert (killed / "helpline.db-wal").stat().st_size
    copy.replace(killed / "helpline.db")
    with Store(killed, Keys.from_file(tmp_path / "key")) as restored:
        assert restored.load_session("chat", NOON) == {"a": 1}
        assert restored.load_session("later", NOON) is None


def test_an_interrupted_backup_leaves_the_old_copy_and_nothing_for_ever(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "elsewhere" / "copy.db"
    store.backup(target, NOON)
    before = target.read_bytes()
    for left in (f".copy.db.x{UNFINISHED}", f".copy.db.x{UNFINISHED}-journal", ".a.unfinished"):
        target.with_name(left).write_bytes(before[:10])  # as kill -9 leaves it; the last is foreign
    monkeypatch.setattr("bot.store.backups._UNFINISHED_SECONDS", -1.0)
    assert store.prune_backups(NOON, DAYS) == 2
    assert {path.name for path in target.parent.iterdir()} == {".a.unfinished", "copy.db"}
    assert target.read_bytes() == before


def test_a_folder_that_is_gone_or_cannot_be_written_stops_nothing(
    store: Store, tmp_path: Path
) -> None:
    store.backup(tmp_path / "gone" / "copy.db", NOON)
    (tmp_path / "gone" / "copy.db").unlink()
    (tmp_path / "gone").rmdir()
    assert store.prune_backups(NOON, DAYS) == 0
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="no backup was written"):
        store.backup(tmp_path / "file" / "copy.db", NOON)
    (tmp_path / "data" / "backups.json").write_text("broken")
    assert store.prune_backups(NOON, DAYS) == 0
    store.backup(tmp_path / "again.db", NOON)
    assert store.prune_backups(NOON + timedelta(days=DAYS), DAYS) == 1


def test_a_backup_is_written_over_an_older_one_and_over_nothing_else(
    store: Store, tmp_path: Path
) -> None:
    key = (tmp_path / "key").read_bytes()
    with pytest.raises(StoreError, match="is no backup"):
        store.backup(tmp_path / "key", NOON)
    assert (tmp_path / "key").read_bytes() == key
    for day in (NOON - timedelta(days=1), NOON):
        store.backup(tmp_path / "copy.db", day)
    assert made_on(tmp_path / "copy.db") == NOON.date()


def test_what_cannot_be_read_is_somebody_elses(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.backup(tmp_path / "copy.db", NOON)

    def refused(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("bot.store.backups.made_on", refused)
    assert store.prune_backups(NOON + timedelta(days=400), DAYS) == 0
    assert caplog.text == ""
