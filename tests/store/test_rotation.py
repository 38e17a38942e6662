"""A new master key: nothing is lost at any moment, and old keys go when nothing needs them."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Helpline
from bot.casework import Case, dump_case, load_case
from bot.casework.case import Entry
from bot.cli.doctor import _store as examine_store
from bot.settings import Settings
from bot.store import RETENTION, Keys, Store, StoreError
from bot.store.keys import KeyFileError, read_key_file, write_key_file
from bot.store.rotation import OLDER_KEYS_KEPT, Rotation, rotate
from tests.conftest import NOON, understood

ROOT = Path(__file__).resolve().parents[2]
TODAY = NOON.date()
CASE = Case(agreed="x").added(Entry(0, NOON, words="原话"))
ADDRESS = {"channel": "telegram", "chat": "7", "language": "zh"}


@dataclass(frozen=True)
class House:
    """The files of one bot."""

    directory: Path

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def key(self) -> Path:
        return self.directory / "data.key"

    @property
    def people(self) -> Path:
        return self.directory / "data.key.people"

    def open(self) -> Store:
        return Store(self.data, Keys.from_file(self.key), self.people)

    def rotate(self, today: date = TODAY, *, new: bool = True) -> Rotation:
        return rotate(self.data, self.key, self.people, today, new=new)

    def locks(self) -> list[bytes]:
        """What the master key locked: the sessions and the personal keys."""
        found = []
        for path, query in (
            (self.data / "helpline.db", "SELECT data FROM sessions"),
            (self.people, "SELECT key FROM people"),
        ):
            with closing(sqlite3.connect(path)) as connection:
                found += [row[0] for row in connection.execute(query)]
        return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Three chats: each with a session, a diary and a reminder."""
    made = House(tmp_path)
    with made.open() as store:
        for chat in ("7", "8", "9"):
            name = store.pseudonym("telegram", chat)
            store.save_session(name, {"chat": chat}, NOON)
            store.save_case(name, dump_case(CASE), NOON)
            store.add_messages(name, [int(chat)], NOON)
            address = {**ADDRESS, "chat": chat}
            store.set_reminders(name, [NOON + timedelta(hours=1)], address, NOON)
    return made


def everything_is_there(house: House, now: datetime = NOON) -> None:
    with house.open() as store:
        for chat in ("7", "8", "9"):
            name = store.name_of("telegram", chat)
            assert load_case(store.load_case(name, now)) == CASE
            assert store.load_session(name, now) == {"chat": chat}
        due = store.due_reminders(now + timedelta(hours=2), 10)
        assert sorted(one.data["chat"] for one in due) == ["7", "8", "9"]
        assert {one.chat for one in due} == {store.pseudonym("telegram", c) for c in "789"}


def test_everything_is_locked_anew_and_every_chat_is_known_again(house: House) -> None:
    before = house.locks()
    (old,) = read_key_file(house.key)
    done = house.rotate()
    assert (done.made, done.relocked, done.unreadable, done.older) == (True, 6, 0, 1)
    newest, kept = read_key_file(house.key)
    assert kept == old
    assert newest.made == TODAY
    assert house.key.stat().st_mode & 0o777 == 0o600
    alone = Keys(newest.secret)
    assert len(house.locks()) == 6
    assert all(alone.is_current(token) for token in house.locks())
    # Not a byte of what the old key locked is left behind.
    files = b"".join(path.read_bytes() for path in (*house.data.iterdir(), house.people))
    assert not any(token in files for token in before)
    everything_is_there(house)


def test_a_chat_is_moved_to_its_new_name_at_first_contact(house: House) -> None:
    with house.open() as store:
        old = store.pseudonym("telegram", "7")
    house.rotate()
    settings = Settings(data=str(house.data), key_file=str(house.key), today=f"{TODAY}")
    helpline = Helpline(settings, understand=understood(("greet", 0.9)))
    helpline.session("telegram", "7")
    store = helpline.store
    assert store.pseudonyms("telegram", "7")[1] == old
    assert load_case(store.load_case(store.pseudonym("telegram", "7"), NOON)) == CASE
    assert store.take_messages(store.pseudonym("telegram", "7")) == [7]
    helpline.close()
    files = b"".join(path.read_bytes() for path in (*house.data.iterdir(), house.people))
    assert old.encode() not in files


def test_forgetting_finds_a_chat_under_its_old_name(house: House) -> None:
    with house.open() as store:
        old = store.pseudonym("telegram", "7")
    house.rotate()
    with house.open() as store:
        assert store.forget(*store.pseudonyms("telegram", "7"))
    files = b"".join(path.read_bytes() for path in (*house.data.iterdir(), house.people))
    assert old.encode() not in files


def test_a_reminder_that_was_under_way_when_its_chat_was_moved_comes_once(house: House) -> None:
    house.rotate()
    later = NOON + timedelta(hours=2)
    with house.open() as store:
        (one, *_) = [due for due in store.due_reminders(later, 10) if due.data["chat"] == "7"]
        store.name_of("telegram", "7")
        store.reminded(one)
        assert [due for due in store.due_reminders(later, 10) if due.data["chat"] == "7"] == []


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from bot.store import database, people, rotation

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

where, directory = sys.argv[1], Path(sys.argv[2])
if where == "before the key file":
    rotation.write_key_file = die
elif where == "after the key file":
    database.Store.relock = die
elif where == "between the two files":
    people.PersonalKeys.relock = die
elif where == "within the personal keys":
    real, count = database.Keys.encrypt, []
    def encrypt(self, data):
        count.append(1)
        return die() if len(count) == 5 else real(self, data)
    database.Keys.encrypt = encrypt
elif where == "within the sessions":
    real, count = database.Keys.encrypt, []
    def encrypt(self, data):
        count.append(1)
        return die() if len(count) == 2 else real(self, data)
    database.Keys.encrypt = encrypt
elif where == "before the log is emptied":
    database.Store.empty_log = die
rotation.rotate(directory / "data", directory / "data.key", directory / "data.key.people",
                date(2026, 11, 22))
"""


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ("before the key file", 2),  # nothing had happened: the second run makes the new key
        ("after the key file", 2),
        ("within the sessions", 2),
        ("between the two files", 2),
        ("within the personal keys", 2),
        ("before the log is emptied", 3),  # all was done: the second run is a rotation of its own
    ],
)
def test_a_rotation_killed_in_the_middle_loses_nothing_and_is_finished_by_the_next(
    house: House, where: str, keys: int
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", KILLED, where, str(house.directory)],
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=60,
    )
    assert run.returncode == -signal.SIGKILL
    with house.open() as store:  # the bot goes on with whatever is there
        assert store.outdated()[1] == 0
        assert load_case(store.load_case(store.name_of("telegram", "7"), NOON)) == CASE
    done = house.rotate()
    assert done.unreadable == 0
    known = read_key_file(house.key)
    assert len(known) == keys
    assert all(Keys(known[0].secret).is_current(token) for token in house.locks())
    everything_is_there(house)


@pytest.mark.parametrize("crash", ["before the rows", "before the old key goes"])
def test_a_move_that_died_half_way_is_finished_at_the_next_contact(
    house: House, crash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.rotate()
    with house.open() as store:
        name, old = store.pseudonyms("telegram", "7")
        with monkeypatch.context() as patch:

            def die(*_: object) -> None:
                raise RuntimeError

            if crash == "before the rows":
                real = store._people.copy
                patch.setattr(store._people, "copy", lambda *one: (real(*one), die()))
            else:
                patch.setattr(store._people, "delete", die)
            with pytest.raises(RuntimeError):
                store.name_of("telegram", "7")
    with house.open() as store:
        assert store.name_of("telegram", "7") == name
        assert load_case(store.load_case(name, NOON)) == CASE
        assert store._people.names() >= {name}
        assert old not in store._people.names()


def test_an_old_key_goes_when_the_longest_retention_has_passed(house: House) -> None:
    first = house.rotate()
    assert first.until == TODAY + OLDER_KEYS_KEPT
    assert max(period.kept for period in RETENTION) < OLDER_KEYS_KEPT
    early = house.rotate(TODAY + OLDER_KEYS_KEPT - timedelta(days=1), new=False)
    assert (early.dropped, early.older) == (0, 1)
    late = house.rotate(TODAY + OLDER_KEYS_KEPT, new=False)
    assert (late.made, late.dropped, late.older) == (False, 1, 0)
    assert len(read_key_file(house.key)) == 1


def test_rotating_every_year_leaves_two_keys(house: House) -> None:
    for year in range(4):
        house.rotate(TODAY + timedelta(days=365 * year))
    assert len(read_key_file(house.key)) == 2


def test_a_key_that_is_missing_is_told_and_no_key_is_thrown_away(house: House) -> None:
    house.rotate()
    newest, old = read_key_file(house.key)
    with house.open() as store:
        store.save_session("late", {}, NOON)
    lost = sqlite3.connect(house.people)
    with closing(lost), lost:
        lost.execute("UPDATE people SET key = ?", (Keys(b"1" * 32).encrypt(b"k"),))
    done = house.rotate(TODAY + OLDER_KEYS_KEPT, new=False)
    assert done.unreadable == 3
    assert done.dropped == 0
    assert read_key_file(house.key) == [newest, old]


def test_doctor_says_that_a_key_is_missing(house: House) -> None:
    settings = Settings(data=str(house.data), key_file=str(house.key), today=f"{TODAY}")
    assert [one.level for one in examine_store(settings) if one.subject == "key file"] == []
    house.key.write_text("aa" * 32)
    (finding,) = [one for one in examine_store(settings) if one.subject == "key file"]
    assert finding.level == "mend"
    assert "6 rows" in finding.text


def test_a_bot_that_runs_is_not_rotated_under_its_feet(house: House) -> None:
    with house.open():
        with pytest.raises(StoreError, match="stop the bot"):
            house.rotate()
        assert len(read_key_file(house.key)) == 1
    house.rotate()


def test_no_bot_starts_while_the_keys_change(house: House) -> None:
    keys = Keys.from_file(house.key)
    with (
        Store(house.data, keys, house.people, alone=True),
        pytest.raises(StoreError, match="rotate-key"),
    ):
        house.open()
    house.open().close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def make(text: str) -> Path:
        (tmp_path / "key").write_text(text)
        return tmp_path / "key"

    return make


def test_a_key_file_of_one_line_and_one_of_several_are_read(write: Callable[[str], Path]) -> None:
    a, b = "aa" * 32, "bb" * 32
    assert [key.made for key in read_key_file(write(f"{a}\n"))] == [None]
    keys = read_key_file(write(f"{b} 2026-11-22\n\n{a}\n"))
    assert [(key.secret.hex(), key.made) for key in keys] == [(b, TODAY), (a, None)]
    write_key_file(write(""), keys)
    assert read_key_file(write(f"{b} 2026-11-22\n{a}\n")) == keys
    assert "aa" not in repr(keys)


@pytest.mark.parametrize("text", ["", "\n", "xx", "aa" * 31, f"{'aa' * 32}\nrest", "é"])
def test_a_damaged_key_file_is_refused_whole(write: Callable[[str], Path], text: str) -> None:
    with pytest.raises(KeyFileError, match="Restore the right file"):
        read_key_file(write(text))


def test_a_backup_from_before_the_rotation_is_opened_after_it(house: House, tmp_path: Path) -> None:
    """The people's keys bear the new names by then, the cases of the copy the old ones."""
    copy = tmp_path / "elsewhere" / "copy.db"
    with house.open() as store:
        store.backup(copy, NOON)
    house.rotate()
    with house.open() as store:
        for chat in "789":
            store.name_of("telegram", chat)
    copy.replace(house.data / "helpline.db")
    with house.open() as store:
        store.trim(NOON)
    everything_is_there(house)
    with house.open() as store:
        store.trim(NOON + timedelta(days=181))
        assert store._people.names() == set()


def test_a_key_file_behind_a_link_is_changed_where_it_lies(house: House, tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "key"
    place.parent.mkdir()
    house.key.replace(place)
    house.key.symlink_to(place)
    house.rotate()
    assert house.key.is_symlink()
    assert len(read_key_file(place)) == 2
    everything_is_there(house)


def test_a_full_disk_leaves_the_key_file_and_no_key_beside_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_key_file(house.key)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bot.store.keys.os.fsync", full)
    with pytest.raises(KeyFileError, match="free disk space"):
        write_key_file(house.key, [*before, *before])
    assert read_key_file(house.key) == before
    assert sorted(house.directory.glob("data.key*")) == [house.key, house.people]
