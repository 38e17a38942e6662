"""The database: one connection that writes, on one thread at a time.

sqlite-utils is synchronous; the application calls the store from worker threads and a lock makes
them take turns. All writes of a turn are one transaction.
"""

import fcntl
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.store.backups import BackupFolders, drop_other_log, made_on, unmark, write_backup
from bot.store.keys import Keys
from bot.store.migrations import migrations
from bot.store.people import PersonalKeys
from bot.store.retention import RETENTION

FILE_NAME = "helpline.db"
LOCK_FILE = "in-use"  # held shared by every process that uses the database, alone by rotate-key
BUSY_MILLISECONDS = 5000
TABLES_BY_CHAT = (
    "sessions",
    "messages",
    "cases",
    "reminders",
)  # every table that holds rows of a chat
logger = logging.getLogger(__name__)
_KEPT = {period.table: period.kept for period in RETENTION}


@dataclass(frozen=True)
class DueReminder:
    """One reminder to send now: whose, since when, and the data `set_reminders` was given."""

    chat: str
    due: datetime
    data: Mapping[str, Any]


class StoreError(Exception):
    """The database cannot be used; the message says why and what to do."""


class Store:
    """Sessions, answered updates, and what people chose to keep.

    Chats are known by pseudonym only; rows are encrypted. `people` is the file of personal keys
    (default: beside the directory, so that a copy of the directory holds no key). `alone`: no other
    process may use the database at the same time. Raises StoreError where it cannot be used.
    """

    def __init__(
        self, directory: Path, keys: Keys, people: Path | None = None, *, alone: bool = False
    ) -> None:
        self.path = directory / FILE_NAME
        self._folders = BackupFolders(directory)
        self._in_use: int | None = None
        self._keys = keys
        self._people = PersonalKeys(people or directory.with_name(f"{directory.name}.people"), keys)
        self._lock = threading.RLock()
        # A forgotten chat may still lie in a log that a process which died could not empty.
        self._log_holds_deleted = True
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._in_use = _hold(directory / LOCK_FILE, alone=alone)
            drop_other_log(self.path)
            connection = sqlite3.connect(self.path, check_same_thread=False)
            self.path.chmod(0o600)
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            # Deleted rows are overwritten with zeros; forget() also empties the write-ahead log.
            connection.execute("PRAGMA secure_delete = ON")
            unmark(connection)
            self.db = Database(connection)
            self.db.enable_wal()
            migrations.apply(self.db)
        except (OSError, sqlite3.Error) as error:
            self._release()
            raise StoreError(
                f"the database in {directory} cannot be used ({error}). Check that the directory "
                "exists, belongs to the user that runs the bot and has free space."
            ) from error

    def close(self) -> None:
        with self._lock:
            self.db.close()
            self._people.close()
            self._release()

    def _release(self) -> None:
        if self._in_use is not None:
            os.close(self._in_use)
            self._in_use = None

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def pseudonym(self, channel: str, chat: str) -> str:
        return self._keys.pseudonym(channel, chat)

    def pseudonyms(self, channel: str, chat: str) -> tuple[str, ...]:
        """The chat's name, then those it may still have from older keys."""
        return self._keys.pseudonyms(channel, chat)

    def name_of(self, channel: str, chat: str) -> str:
        """The chat's name; what lies under the name of an older key is moved to it first."""
        name, *older = self._keys.pseudonyms(channel, chat)
        for old in older:
            self._move(old, name)
        return name

    def _move(self, old: str, new: str) -> None:
        with self._reading() as db:
            moves = self._people.has(old) or any(
                db.table(table).count_where("chat = ?", [old]) for table in TABLES_BY_CHAT
            )
        if not moves:
            return
        with self.writing() as db:
            # The key first and the old one last: no row ever stands without the key that opens it.
            self._people.copy(old, new)
            for table in TABLES_BY_CHAT:
                db.execute(f"UPDATE OR IGNORE {table} SET chat = ? WHERE chat = ?", [new, old])  # noqa: S608
                db.table(table).delete_where("chat = ?", [old])
        with self.writing():
            self._people.delete(old)

    def outdated(self) -> tuple[int, int]:
        """(what an older master key locked, what no key of the file opens)."""
        with self._reading() as db:
            tokens = [row["data"] for row in db.table("sessions").rows]
            older = [token for token in tokens if not self._keys.is_current(token)]
            lost = sum(self._keys.decrypt(token) is None for token in older)
            people, people_lost = self._people.outdated()
        return len(older) - lost + people, lost + people_lost

    def relock(self) -> tuple[int, int]:
        """Lock every row and personal key with the newest master key.

        Returns how many were locked anew and how many no key opens; these are left as they are.
        """
        relocked = 0
        with self.writing() as db:
            for row in list(db.table("sessions").rows):
                data = self._keys.decrypt(row["data"])
                if data is not None and not self._keys.is_current(row["data"]):
                    db.table("sessions").update(row["chat"], {"data": self._keys.encrypt(data)})
                    relocked += 1
        with self.writing():
            relocked += self._people.relock()
        self.empty_log()
        return relocked, self.outdated()[1]

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction, one writer; a block inside another joins its transaction.

        Raises StoreError when the disk is full or not writable.
        """
        with self._lock:
            try:
                if self.db.conn.in_transaction:
                    yield self.db
                    return
                # Another process (`helpline forget`) may write too: waiting for it is possible
                # before the first read of a transaction only.
                self.db.conn.execute("BEGIN IMMEDIATE")
                try:
                    yield self.db
                    self.db.conn.execute("COMMIT")
                except BaseException:
                    if self.db.conn.in_transaction:
                        self.db.conn.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreError(
                    f"nothing was saved ({error}); free disk space or mend the rights"
                ) from error

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        with self._lock:
            try:
                yield self.db
            except sqlite3.Error as error:
                raise StoreError(
                    f"the database cannot be read ({error}): restore a backup or mend the rights"
                ) from error

    def load_session(self, chat: str, now: datetime) -> Mapping[str, Any] | None:
        """The session's fields, or None where there is none, it expired or the key changed."""
        with self._reading() as db:
            rows = list(
                db.table("sessions").rows_where(
                    "chat = ? and expires > ?", [chat, int(now.timestamp())]
                )
            )
        if not rows:
            return None
        data = self._keys.decrypt(rows[0]["data"])
        if data is None:
            return None
        loaded: Mapping[str, Any] = json.loads(data)
        return loaded

    def save_session(self, chat: str, session: Mapping[str, Any], now: datetime) -> None:
        data = self._keys.encrypt(json.dumps(session, ensure_ascii=False).encode())
        expires = int((now + _KEPT["sessions"]).timestamp())
        with self.writing() as db:
            db.table("sessions").upsert({"chat": chat, "data": data, "expires": expires}, pk="chat")

    def load_case(self, chat: str, now: datetime) -> Mapping[str, Any] | None:
        """What the person chose to keep, or None: nothing, expired, or its key was deleted."""
        with self._reading() as db:
            rows = list(
                db.table("cases").rows_where(
                    "chat = ? and expires > ?", [chat, int(now.timestamp())]
                )
            )
            data = self._people.decrypt(chat, rows[0]["data"]) if rows else None
        if data is None:
            return None
        loaded: Mapping[str, Any] = json.loads(data)
        return loaded

    def save_case(self, chat: str, case: Mapping[str, Any], now: datetime) -> None:
        """Keep it, locked with a key of this person alone, and count its time anew."""
        expires = int((now + _KEPT["cases"]).timestamp())
        with self.writing() as db:
            data = self._people.encrypt(chat, json.dumps(case, ensure_ascii=False).encode())
            db.table("cases").upsert({"chat": chat, "data": data, "expires": expires}, pk="chat")

    def delete_case(self, chat: str) -> None:
        """The key first: whatever copy of the row is left somewhere can never be read again."""
        with self.writing() as db:
            self._people.delete(chat)
            for table in ("cases", "reminders"):
                db.table(table).delete_where("chat = ?", [chat])

    def set_reminders(
        self, chat: str, moments: Sequence[datetime], data: Mapping[str, Any], now: datetime
    ) -> None:
        """The person's reminders from now on. One that is due and was not sent yet stays."""
        with self.writing() as db:
            table = db.table("reminders")
            table.delete_where("chat = ? and due > ?", [chat, int(now.timestamp())])
            locked = self._people.encrypt(chat, json.dumps(data).encode()) if moments else b""
            table.insert_all(
                (
                    {
                        "chat": chat,
                        "due": int(moment.timestamp()),
                        "data": locked,
                        "expires": int((moment + _KEPT["reminders"]).timestamp()),
                    }
                    for moment in moments
                    if moment > now
                ),
                ignore=True,
            )

    def stop_reminders(self, chat: str) -> None:
        """All of them, also one that is due."""
        with self.writing() as db:
            db.table("reminders").delete_where("chat = ?", [chat])

    def due_reminders(self, now: datetime, limit: int) -> list[DueReminder]:
        """What is to be sent now, the oldest first; those whose key is gone take no place."""
        with self._reading() as db:
            rows = db.table("reminders").rows_where(
                "due <= ? and expires > ?", [int(now.timestamp())] * 2, order_by="due"
            )
            opened = ((row, self._people.decrypt(row["chat"], row["data"])) for row in rows)
            due = (
                DueReminder(
                    row["chat"], datetime.fromtimestamp(row["due"], now.tzinfo), json.loads(data)
                )
                for row, data in opened
                if data is not None
            )
            return list(islice(due, limit))

    def reminded(self, reminder: DueReminder) -> bool:
        """It was accepted by the platform: never again. Until this is saved it may come twice.

        False where it was deleted while it was on its way: nothing more is noted of that chat.
        """
        due = int(reminder.due.timestamp())
        # The chat may have been given its newer name while the reminder was on its way.
        names = {reminder.chat, self.pseudonym(reminder.data["channel"], reminder.data["chat"])}
        deleted = 0
        with self.writing() as db:
            for name in names:
                deleted += db.execute(
                    "DELETE FROM reminders WHERE chat = ? AND due = ?", [name, due]
                ).rowcount
        return deleted > 0

    def is_new_update(self, channel: str, update_id: str, now: datetime) -> bool:
        """Whether this update was not yet answered. Asking does not mark it: `mark_update` does,
        in the transaction that commits the turn."""
        with self._reading() as db:
            count = db.table("updates").count_where(
                "channel = ? and update_id = ?", [channel, update_id]
            )
        return not count

    def mark_update(self, channel: str, update_id: str, now: datetime) -> None:
        expires = int((now + _KEPT["updates"]).timestamp())
        with self.writing() as db:
            db.table("updates").insert(
                {"channel": channel, "update_id": update_id, "expires": expires}, ignore=True
            )

    def add_messages(self, chat: str, message_ids: Sequence[int], now: datetime) -> None:
        """Remember ids of messages of both sides, so that /hide can delete them."""
        expires = int((now + _KEPT["messages"]).timestamp())
        with self.writing() as db:
            db.table("messages").insert_all(
                ({"chat": chat, "message_id": one, "expires": expires} for one in message_ids),
                ignore=True,
            )

    def take_messages(self, chat: str) -> list[int]:
        """The remembered ids of a chat, which are then no longer remembered."""
        with self.writing() as db:
            ids = [row["message_id"] for row in db.table("messages").rows_where("chat = ?", [chat])]
            db.table("messages").delete_where("chat = ?", [chat])
        return ids

    def trim(self, now: datetime) -> int:
        """Delete what is past its time, with its key. Returns the number of rows deleted."""
        deleted = 0
        with self.writing() as db:
            over = db.table("cases").rows_where(
                "expires <= ?", [int(now.timestamp())], select="chat"
            )
            lone = {row["chat"] for row in over}
            for period in RETENTION:
                before = db.table(period.table).count
                db.table(period.table).delete_where("expires <= ?", [int(now.timestamp())])
                deleted += before - db.table(period.table).count
            # A reminder may stand longer than the case it belonged to: not after that is gone.
            deleted += db.execute(
                "DELETE FROM reminders WHERE chat NOT IN (SELECT chat FROM cases)"
            ).rowcount
            kept = {row["chat"] for row in db.table("cases").rows_where(select="chat")}
            named = self._people.names()
            # A backup from before a new master key holds cases under names that their chats have no
            # more: a key that seems to lock nothing may be theirs, found at their next contact.
            if kept <= named:
                lone |= named - kept
            for chat in lone & named:
                self._people.delete(chat)
        if deleted or self._log_holds_deleted:
            self.empty_log()
        return deleted

    def forget(self, *names: str) -> bool:
        """Delete everything of one chat, under each of its names, from the file and from the log.

        False where another process kept the log from being emptied; the next `trim` does it.
        """
        with self.writing():
            for name in names:
                self.forget_rows(name)
        return self.empty_log()

    def forget_rows(self, chat: str) -> None:
        """The deletion alone, for a transaction that does more; `empty_log` must follow it."""
        with self.writing() as db:
            self._people.delete(chat)
            for table in TABLES_BY_CHAT:
                db.table(table).delete_where("chat = ?", [chat])

    def empty_log(self) -> bool:
        """Copies of deleted pages stay in the write-ahead log until it is truncated.

        False where that could not be done now (another process reads); the next `trim` tries again.
        """
        with self._lock:
            try:
                ((busy, _, _),) = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error:
                busy = 1
            self._log_holds_deleted = bool(busy)
        if busy:
            logger.warning("the write-ahead log could not be emptied yet, the next trim will")
        return not busy

    def backup(self, target: Path, now: datetime) -> None:
        """A consistent copy, taken while the bot runs. Raises StoreError if it fails."""
        if target.is_dir() or target.resolve() == self.path.resolve():
            raise StoreError(f"{target} is no place for a backup: name a new file elsewhere")
        try:
            if target.exists() and made_on(target) is None:
                raise StoreError(f"{target} is there already and is no backup: name a new file")
            target.parent.mkdir(parents=True, exist_ok=True)
            with self.writing():  # two processes at once would lose one of their folders
                self._folders.note(target.parent)
            with self._lock:
                write_backup(self.db.conn, target, now.date())
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"no backup was written to {target}: {error}") from error

    def prune_backups(self, now: datetime, days: int) -> int:
        """Delete the copies that are `days` old. Returns how many were deleted."""
        return self._folders.prune(now.date(), days, self.path)


def _hold(path: Path, *, alone: bool) -> int:
    """A lock that ends with the process. Raises StoreError where another process is in the way."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise StoreError(
            "the database is in use: stop the bot and try again"
            if alone
            else "'helpline rotate-key' is at work: try again when it is done"
        ) from error
    return handle
