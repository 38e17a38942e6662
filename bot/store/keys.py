"""The master keys and what is derived from them: pseudonyms for chats, encryption for rows.

The key file holds one key a line, the newest first, each with the day it was made where that is
known. The newest locks; all of them open and know a chat again.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class MasterKey:
    """One line of the key file; `made` is None for a first key, whose day nobody noted."""

    secret: bytes = field(repr=False)
    made: date | None = None


class Keys:
    """Pseudonyms and encryption from 32-byte master keys, the newest first."""

    def __init__(self, newest: bytes, *older: bytes) -> None:
        masters = (newest, *older)
        self._pseudonyms = [_derive(master, b"chat pseudonym") for master in masters]
        fernets = [
            Fernet(urlsafe_b64encode(_derive(master, b"rows at rest"))) for master in masters
        ]
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    @classmethod
    def from_file(cls, path: Path) -> "Keys":
        """Read the key file, or make it (mode 0600) on first use."""
        return cls(*(key.secret for key in read_key_file(path)))

    def pseudonym(self, channel: str, chat: str) -> str:
        """The name a chat has in the database: nobody without the key can tell which chat it is."""
        return self.pseudonyms(channel, chat)[0]

    def pseudonyms(self, channel: str, chat: str) -> tuple[str, ...]:
        """The chat's name, then those it had under older keys."""
        said = f"{channel}:{chat}".encode()
        return tuple(hmac.new(key, said, hashlib.sha256).hexdigest() for key in self._pseudonyms)

    def encrypt(self, data: bytes) -> bytes:
        return self._newest.encrypt(data)

    def decrypt(self, token: bytes) -> bytes | None:
        """None where none of the keys is the one that the data was encrypted with."""
        try:
            return self._all.decrypt(token)
        except InvalidToken:
            return None

    def is_current(self, token: bytes) -> bool:
        """Whether the newest key locked this."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return False
        return True


def read_key_file(path: Path) -> list[MasterKey]:
    """The keys of the file, the newest first; a file that is missing is made with a first key."""
    try:
        if not path.exists():
            _make(path)
        lines = path.read_text(encoding="ascii").split("\n")
    except OSError as error:
        raise KeyFileError(
            f"the key file {path} cannot be used ({error.strerror}): make its directory "
            "writable for the user that runs the bot, or set HELPLINE_KEY_FILE"
        ) from error
    except ValueError:
        lines = []
    keys = [_read(line) for line in lines if line.strip()]
    known = [key for key in keys if key is not None]
    if not known or len(known) < len(keys):
        raise KeyFileError(
            f"{path} holds no key of {KEY_BYTES} bytes in hexadecimal a line. Restore the right "
            "file; without it nothing that was stored can be read."
        )
    return known


def write_key_file(path: Path, keys: Sequence[MasterKey]) -> None:
    """Put these keys in place of the file's, whole or not at all. Raises KeyFileError."""
    path = path.resolve()  # where a link leads, not the link
    try:
        name = _write_beside(path, keys)
        os.replace(name, path)
        # The new name must be on the disk before anything is locked with the new key.
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise KeyFileError(
            f"{path} was not changed ({error.strerror}): free disk space or mend its rights"
        ) from error


def new_key(today: date) -> MasterKey:
    return MasterKey(secrets.token_bytes(KEY_BYTES), today)


def _read(line: str) -> MasterKey | None:
    secret, _, made = line.strip().partition(" ")
    try:
        key = MasterKey(bytes.fromhex(secret), date.fromisoformat(made.strip()) if made else None)
    except ValueError:
        return None
    return key if len(key.secret) == KEY_BYTES else None


def _make(path: Path) -> None:
    """A new key appears whole or not at all, also when two processes start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = _write_beside(path, [MasterKey(secrets.token_bytes(KEY_BYTES))])
    try:
        os.link(name, path)
    except FileExistsError:
        pass  # the other process was first: its key is the one
    finally:
        os.unlink(name)


def _write_beside(path: Path, keys: Sequence[MasterKey]) -> str:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            for key in keys:
                file.write(f"{key.secret.hex()} {key.made or ''}".rstrip() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # a full disk: no key is left lying about
        os.unlink(name)
        raise
    return name


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)
