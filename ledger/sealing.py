"""Text at rest: what waits for its judgement is encrypted, with a key of its turn's period that no store holds.

Each text is bound to its row: moved to another one, it cannot be read. Leaves out when text is deleted (`store.py`).
"""

import base64
import binascii
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.address import Place, beside
from ledger.keys import Keys, key_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = "assay-sealed-1:"  # what begins without it is plain text of an older Assay
NONCE_BYTES: Final = 12
PURPOSE: Final = "text"

Column = Literal["text", "context", "words"]


class LostText(Exception):  # noqa: N818 (says what it is)
    """The text cannot be read any more: its key is gone, or it was changed or moved."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a turn's text is bound to: facts that never change."""

    at: str
    person: str
    conversation: str


class Sealing:
    """Seals and opens with the ledger's keys, which are read when they are first needed."""

    def __init__(self, ledger: Place, keys: Keys | None = None) -> None:
        """`keys`: None for those that lie beside the ledger."""
        self._ledger = ledger
        self._keys = keys

    def seal(self, words: str, binding: Binding, column: Column) -> str:
        """Encrypt for one column of a row. Raises LedgerError where the keys cannot be read or made."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher(self._read_keys(), binding).encrypt(nonce, words.encode(), _bound(binding, column))
        return MARK + base64.b64encode(nonce + sealed).decode("ascii")

    def open(self, stored: str, binding: Binding, column: Column) -> str:
        """Decrypt what `seal` gave; give what an older Assay stored as it is.

        Raises LostText where it cannot be read, and LedgerError where the keys cannot be.
        """
        if not stored.startswith(MARK):
            return stored
        if self._keys is None and not key_file(beside(self._ledger)).exists():
            raise LostText
        from cryptography.exceptions import InvalidTag

        cipher = self._cipher(self._read_keys(), binding)
        try:
            data = base64.b64decode(stored[len(MARK) :], validate=True)
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound(binding, column)).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise LostText from None

    def _cipher(self, keys: Keys, binding: Binding) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(keys.serving(binding.at).key.derive(PURPOSE))

    def _read_keys(self) -> Keys:
        if self._keys is None:
            self._keys = Keys.load_or_create(key_file(beside(self._ledger)))
        return self._keys


def _bound(binding: Binding, column: Column) -> bytes:
    return json.dumps([column, binding.at, binding.person, binding.conversation]).encode()
