"""Secrets to plant, and the search for them in every file, however they are written there."""

import base64
import gzip
import re
import secrets
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

INFLATED = 4 * 2**20  # bytes that are looked at of what is compressed
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


class Canaries:
    """Makes a secret for each place, and knows them by it. They are in lower case: names of people are lowered."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        return self.planted.setdefault(place, f"canary{secrets.token_hex(12)}")

    def found(self, folder: Path) -> set[tuple[str, str]]:
        """Give each file below a folder in which a secret is, with the secret's place."""
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        return {(file.name, place) for file in files for place in self.found_in(file.read_bytes())}

    def found_in(self, content: bytes) -> set[str]:
        """Give the places of the secrets that these bytes hold, plain, encoded or compressed."""
        readings = [content.lower(), content, *_inflated(content)]
        return {
            place
            for place, secret in self.planted.items()
            if any(form in reading for reading in readings for form in forms(secret))
        }


@cache
def forms(secret: str) -> tuple[bytes, ...]:
    """Write a secret in each way in which bytes may hold it."""
    plain = secret.encode()
    return (
        plain,
        plain.hex().encode(),
        plain.hex().upper().encode(),
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        b"".join(b"%%%02x" % byte for byte in plain),
        b"".join(b"%%%02X" % byte for byte in plain),
        b"".join(b"\\u%04x" % byte for byte in plain),
        b"".join(b"\\x%02x" % byte for byte in plain),
        *_base64(plain),
    )


def _base64(plain: bytes) -> Iterator[bytes]:
    """Give what of it does not depend on its neighbours, at each of the three offsets. Its letters make no + or /."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain + b"\0" * (-(offset + len(plain)) % 3))
        first = -(-offset * 8 // 6)
        yield encoded[first : (offset + len(plain)) * 8 // 6]


def _inflated(content: bytes) -> Iterator[bytes]:
    for start in _COMPRESSED.finditer(content):
        with suppress(zlib.error):
            unpacked = zlib.decompressobj(wbits=47).decompress(content[start.start() :], INFLATED)
            yield unpacked.lower()


def packed(secret: str) -> Iterator[bytes]:
    """Give the forms that a search must find, for the test of the search."""
    plain = f"before {secret} after".encode()
    yield from (plain, plain.upper(), plain.hex().encode(), gzip.compress(plain), b"xx" + zlib.compress(plain))
    yield from (base64.b64encode(b"." * offset + plain) for offset in range(3))
    yield from (base64.urlsafe_b64encode(plain), secret.encode("utf-16"), secret.encode("utf-16-be"))
    yield "".join(f"%{ord(c):02X}" for c in secret).encode()
    yield "".join(f"\\u{ord(c):04x}" for c in secret).encode()
