"""Writes Amazon's event stream, for answers that tests make up. The inverse of `proxy/framing/amazon.py`."""

import zlib
from collections.abc import Mapping
from struct import pack


def message(payload: bytes, headers: Mapping[str, str | bytes], more: bytes = b"") -> bytes:
    """Frame one message. `more`: headers as bytes, of types that are no text."""
    head = b"".join(_header(name, value) for name, value in headers.items()) + more
    prelude = pack(">II", 16 + len(head) + len(payload), len(head))
    framed = prelude + pack(">I", zlib.crc32(prelude)) + head + payload
    return framed + pack(">I", zlib.crc32(framed))


def event(name: str, payload: bytes) -> bytes:
    """Frame one event as Bedrock does."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return message(payload, headers)


def exception(name: str, payload: bytes) -> bytes:
    """Frame an exception in mid-stream."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return message(payload, headers)


def _header(name: str, value: str | bytes) -> bytes:
    kind, data = (7, value.encode()) if isinstance(value, str) else (6, value)
    return pack(">B", len(name)) + name.encode() + pack(">BH", kind, len(data)) + data
