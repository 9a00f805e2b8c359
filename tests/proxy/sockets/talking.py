"""Says messages on a socket as capture does, and gathers the exchanges that come of them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from proxy.exchange import (
    AnswerBegan,
    AnswerBytes,
    Asked,
    Ended,
    ExchangeEvent,
    SocketClosed,
    SocketMessage,
    SocketOpened,
)
from proxy.sockets import Sockets


def upgrade(path: str = "/v1/responses") -> Asked:
    return Asked(1, 0.0, "WEBSOCKET", "api.openai.com", path, {"user-agent": "codex/1"}, b"", 0, "10.0.0.1")


@dataclass
class Exchange:
    """What came of one message that asked."""

    asked: Asked
    began: AnswerBegan | None = None
    answer: bytes = b""
    ended: Ended | None = None

    @property
    def body(self) -> Any:
        return json.loads(self.asked.body)

    @property
    def texts(self) -> list[str]:
        """Each text of the body's input, with its role or kind."""
        return [
            f"{item.get('role', item.get('type'))}: {_text(item.get('content', ''))}" for item in self.body["input"]
        ]

    @property
    def events(self) -> list[str]:
        """The kinds of the answer's events."""
        return [json.loads(line[6:])["type"] for line in self.answer.decode().splitlines() if line]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "+".join(block.get("text", block["type"]) for block in content)


@dataclass
class Socket:
    """One open socket."""

    dialect: str
    sockets: Sockets = field(init=False)
    events: list[ExchangeEvent] = field(default_factory=list)
    number: int = 100

    def __post_init__(self) -> None:
        self.sockets = Sockets(lambda _: self.dialect)
        self.events += self.sockets.read(SocketOpened(1, upgrade()))

    def client(self, message: Any, **fields: Any) -> "Socket":
        return self._say(True, message, **fields)

    def server(self, *messages: Any, **fields: Any) -> "Socket":
        for message in messages:
            self._say(False, message, **fields)
        return self

    def close(self) -> "Socket":
        self.events += self.sockets.read(SocketClosed(1, 99.0))
        return self

    def _say(self, from_client: bool, message: Any, **fields: Any) -> "Socket":
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.number += 1
        size = fields.pop("size", len(data))
        self.events += self.sockets.read(
            SocketMessage(self.number, 1, float(self.number), from_client, data, size, False, **fields)
        )
        return self

    @property
    def exchanges(self) -> list[Exchange]:
        return gathered(self.events)


def gathered(events: Iterable[ExchangeEvent]) -> list[Exchange]:
    """Gather exchanges in the order of their asks. Fails where events come out of their order."""
    found: dict[int, Exchange] = {}
    for event in events:
        if isinstance(event, Asked):
            assert event.exchange not in found
            found[event.exchange] = Exchange(event)
            continue
        one = found[event.exchange]
        assert one.ended is None
        match event:
            case AnswerBegan():
                assert one.began is None
                one.began = event
            case AnswerBytes():
                assert one.began is not None
                one.answer += event.data
            case Ended():
                one.ended = event
    return list(found.values())


Say = Callable[[str], dict[str, Any]]


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def assistant(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def create(*items: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "model": "m", "input": list(items), **fields}


def answer(id_: str, *items: Any, end: str = "response.completed", **fields: Any) -> list[dict[str, Any]]:
    """Write the messages of an answer."""
    usage = {"input_tokens": 3, "output_tokens": 2}
    response = {"id": id_, "model": "m"}
    return [
        {"type": "response.created", "response": response, **fields},
        {"type": "response.output_text.delta", "delta": "a", **fields},
        *({"type": "response.output_item.done", "item": item, **fields} for item in items),
        {"type": end, "response": {**response, "usage": usage}, **fields},
    ]
