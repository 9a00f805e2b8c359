"""Keyed pseudonyms: who asked, in which conversation and what, as digests that nobody without the key can test.

The key lies in a file beside the ledger, never in it: without the file the digests lead back to nobody.
"""

import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError
from ledger.files import FILE_MODE, is_open_to_others, make_folder

KEY_BYTES: Final = 32
# 64 bits: two of a million people or ten million asks meet with a chance under 1 in 100,000, and every row is short.
DIGEST_CHARS: Final = 16


class Key:
    """A secret that turns names into pseudonyms. Its repr does not show it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(secret)}")
        self._secret = secret

    @staticmethod
    def load_or_create(path: Path) -> "Key":
        """Read a key file, or make one with a new random key where there is none.

        Raises LedgerError for a file that others can read, that is no key, or that cannot be read or made.
        """
        try:
            if not path.exists():
                _create(path)
            return Key(_read(path))
        except OSError as error:
            raise LedgerError(
                f"the key file {path} cannot be read or made ({(error.strerror or 'unknown').lower()}): "
                "change its permissions, or name another file"
            ) from error

    def digest(self, *parts: str) -> str:
        """Give 16 hex characters that stand for the parts. Begin with what it is for, as `digest("person", name)`:
        one name's digests for two purposes have nothing in common, and ("ab", "c") is not ("a", "bc").
        """
        message = b"".join(_with_length(part) for part in parts)
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:DIGEST_CHARS]

    def derive(self, purpose: str) -> bytes:
        """Give 32 bytes for another keyed computation: they lead neither to the key nor to another purpose's."""
        return hmac.new(self._secret, b"derive" + _with_length(purpose), hashlib.sha256).digest()


def _with_length(part: str) -> bytes:
    data = part.encode("utf-8", "surrogatepass")  # whatever came as JSON has a digest
    return len(data).to_bytes(8, "big") + data


def _create(path: Path) -> None:
    """Write the whole key aside and link it into place: no reader sees half of it, and the first of two makers wins."""
    make_folder(path.parent)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()


def _read(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LedgerError(f"the key file {path} is no file: name another one")
    if is_open_to_others(path):
        raise LedgerError(f"the key file {path} can be read by others: take their rights away (chmod 600 {path})")
    with path.open("rb") as file:
        secret = file.read(KEY_BYTES + 1)
    if len(secret) != KEY_BYTES:
        raise LedgerError(
            f"the key file {path} is not a key of {KEY_BYTES} bytes: restore it from a backup, or delete it, and "
            "everybody gets a new pseudonym"
        )
    return secret
