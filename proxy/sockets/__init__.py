"""Reads what passes over the WebSockets that ask: each message that asks becomes an exchange with its answer.

Sans-I/O and bounded: events of sockets come in, events of exchanges come out, as if each had gone over HTTP: a whole
request body, and an answer framed as a stream of events. What a protocol keeps for the client from message to message
(the conversation so far) is put back into the body here, so that the interpreter needs no state.
Leaves out how messages are captured (`socket_capture.py`) and what the bodies mean (`interpreter.py`).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from proxy.exchange import (
    AnswerBegan,
    AnswerBytes,
    Asked,
    Ended,
    Event,
    ExchangeEvent,
    SocketClosed,
    SocketMessage,
    SocketOpened,
    UnreadableExchange,
)
from proxy.framing import read_json
from proxy.sockets.asks import Speech
from proxy.sockets.realtime import Realtime
from proxy.sockets.responses import Responses

MAX_OPEN = 10_000  # sockets; past it those that were silent longest are forgotten
MAX_REMEMBERED_CHARS = 32 << 20  # of conversations, on all sockets together

SPEECHES: Mapping[str, Callable[[Asked], Speech]] = {"openai-responses": Responses, "openai-realtime": Realtime}
"""The protocols by the dialect of their bodies."""


class Sockets:
    """Keeps the sockets that are open."""

    def __init__(self, dialect_of: Callable[[Asked], str | None]) -> None:
        """Take what names the dialect that an upgrade leads to, or None where it leads to no assistant."""
        self._dialect_of = dialect_of
        self._open: OrderedDict[int, Speech] = OrderedDict()  # the longest silent first
        self._remembered = 0

    def read(self, event: Event) -> Iterator[ExchangeEvent]:
        """Take the next event; give the events of exchanges that come of it."""
        match event:
            case Asked() | AnswerBegan() | AnswerBytes() | Ended():
                yield event
            case SocketOpened():
                if (speak := SPEECHES.get(self._dialect_of(event.upgrade) or "")) is not None:
                    self._open[event.exchange] = speak(event.upgrade)
                    if len(self._open) > MAX_OPEN:
                        _, silent = self._open.popitem(last=False)
                        yield from self._close(silent, event.upgrade.at)
            case SocketMessage():
                if (speech := self._open.get(event.socket)) is not None:
                    self._open.move_to_end(event.socket)
                    before = speech.remembered_chars
                    yield from _hear(speech, event)
                    self._remembered += speech.remembered_chars - before
                    self._forget()
            case SocketClosed():
                if (speech := self._open.pop(event.exchange, None)) is not None:
                    yield from self._close(speech, event.at)

    def _close(self, speech: Speech, at: float) -> Iterator[ExchangeEvent]:
        self._remembered -= speech.remembered_chars
        yield from speech.close(at)

    def _forget(self) -> None:
        """Keep within the bound: forget conversations, those that were silent longest first."""
        for speech in self._open.values():
            if self._remembered <= MAX_REMEMBERED_CHARS:
                return
            self._remembered -= speech.remembered_chars
            speech.forget()


def _hear(speech: Speech, message: SocketMessage) -> Iterator[ExchangeEvent]:
    readable = message.text and not message.cut and not speech.skips(message)
    fields = _object(message.data) if readable else None
    yield from (speech.from_client if message.from_client else speech.from_server)(message, fields)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = read_json(data)
    except UnreadableExchange:
        return None
    return value if isinstance(value, dict) else None
