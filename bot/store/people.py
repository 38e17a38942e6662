"""One key per person for what they chose to keep. Deleting the key deletes what it locked.

The keys lie in a file of their own that backups of the database leave out, so that an old backup
cannot bring back what a person deleted. Each key is wrapped with the master key: the file alone
opens nothing.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from bot.store.keys import Keys

_TABLE = "CREATE TABLE IF NOT EXISTS people (chat TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT"


class PersonalKeys:
    """Keys by the pseudonym of a chat. Raises OSError or sqlite3.Error where the file is unusable.

    The file is made when the first key is.
    """

    def __init__(self, path: Path, master: Keys) -> None:
        self.path = path
        self._master = master
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def encrypt(self, chat: str, data: bytes) -> bytes:
        """Lock data with the person's key, which is made on first use."""
        with self._lock:
            key = self._key(chat)
            if key is None:
                key = Fernet.generate_key()
                with self._writing() as connection:
                    connection.execute(
                        "INSERT OR REPLACE INTO people VALUES (?, ?)",
                        (chat, self._master.encrypt(key)),
                    )
        return Fernet(key).encrypt(data)

    def decrypt(self, chat: str, token: bytes) -> bytes | None:
        """None where the key was deleted, or is not the one that locked this."""
        with self._lock:
            key = self._key(chat)
        if key is None:
            return None
        try:
            return Fernet(key).decrypt(token)
        except InvalidToken:
            return None

    def has(self, chat: str) -> bool:
        if not self.path.exists():
            return False
        with self._lock:
            found = self._open().execute("SELECT 1 FROM people WHERE chat = ?", (chat,)).fetchone()
        return found is not None

    def copy(self, old: str, new: str) -> None:
        """The same key under the name that a newer master key gives the chat."""
        if self.path.exists():
            with self._lock, self._writing() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO people SELECT ?, key FROM people WHERE chat = ?",
                    (new, old),
                )

    def outdated(self) -> tuple[int, int]:
        """(keys that an older master key locked, keys that no master key opens)."""
        if not self.path.exists():
            return 0, 0
        with self._lock:
            rows = self._open().execute("SELECT key FROM people").fetchall()
        older = [row[0] for row in rows if not self._master.is_current(row[0])]
        lost = sum(self._master.decrypt(key) is None for key in older)
        return len(older) - lost, lost

    def relock(self) -> int:
        """Wrap every key with the newest master key, all or none. Returns how many were."""
        if not self.path.exists():
            return 0
        relocked = 0
        with self._lock, self._writing() as connection:
            for chat, wrapped in connection.execute("SELECT chat, key FROM people").fetchall():
                if self._master.is_current(wrapped):
                    continue
                key = self._master.decrypt(wrapped)
                if key is not None:
                    connection.execute(
                        "UPDATE people SET key = ? WHERE chat = ?",
                        (self._master.encrypt(key), chat),
                    )
                    relocked += 1
        return relocked

    def delete(self, chat: str) -> None:
        if self.path.exists():
            with self._lock, self._writing() as connection:
                connection.execute("DELETE FROM people WHERE chat = ?", (chat,))

    def names(self) -> set[str]:
        """The chats that have a key."""
        if not self.path.exists():
            return set()
        with self._lock:
            return {row[0] for row in self._open().execute("SELECT chat FROM people")}

    def close(self) -> None:
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _key(self, chat: str) -> bytes | None:
        if not self.path.exists():
            return None
        row = self._open().execute("SELECT key FROM people WHERE chat = ?", (chat,)).fetchone()
        return self._master.decrypt(row[0]) if row else None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, check_same_thread=False)
            self.path.chmod(0o600)
            # A deleted key is overwritten with zeros, and no write-ahead log keeps a copy of it.
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.execute("PRAGMA busy_timeout = 5000")
            self._connection.execute(_TABLE)
            self._connection.commit()
        return self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        with connection:
            yield connection
