"""What the protocols share: an ask on its way to the end of its answer, and the seam that each of them fills."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, ExchangeEvent, SocketMessage

# The answer's events have the same JSON as over HTTP, so they are framed as there.
_ANSWER_HEADERS: Mapping[str, str] = {"content-type": "text/event-stream"}
_SWITCHING_PROTOCOLS = 101

AUTOMATION = "automation"  # the field of a body that names what asks in a person's stead

Fields = dict[str, Any]


class Speech(Protocol):
    """How one protocol asks and answers on one socket. Bounded; raises nothing, whatever comes."""

    @property
    def remembered_chars(self) -> int:
        """About how many characters are kept of the conversation."""

    def skips(self, message: SocketMessage) -> bool:
        """Say by a look at its first bytes that a message is not worth being parsed."""

    def from_client(self, message: SocketMessage, fields: Fields | None) -> Iterator[ExchangeEvent]:
        """Take a message. `fields`: its object; None where it is none, is cut, binary, or skipped."""

    def from_server(self, message: SocketMessage, fields: Fields | None) -> Iterator[ExchangeEvent]:
        """Take a message of the assistant's."""

    def forget(self) -> None:
        """Let go of the conversation so far: bodies then hold what their messages hold."""

    def close(self, at: float) -> Iterator[ExchangeEvent]:
        """End what is under way."""


@dataclass(slots=True, eq=False)
class Ask:
    """An exchange that a message began."""

    exchange: int
    items: list[Fields] = field(repr=False, default_factory=list)  # of the conversation, as far as it is remembered
    response: str | None = None  # the assistant's id of its answer
    began: bool = False
    missed: bool = False
    answer_bytes: int = 0

    def asked(self, upgrade: Asked, message: SocketMessage, body: bytes | None) -> Asked:
        """Say that it was asked. `body`: None where it is the message."""
        return replace(
            upgrade,
            exchange=self.exchange,
            at=message.at,
            opened=upgrade.at,
            body=message.data if body is None else body,
            body_bytes=message.size,
            cut=message.cut,
        )

    def answer(self, message: SocketMessage, status: int | None = None) -> Iterator[ExchangeEvent]:
        """Take a message of its answer. `status`: as of HTTP, where the message says one."""
        if not self.began:
            self.began = True
            yield AnswerBegan(self.exchange, message.at, status or _SWITCHING_PROTOCOLS, _ANSWER_HEADERS)
        self.answer_bytes += message.size
        self.missed |= message.cut
        if not message.cut:
            yield AnswerBytes(self.exchange, message.at, _event(message.data))

    def end(self, at: float, whole: bool) -> Ended:
        return Ended(self.exchange, at, whole, None, self.answer_bytes, self.missed)


def whole_body(fields: Fields, items: list[Fields], without: tuple[str, ...]) -> bytes | None:
    """Write a body with the conversation so far put before its `input`. None where JSON cannot be written of it."""
    own = fields.get("input")
    if isinstance(own, str):
        own = [{"type": "message", "role": "user", "content": own}]
    body = {key: value for key, value in fields.items() if key not in without}
    body["input"] = [*items, *(own if isinstance(own, list) else [])]
    try:
        return json.dumps(body).encode()
    except RecursionError:  # it was read, so it is only just too deep
        return None


def name(value: object) -> str | None:
    """Take a value for an id, where it is one."""
    return value if isinstance(value, str) and value else None


def _event(data: bytes) -> bytes:
    """Frame a message as an event. Line ends in JSON are blanks between its tokens, never within a text."""
    return b"data: " + data.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n\n"
