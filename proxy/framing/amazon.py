"""Amazon's event stream, `application/vnd.amazon.eventstream`: messages of a binary head and a JSON payload.

A message is its length, its headers' length and a checksum of both (the prelude), headers, the payload, and a checksum
of all that. Numbers are big-endian. Source, also of the headers' types and their bound: botocore 1.44.8,
`eventstream.py`.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from struct import unpack_from

from proxy.exchange import UnreadableExchange
from proxy.framing.parts import MAX_EVENT_BYTES, Part

MAX_HEADERS_BYTES = 128 << 10

_PRELUDE = 12  # bytes
_CHECKSUM = 4
# Bytes of a header's value by its type; of those that aren't here the value begins with its own length.
_SIZES: Mapping[int, int] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_STRING = 7


class AmazonEventStream:
    """Messages one after another. A part's name is its event type, or the name of the exception that it is.

    After a message that is broken, or over MAX_EVENT_BYTES, nothing tells where the next begins: it can't be read.
    """

    whole = False

    def __init__(self) -> None:
        self._held = bytearray()  # of the message that isn't complete yet
        self._size = 0  # that message's; 0: its prelude hasn't come

    def feed(self, data: bytes) -> Iterator[Part]:
        self._held += data
        while len(self._held) >= (self._size or _PRELUDE):
            if self._size == 0:
                self._size = _size(self._held)
            else:
                message = bytes(self._held[: self._size])
                del self._held[: self._size]
                self._size = 0
                yield _part(message)

    def end(self) -> Iterator[Part]:
        return iter(())


def _size(prelude: bytearray) -> int:
    """Give the message's size. Raises UnreadableExchange."""
    size, headers_size, checksum = unpack_from(">III", prelude)
    if zlib.crc32(prelude[:8]) != checksum:
        raise UnreadableExchange("the event stream's prelude is broken")
    if size > MAX_EVENT_BYTES:
        raise UnreadableExchange("the event stream's message is too large to be read")
    if headers_size > min(size - _PRELUDE - _CHECKSUM, MAX_HEADERS_BYTES):
        raise UnreadableExchange("the event stream's message is not as long as its parts")
    return int(size)


def _part(message: bytes) -> Part:
    payload_end = len(message) - _CHECKSUM
    if zlib.crc32(message[:payload_end]) != unpack_from(">I", message, payload_end)[0]:
        raise UnreadableExchange("the event stream's message is broken")
    headers_end = _PRELUDE + unpack_from(">I", message, 4)[0]
    headers = _headers(message[_PRELUDE:headers_end])
    payload = message[headers_end:payload_end]
    kind = headers.get(":message-type", "event")
    if kind == "event":
        return Part(payload, headers.get(":event-type", ""))
    return Part(payload, headers.get(":exception-type") or headers.get(":error-code", ""), failed=True)


def _headers(data: bytes) -> dict[str, str]:
    """Read the headers that are texts. Raises UnreadableExchange."""
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name_end = at + 1 + data[at]
            name, kind = data[at + 1 : name_end], data[name_end]
            begin, size = name_end + 1, _SIZES.get(kind)
            if size is None:
                begin, size = begin + 2, int(unpack_from(">H", data, begin)[0])
            at = begin + size
            if kind == _STRING:
                headers[name.decode("utf-8", "replace")] = data[begin:at].decode("utf-8", "replace")
    except (IndexError, struct.error):
        at = len(data) + 1
    if at > len(data):
        raise UnreadableExchange("the event stream's headers are cut short")
    return headers
