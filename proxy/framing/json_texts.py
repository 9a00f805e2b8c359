"""Bodies that are JSON: one text, one a line, or a list of which each element comes when it is ready."""

import json
import re
from collections.abc import Iterator

from proxy.exchange import UnreadableExchange
from proxy.framing.parts import BOM, MAX_EVENT_BYTES, MAX_WHOLE_BYTES, Part

# Of punctuation that can begin a value. Each takes up to 70 bytes and 3 microseconds of ours, so that 32 MB of nothing
# but brackets would take gigabytes and a minute. Each is about a token, and the largest context has a million.
MAX_JSON_VALUES = 1_000_000

_IN_STRING = re.compile(rb'["\\]')
_OUTSIDE = re.compile(rb'["\[\]{},]')


class WholeBody:
    """A body that is one JSON text."""

    whole = True

    def __init__(self) -> None:
        self._body = bytearray()

    def feed(self, data: bytes) -> Iterator[Part]:
        if len(self._body) + len(data) > MAX_WHOLE_BYTES:
            raise UnreadableExchange("the body is too large to be read")
        self._body += data
        return iter(())

    def end(self) -> Iterator[Part]:
        if self._body:
            yield Part(bytes(self._body))


class _Piece:
    """Bytes of a part that isn't complete yet. One over MAX_EVENT_BYTES is no longer held, and is skipped."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= MAX_EVENT_BYTES:
            self._held += data

    def end(self) -> Iterator[Part]:
        data, size = bytes(self._held).strip(), self._size
        self._held.clear()
        self._size = 0
        if data and size <= MAX_EVENT_BYTES:
            yield Part(data)


class JsonLines:
    """One JSON text a line (https://github.com/ndjson/ndjson-spec, 1.0.0). Blank lines are nothing."""

    whole = False

    def __init__(self) -> None:
        self._line = _Piece()

    def feed(self, data: bytes) -> Iterator[Part]:
        *lines, unended = data.split(b"\n")
        for line in lines:
            self._line.add(line)
            yield from self._line.end()
        self._line.add(unended)

    def end(self) -> Iterator[Part]:
        return self._line.end()


class CodedLines:
    """A code, which is the part's name, a colon and one JSON text a line: version 4 of Vercel's AI SDK streams so."""

    whole = False

    def __init__(self) -> None:
        self._lines = JsonLines()

    def feed(self, data: bytes) -> Iterator[Part]:
        return map(_coded, self._lines.feed(data))

    def end(self) -> Iterator[Part]:
        return map(_coded, self._lines.end())


class JsonList:
    """A list: each of its elements is a part, given when the comma or bracket behind it comes.

    What stands before its first bracket, and behind its last, is nothing.
    """

    def __init__(self) -> None:
        self.whole = False  # its last bracket came
        self._begun = False
        self._depth = 0  # within an element
        self._string = False
        self._escaped = False  # the next byte is a string's, whatever it is
        self._element = _Piece()

    def feed(self, data: bytes) -> Iterator[Part]:
        at = 0
        if not self._begun:
            at = data.find(b"[") + 1
            self._begun = at > 0
        while self._begun and not self.whole and at < len(data):
            if self._escaped:
                self._escaped = False
                self._element.add(data[at : at + 1])
                at += 1
                continue
            found = (_IN_STRING if self._string else _OUTSIDE).search(data, at)
            end = found.start() if found else len(data)
            self._element.add(data[at:end])
            at = end + 1
            if found:
                yield from self._read(found[0])

    def end(self) -> Iterator[Part]:
        return self._element.end()

    def _read(self, sign: bytes) -> Iterator[Part]:
        if self._depth == 0 and not self._string and sign in b",]":
            self.whole = sign == b"]"
            yield from self._element.end()
            return
        self._element.add(sign)
        if sign == b'"':
            self._string = not self._string
        elif sign == b"\\":
            self._escaped = True
        elif sign in b"[{":
            self._depth += 1
        elif sign in b"]}":
            self._depth = max(0, self._depth - 1)


def _coded(line: Part) -> Part:
    code, _, data = line.data.partition(b":")
    return Part(data, code.decode("ascii", "replace"))


def read_json(data: bytes) -> object:
    """Read one JSON text in UTF-8. Of equal keys the last wins. Raises UnreadableExchange."""
    if len(data) > MAX_JSON_VALUES and sum(map(data.count, (b"{", b"[", b","))) > MAX_JSON_VALUES:
        raise UnreadableExchange("the JSON holds too many values to be read")
    try:
        value: object = json.loads(data.removeprefix(BOM).decode())
    except UnicodeDecodeError:
        raise UnreadableExchange("the body is no UTF-8 text") from None
    except RecursionError:
        raise UnreadableExchange("the JSON is nested too deep") from None
    except ValueError:
        raise UnreadableExchange("the body is no JSON") from None
    return value
