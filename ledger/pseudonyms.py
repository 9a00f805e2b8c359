"""Keyed pseudonyms: who asked, in which conversation and what, as digests that nobody without the key can test.

Leaves out where keys come from and how long they last (`keys.py`).
"""

import hashlib
import hmac
from typing import Final

from ledger.ring import KEY_BYTES

# 64 bits: two of a million people or ten million asks meet with a chance under 1 in 100,000, and every row is short.
DIGEST_CHARS: Final = 16


class Key:
    """A secret that turns names into pseudonyms. Its repr does not show it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(secret)}")
        self._secret = secret

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
