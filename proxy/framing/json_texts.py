"""Bodies that are JSON: one text, one a line, or a list of which each element comes when it is ready."""

import json
import re
from collections.abc import Iterator

from proxy.exchange import UnreadableExchange
from proxy.framing.parts import BOM, MAX_EVENT_BYTES, MAX_WHOLE_BYTES, Part

# Of punctuation that can begin a value. Each takes up to 70 bytes and 3 microseconds of ours, so that 32 MB of nothing
# but brackets would take gigabytes and a minute. Each is about a token, and the largest context has a million.
MAX_JSON_VALUES = 1_000_000

_LINE_ENDS = re.compile(rb"\n+")
_WITHIN = re.compile(rb'["\[\]{}]')  # an element
_BETWEEN = re.compile(rb'["\[\]{},]')  # elements


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
        self.size = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self.size <= MAX_EVENT_BYTES:
            self._held += data

    def end(self) -> Iterator[Part]:
        data, size = bytes(self._held).strip(), self.size
        self._held.clear()
        self.size = 0
        if data and size <= MAX_EVENT_BYTES:
            yield Part(data)


class JsonLines:
    """One JSON text a line (https://github.com/ndjson/ndjson-spec, 1.0.0). Blank lines are nothing."""

    whole = False

    def __init__(self) -> None:
        self._line = _Piece()

    def feed(self, data: bytes) -> Iterator[Part]:
        ended, *lines = _LINE_ENDS.split(data)
        self._line.add(ended)
        for line in lines:
            if self._line.size:
                yield from self._line.end()
            if line:
                self._line.add(line)

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
        self._escaping = False  # the string so far ends with a backslash that escapes what comes next
        self._element = _Piece()
        self._signs = 0  # brackets, quotes and commas so far

    def feed(self, data: bytes) -> Iterator[Part]:
        at = 0
        if not self._begun:
            at = data.find(b"[") + 1
            self._begun = at > 0
        while self._begun and not self.whole and at < len(data):
            begin, at = at, self._next(data, at)
            if self._depth < 0:  # a comma or bracket of the list itself
                self._depth = 0
                self.whole = data[at - 1 : at] == b"]"
                self._element.add(data[begin : at - 1])
                yield from self._element.end()
            else:
                self._element.add(data[begin:at])

    def end(self) -> Iterator[Part]:
        return self._element.end()

    def _next(self, data: bytes, at: int) -> int:
        """Read up to the next sign, and give where it ends. Raises UnreadableExchange."""
        end = self._next_of_string(data, at) if self._string else self._next_outside(data, at)
        if end is None:
            return len(data)
        self._signs += 1
        if self._signs > MAX_JSON_VALUES:
            raise UnreadableExchange("the JSON holds too many values to be read")
        return end

    def _next_of_string(self, data: bytes, at: int) -> int | None:
        end = data.find(b'"', at)
        said = data[at:] if end < 0 else data[at:end]
        slashes = len(said) - len(said.rstrip(b"\\"))
        escaping = (slashes + (self._escaping and slashes == len(said))) % 2 == 1
        if end < 0:
            self._escaping = escaping
            return None
        self._string, self._escaping = escaping, False
        return end + 1

    def _next_outside(self, data: bytes, at: int) -> int | None:
        found = (_WITHIN if self._depth else _BETWEEN).search(data, at)
        if found is None:
            return None
        match found[0]:
            case b'"':
                self._string = True
            case b"[" | b"{":
                self._depth += 1
            case b"]" | b"}" if self._depth:
                self._depth -= 1
            case b"," | b"]":
                self._depth = -1
        return found.end()


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
