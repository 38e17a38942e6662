"""The master key and what is derived from it: pseudonyms for chats, encryption for rows."""

import hashlib
import hmac
import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used; the message says why and what to do."""


class Keys:
    """Pseudonyms and encryption from one 32-byte master key."""

    def __init__(self, master: bytes) -> None:
        self._pseudonym = _derive(master, b"chat pseudonym")
        self._fernet = Fernet(urlsafe_b64encode(_derive(master, b"rows at rest")))

    @classmethod
    def from_file(cls, path: Path) -> "Keys":
        """Read the key file, or make it (mode 0600) on first use."""
        try:
            if not path.exists():
                _make(path)
            master = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except OSError as error:
            raise KeyFileError(
                f"the key file {path} cannot be used ({error.strerror}): make its directory "
                "writable for the user that runs the bot, or set HELPLINE_KEY_FILE"
            ) from error
        except ValueError:
            master = b""
        if len(master) != KEY_BYTES:
            raise KeyFileError(
                f"{path} holds no key of {KEY_BYTES} bytes in hexadecimal. Restore the right file; "
                "without it nothing that was stored can be read."
            )
        return cls(master)

    def pseudonym(self, channel: str, chat: str) -> str:
        """The name a chat has in the database: nobody without the key can tell which chat it is."""
        return hmac.new(self._pseudonym, f"{channel}:{chat}".encode(), hashlib.sha256).hexdigest()

    def encrypt(self, data: bytes) -> bytes:
        return self._fernet.encrypt(data)

    def decrypt(self, token: bytes) -> bytes | None:
        """None where the key is not the one that the data was encrypted with."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            return None


def _make(path: Path) -> None:
    """A new key appears whole or not at all, also when two processes start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(name, path)
    except FileExistsError:
        pass  # the other process was first: its key is the one
    finally:
        os.unlink(name)


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)
