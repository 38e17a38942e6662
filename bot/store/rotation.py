"""A new master key: everything locked anew, and older keys dropped when nothing needs them.

Each step can be interrupted and run again. The file with both keys is written first, so that
whatever was locked with either can be read at every moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from bot.store.database import Store
from bot.store.keys import Keys, MasterKey, new_key, read_key_file, write_key_file
from bot.store.retention import RETENTION

# A chat that does not write keeps the name that an older key gave it until its rows expire.
OLDER_KEYS_KEPT = max(period.kept for period in RETENTION) + timedelta(days=1)


@dataclass(frozen=True)
class Rotation:
    """What was done. `made` is False where an interrupted rotation was finished instead."""

    made: bool
    relocked: int
    unreadable: int  # rows that no key of the file opens: they were left as they are
    dropped: int
    older: int  # keys that stay behind the newest
    until: date | None  # when the next of these can be dropped; None: none, or its day is unknown


def rotate(
    directory: Path, key_file: Path, people: Path, today: date, *, new: bool = True
) -> Rotation:
    """Make a new master key, or finish what was interrupted, and lock everything with the newest.

    `new` False makes none: older keys that nothing needs any more are dropped. No other process
    may use the database meanwhile. Raises StoreError or KeyFileError.
    """
    keys = read_key_file(key_file)
    with _alone(directory, keys, people) as store:
        made = new and not store.outdated()[0]
        if made:
            keys = [new_key(today), *keys]
            write_key_file(key_file, keys)
    with _alone(directory, keys, people) as store:
        relocked, unreadable = store.relock()
    # While something cannot be read, its key may yet be found: nothing is thrown away.
    kept = list(keys) if unreadable else _needed(keys, today)
    if len(kept) < len(keys):
        write_key_file(key_file, kept)
    dropped = len(keys) - len(kept)
    return Rotation(made, relocked, unreadable, dropped, len(kept) - 1, _next_drop(kept))


def _alone(directory: Path, keys: Sequence[MasterKey], people: Path) -> Store:
    return Store(directory, Keys(*(key.secret for key in keys)), people, alone=True)


def _needed(keys: Sequence[MasterKey], today: date) -> list[MasterKey]:
    """The newest, and each key whose successor came so lately that its names may still stand."""
    kept = [keys[0]]
    for newer, key in pairwise(keys):
        if newer.made is not None and today - newer.made >= OLDER_KEYS_KEPT:
            break
        kept.append(key)
    return kept


def _next_drop(keys: Sequence[MasterKey]) -> date | None:
    """The oldest key goes when the one that followed it is old enough."""
    if len(keys) < 2 or keys[-2].made is None:
        return None
    return keys[-2].made + OLDER_KEYS_KEPT
