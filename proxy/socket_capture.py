"""Takes a copy of each message on the WebSockets that are wanted. A part of `capture.py`, with the same rules.

mitmproxy puts messages together from their frames and undoes their compression before it shows them; both peers get
them as they were sent. Leaves out which messages ask (`sockets/`).
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mitmproxy import http

from proxy.exchange import Asked, Event, SocketClosed, SocketMessage, SocketOpened

MAX_MESSAGE_COPY = 8 * 1024 * 1024  # a longer one passes whole, and is known by its beginning alone
MAX_BEGINNING = 4 * 1024
# Clients write the type first. Where one does not, its answer may pass before its call is stored; nothing else differs.
ASKING = b'"response.'
ENDING = re.compile(rb'"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed|done)|error)"')
WITHIN = 256


@dataclass(slots=True)
class _Socket:
    """A wanted WebSocket that is open."""

    number: int
    client: str  # mitmproxy's id of the client's connection
    awaited: int | None = None  # the newest message that may ask, until something is answered
    answering: bool = False  # as far as a look at a message tells


@dataclass(slots=True)
class SocketCapture:
    """The open WebSockets that are wanted."""

    put: Callable[[Event], None]
    numbers: Iterator[int]
    _sockets: dict[str, _Socket] = field(default_factory=dict)  # by mitmproxy's id of the flow

    @property
    def answering(self) -> int:
        """How many are under way with an answer."""
        return sum(socket.answering for socket in self._sockets.values())

    def opened(self, flow: http.HTTPFlow, upgrade: Callable[[int], Asked]) -> None:
        socket = _Socket(next(self.numbers), flow.client_conn.id)
        self._sockets[flow.id] = socket
        self.put(SocketOpened(socket.number, upgrade(socket.number)))

    def message(self, flow: http.HTTPFlow) -> int | None:
        """Hand the newest message on. Give the exchange that must be stored before it passes, if any."""
        assert flow.websocket is not None
        messages = flow.websocket.messages
        socket = self._sockets.get(flow.id)
        if socket is None or not messages:
            messages.clear()  # mitmproxy would keep them as long as the connection lives
            return None
        message = messages[-1]
        messages.clear()
        number, size = next(self.numbers), len(message.content)
        awaited = message.from_client and ASKING in message.content[:WITHIN]
        self.put(
            SocketMessage(
                exchange=number,
                socket=socket.number,
                at=time.time(),
                from_client=message.from_client,
                data=message.content if size <= MAX_MESSAGE_COPY else message.content[:MAX_BEGINNING],
                size=size,
                awaited=awaited,
                cut=size > MAX_MESSAGE_COPY,
                text=message.is_text,
            )
        )
        if awaited:
            socket.awaited, socket.answering = number, True
        if message.from_client:
            return None
        if socket.answering and ENDING.search(message.content, 0, WITHIN):
            socket.answering = False
        before, socket.awaited = socket.awaited, None
        return before

    def closed(self, flow: http.HTTPFlow) -> None:
        if (socket := self._sockets.pop(flow.id, None)) is not None:
            self.put(SocketClosed(socket.number, time.time()))

    def client_left(self, client: str) -> None:
        for flow_id in [id_ for id_, socket in self._sockets.items() if socket.client == client]:
            self.put(SocketClosed(self._sockets.pop(flow_id).number, time.time()))

    def end(self) -> None:
        while self._sockets:
            _, socket = self._sockets.popitem()
            self.put(SocketClosed(socket.number, time.time()))
