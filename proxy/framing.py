"""Cuts the plain bytes of a body into parts that are one JSON text each: the whole body, or a stream's events.

Sans-I/O and bounded. Each framing takes bytes as they come and gives the parts that they complete; feeding whole or a
byte at a time gives the same parts. Leaves out content codings (`codings.py`) and what the JSON says.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from proxy.exchange import UnreadableExchange

# Anthropic takes requests of up to 32 MB (docs.claude.com, API overview, request size limits, 2025); others less.
MAX_WHOLE_BYTES = 32 << 20
# An event carries a few tokens; the largest that we know repeat the whole answer at its end, some 100,000 tokens.
MAX_EVENT_BYTES = 4 << 20
# Of punctuation that can begin a value. Each takes up to 70 bytes and 3 microseconds of ours, so that 32 MB of nothing
# but brackets would take gigabytes and a minute. Each is about a token, and the largest context has a million.
MAX_JSON_VALUES = 1_000_000

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Part:
    """One JSON text of an answer. `name` is the event's, "" where it has none."""

    data: bytes = field(repr=False)
    name: str = ""


class Framing(Protocol):
    """How one body is cut into parts."""

    whole: bool  # the body is one JSON text: once it is read, nothing is missing

    def feed(self, data: bytes) -> Iterator[Part]:
        """Give the parts that these bytes complete. Raises UnreadableExchange."""

    def end(self) -> Iterator[Part]:
        """Give what is left now that no bytes will follow."""


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


class EventStream:
    """Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html, read in 2025).

    Two liberties: an event that the end of the stream cuts short of its blank line is given all the same, as some
    servers stop right after `data: [DONE]`; and an event, or a line, over MAX_EVENT_BYTES is skipped.
    """

    whole = False

    def __init__(self) -> None:
        self._line = bytearray()  # the line that isn't complete yet
        self._line_bytes = 0  # its length, also where it is over the bound and no longer held
        self._after_cr = False  # a line feed that comes next belongs to the line before
        self._first_line = True
        self._data: list[bytes] = []  # of the event that isn't complete yet
        self._event_bytes = 0
        self._name = ""

    def feed(self, data: bytes) -> Iterator[Part]:
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if not data:
            return
        lines = data.splitlines(keepends=True)
        unended = lines.pop() if not data.endswith((b"\r", b"\n")) else b""
        for line in lines:
            self._keep(line.rstrip(b"\r\n"))
            yield from self._end_line()
        if unended:
            self._keep(unended)
        self._after_cr = data.endswith(b"\r")

    def end(self) -> Iterator[Part]:
        if self._line_bytes:
            yield from self._end_line()
        yield from self._end_event()

    def _keep(self, piece: bytes) -> None:
        self._line_bytes += len(piece)
        if self._line_bytes <= MAX_EVENT_BYTES:
            self._line += piece

    def _end_line(self) -> Iterator[Part]:
        line, size = bytes(self._line), self._line_bytes
        self._line.clear()
        self._line_bytes = 0
        if self._first_line:
            line, self._first_line = line.removeprefix(_BOM), False
        if size > MAX_EVENT_BYTES:
            self._event_bytes = size
        elif not line:
            yield from self._end_event()
        else:
            self._field(line)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._event_bytes += len(value) + 1
            if self._event_bytes <= MAX_EVENT_BYTES:
                self._data.append(value)
        elif name == b"event":
            self._name = value.decode("utf-8", "replace")

    def _end_event(self) -> Iterator[Part]:
        if self._data and self._event_bytes <= MAX_EVENT_BYTES:
            yield Part(b"\n".join(self._data), self._name)
        self._data.clear()
        self._event_bytes = 0
        self._name = ""


def framing_by_type(content_type: str) -> Framing | None:
    """Choose by the content type; None where it says nothing."""
    match content_type.partition(";")[0].strip().lower():
        case "text/event-stream":
            return EventStream()
        case "application/json":
            return WholeBody()
    return None


def framing_by_bytes(begin: bytes, streamed: bool) -> Framing | None:
    """Choose by what has come so far, without leading blanks; None where it is too little to tell.

    `streamed`: a stream was asked for.
    """
    if _BOM.startswith(begin):
        return None
    # "<" begins the error page of something in between, which no event can.
    return EventStream() if streamed and begin.removeprefix(_BOM)[:1] not in (b"{", b"[", b"<") else WholeBody()


def read_json(data: bytes) -> object:
    """Read one JSON text in UTF-8. Of equal keys the last wins. Raises UnreadableExchange."""
    if len(data) > MAX_JSON_VALUES and sum(map(data.count, (b"{", b"[", b","))) > MAX_JSON_VALUES:
        raise UnreadableExchange("the JSON holds too many values to be read")
    try:
        value: object = json.loads(data.removeprefix(_BOM).decode())
    except UnicodeDecodeError:
        raise UnreadableExchange("the body is no UTF-8 text") from None
    except RecursionError:
        raise UnreadableExchange("the JSON is nested too deep") from None
    except ValueError:
        raise UnreadableExchange("the body is no JSON") from None
    return value
