"""What is kept is encrypted and expires; what is deleted is gone from every byte of the files."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Helpline, dump_session, load_session
from bot.conversation.messages import Message, Session, Understanding
from bot.conversation.turn import new_session
from bot.settings import Settings
from bot.store import RETENTION, Keys, Store, StoreError
from bot.store.database import FILE_NAME
from bot.store.keys import KeyFileError
from tests.conftest import NOON, understood

CHAT = "5550001234"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "data", Keys.from_file(tmp_path / "key"))
    yield store
    store.close()


def files_of(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_a_session_comes_back_and_expires(store: Store) -> None:
    session = new_session(NOON, "es")
    store.save_session("chat", dump_session(session), NOON)
    assert load_session(store.load_session("chat", NOON) or {}) == session
    assert store.load_session("chat", NOON + timedelta(hours=71)) is not None
    assert store.load_session("chat", NOON + timedelta(hours=73)) is None


def test_nothing_readable_lies_in_the_files(store: Store, tmp_path: Path) -> None:
    name = store.pseudonym("telegram", CHAT)
    session = Session(id="abcd", topic="crisis_self_harm", step="help", updated=NOON)
    store.save_session(name, dump_session(session), NOON)
    bytes_ = files_of(tmp_path / "data")
    assert name.encode() in bytes_
    for secret in (CHAT, "crisis_self_harm", "abcd"):
        assert secret.encode() not in bytes_


def test_forgetting_leaves_no_trace_in_file_log_or_backup(
    tmp_path: Path, settings: Settings
) -> None:
    helpline = Helpline(settings, understand=understood(("greet", 0.9)))
    name = helpline.store.pseudonym("telegram", CHAT)
    helpline.answer("telegram", CHAT, Message("command", "start"), update_ids=["1"])
    helpline.store.add_messages(name, [4711001], NOON)
    assert name.encode() in files_of(settings.data_path)
    payload = f"{helpline.session('telegram', CHAT).id}:tool:forget"
    helpline.answer("telegram", CHAT, Message("button", payload=payload), update_ids=["2"])
    helpline.store.backup(tmp_path / "backup.db", NOON)
    live = files_of(settings.data_path)
    helpline.close()
    assert name.encode() not in live
    assert name.encode() not in files_of(settings.data_path)
    assert name.encode() not in (tmp_path / "backup.db").read_bytes()
    again = Store(settings.data_path, Keys.from_file(settings.key_path))
    assert again.load_session(name, NOON) is None
    assert again.take_messages(name) == []
    again.close()


def test_an_update_is_answered_once_and_its_number_kept_48_hours(store: Store) -> None:
    assert store.is_new_update("telegram", "7", NOON)
    store.mark_update("telegram", "7", NOON)
    assert not store.is_new_update("telegram", "7", NOON)
    store.trim(NOON + timedelta(hours=47))
    assert not store.is_new_update("telegram", "7", NOON)
    store.trim(NOON + timedelta(hours=49))
    assert store.is_new_update("telegram", "7", NOON)


def test_trim_enforces_the_retention_table(store: Store) -> None:
    store.save_session("chat", dump_session(new_session(NOON)), NOON)
    store.mark_update("telegram", "7", NOON)
    store.add_messages("chat", [1, 2], NOON)
    longest = max(period.kept for period in RETENTION)
    store.trim(NOON + longest)
    assert [store.db.table(period.table).count for period in RETENTION] == [0] * len(RETENTION)


def test_every_table_has_a_time_to_live(store: Store) -> None:
    kept = {period.table for period in RETENTION}
    tables = {name for name in store.db.table_names() if not name.startswith(("_", "sqlite_"))}
    assert tables == kept


def test_a_failed_turn_saves_nothing_of_it(store: Store) -> None:
    def failing_turn() -> None:
        with store.writing():
            store.mark_update("telegram", "8", NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing_turn()
    assert store.is_new_update("telegram", "8", NOON)


def test_a_transaction_inside_another_shares_its_fate(store: Store) -> None:
    def failing_turn() -> None:
        with store.writing():
            store.save_session("chat", dump_session(new_session(NOON)), NOON)
            store.mark_update("telegram", "8", NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing_turn()
    assert store.load_session("chat", NOON) is None
    assert store.is_new_update("telegram", "8", NOON)


def test_two_processes_write_to_the_same_database(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "data", Keys.from_file(tmp_path / "key"))
    store.add_messages("chat", [1], NOON)
    other.save_session("chat", dump_session(new_session(NOON)), NOON)
    assert store.take_messages("chat") == [1]
    assert store.load_session("chat", NOON) is not None
    assert other.forget("chat")
    assert store.load_session("chat", NOON) is None
    other.close()


def test_a_log_that_another_process_reads_is_emptied_later(store: Store, tmp_path: Path) -> None:
    name = store.pseudonym("telegram", CHAT)
    store.save_session(name, dump_session(new_session(NOON)), NOON)
    store.db.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchall()
        assert not store.forget(name)
    assert name.encode() in files_of(tmp_path / "data")
    store.trim(NOON)
    assert name.encode() not in files_of(tmp_path / "data")


def test_a_backup_never_goes_over_the_database(store: Store) -> None:
    with pytest.raises(StoreError, match="name a new file"):
        store.backup(store.path, NOON)


def test_of_two_processes_that_start_at_once_both_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(Keys.from_file, [tmp_path / "key"] * 8))
    assert len({key.pseudonym("telegram", CHAT) for key in keys}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_the_key_file_is_for_its_owner_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    first = Keys.from_file(path).pseudonym("telegram", CHAT)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keys.from_file(path).pseudonym("telegram", CHAT) == first
    path.write_text("not a key")
    with pytest.raises(KeyFileError, match="Restore the right file"):
        Keys.from_file(path)


def test_another_key_reads_nothing(store: Store, tmp_path: Path) -> None:
    store.save_session("chat", dump_session(new_session(NOON)), NOON)
    store.close()
    other = Store(tmp_path / "data", Keys.from_file(tmp_path / "other"))
    assert other.load_session("chat", NOON) is None
    other.close()


def test_a_directory_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a directory")
    with pytest.raises(StoreError, match="belongs to the user"):
        Store(tmp_path / "data", Keys.from_file(tmp_path / "key"))


def test_a_full_disk_saves_nothing_and_says_so(store: Store) -> None:
    store.db.execute("PRAGMA max_page_count = 20")

    def fill() -> None:
        for number in range(2000):
            store.save_session(f"chat{number}" * 50, dump_session(new_session(NOON)), NOON)

    with pytest.raises(StoreError, match="nothing was saved"):
        fill()
    store.db.execute("PRAGMA max_page_count = 100000")
    store.save_session("after", dump_session(new_session(NOON)), NOON)
    assert store.load_session("after", NOON) is not None


def test_a_session_of_an_older_bot_starts_afresh() -> None:
    assert load_session({"id": "abcd", "unknown": 1}) is None


def test_help_is_shown_even_when_nothing_can_be_saved(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpline = Helpline(settings, understand=understood(("greet", 0.97)))

    def full(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(helpline.store, "save_session", full)
    try:
        replies = helpline.answer("telegram", CHAT, Message("text", "我不想活了")).replies
        assert "110" in replies[-1].text
        with pytest.raises(StoreError):
            helpline.answer("telegram", CHAT, Message("text", "你好"))
    finally:
        helpline.close()


def test_a_step_that_fails_shows_the_menu_and_is_not_delivered_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> Understanding:
        raise RuntimeError(text)

    helpline = Helpline(settings, understand=broken)
    try:
        first = helpline.answer("telegram", CHAT, Message("text", "我叫王小明"), update_ids=["1"])
        again = helpline.answer("telegram", CHAT, Message("text", "我叫王小明"), update_ids=["1"])
    finally:
        helpline.close()
    assert first.replies[-1].buttons
    assert again.duplicate
    assert "a turn failed: RuntimeError" in caplog.text
    assert "王小明" not in caplog.text


ADDRESS = {"channel": "telegram", "chat": "7", "language": "zh"}


def test_reminders_whose_key_is_gone_keep_no_other_waiting(store: Store, now: datetime) -> None:
    soon = now + timedelta(minutes=1)
    for chat in ("gone", "also gone", "there"):
        store.set_reminders(chat, [soon], ADDRESS, now)
    for chat in ("gone", "also gone"):
        store._people.delete(chat)
    assert [one.chat for one in store.due_reminders(soon, 1)] == ["there"]


def test_no_reminder_outlives_its_case(store: Store, now: datetime) -> None:
    store.save_case("chat", {}, now)
    store.set_reminders("chat", [now + timedelta(days=179)], ADDRESS, now)
    store.trim(now + timedelta(days=181))
    assert store.db.table("reminders").count == 0


def test_a_reminder_that_was_forgotten_on_its_way_says_so(store: Store, now: datetime) -> None:
    soon = now + timedelta(minutes=1)
    store.set_reminders("chat", [soon], ADDRESS, now)
    (one,) = store.due_reminders(soon, 1)
    assert store.reminded(one)
    assert not store.reminded(one)
