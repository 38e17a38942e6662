"""Copies of the database, and their end: each bears the day it was made in its own header.

The folders that hold copies are noted beside the database, so that the running service finds what
an operator made by hand.
"""

import json
import logging
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import date
from pathlib import Path

MARK = 0x48504C42  # "HPLB", the application id of a copy; a database in use bears none
LIST_FILE = "backups.json"
UNFINISHED = ".helpline-unfinished"
_UNFINISHED_SECONDS = 3600.0
# SQLite, Database File Format: user version at byte 60, application id at 68, big-endian.
_MAGIC = b"SQLite format 3\x00"
_VERSION_AT, _MARK_AT, _HEADER = 60, 68, 72
logger = logging.getLogger(__name__)


def write_backup(source: sqlite3.Connection, target: Path, today: date) -> None:
    """A consistent copy, whole or not at all, mode 0600. Raises OSError or sqlite3.Error."""
    handle, name = tempfile.mkstemp(UNFINISHED, f".{target.name}.", target.parent)  # mode 0600
    os.close(handle)
    unfinished = Path(name)
    try:
        with closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute(f"PRAGMA application_id = {MARK}")
            copy.execute(f"PRAGMA user_version = {today.toordinal()}")
            copy.commit()
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def drop_other_log(path: Path) -> None:
    """Before a copy that was put back is opened: SQLite would play a log into it that a database
    which was killed in its place has left behind."""
    if path.exists() and made_on(path) is not None:
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def unmark(connection: sqlite3.Connection) -> None:
    """A copy that was put back is a database again, and no backup to be pruned."""
    if connection.execute("PRAGMA application_id").fetchone()[0] == MARK:
        connection.execute("PRAGMA application_id = 0")
        connection.execute("PRAGMA user_version = 0")


def made_on(path: Path) -> date | None:
    """The day a copy was made; None for every file that is no copy of ours."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        return None
    if int.from_bytes(header[_MARK_AT:], "big") != MARK:
        return None
    try:
        return date.fromordinal(int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4], "big"))
    except (ValueError, OverflowError):
        return None


class BackupFolders:
    """The folders in which copies were made."""

    def __init__(self, directory: Path) -> None:
        self._list = directory / LIST_FILE

    def note(self, folder: Path) -> None:
        """Before the first byte of a copy is written there. Raises OSError."""
        folders = [*self.folders(), folder.resolve()]
        temporary = self._list.with_name(f"{LIST_FILE}.new")
        temporary.write_text(json.dumps(sorted({str(one) for one in folders})) + "\n", "utf-8")
        temporary.replace(self._list)

    def folders(self) -> list[Path]:
        try:
            return [Path(one) for one in json.loads(self._list.read_text("utf-8"))]
        except (FileNotFoundError, ValueError, TypeError):
            return []

    def prune(self, today: date, days: int, live: Path) -> int:
        """Delete every copy that is `days` old, and what an interrupted copy left behind.

        A folder that is not there now is looked at the next time. Returns how many were deleted.
        """
        deleted = 0
        for folder in self.folders():
            try:
                # A link is nothing that was written here.
                files = [one for one in folder.iterdir() if one.is_file() and not one.is_symlink()]
            except OSError:
                continue
            for path in files:
                if path.resolve() == live.resolve() or not _is_over(path, today, days):
                    continue
                try:
                    path.unlink()
                    deleted += 1
                except OSError as error:
                    logger.warning("a backup could not be deleted: %s", type(error).__name__)
        return deleted


def _is_over(path: Path, today: date, days: int) -> bool:
    """False also for what cannot be read: somebody else's, in a folder that is shared."""
    try:
        if path.name.startswith(".") and UNFINISHED in path.name:  # also the journal beside it
            return time.time() - path.stat().st_mtime > _UNFINISHED_SECONDS
        made = made_on(path)
    except OSError:
        return False
    return made is not None and (today - made).days >= days
