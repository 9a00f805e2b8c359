"""Server-sent events, `text/event-stream`."""

from collections.abc import Iterator

from proxy.framing.parts import BOM, MAX_EVENT_BYTES, Part


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
            line, self._first_line = line.removeprefix(BOM), False
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
