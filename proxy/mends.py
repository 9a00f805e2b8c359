"""Mends what mitmproxy and its libraries get wrong on the wire, as far as it would harm or change traffic of ours.

Each mend names the code that it stands for, as read in mitmproxy 11.0.2 and 12.3.1, h11 0.14 and 0.16, and wsproto
1.2.0 and 1.3.2. Take it out once that is mended there: `tests/proxy/test_mends.py` fails without it.
"""

from collections.abc import Iterator
from typing import Any

import h11
from mitmproxy import http
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.http import ReceiveHttp, _http1
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._http_h2 import BufferedH2Connection
from mitmproxy.proxy.server import ConnectionHandler
from wsproto.events import CloseConnection, Event
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason, Opcode, RsvBits

Commands = Iterator[Any]
_LAST_CHUNK = b"0\r\n\r\n"


def mend() -> None:
    """Put the mends in place, for the whole process. Again is as once."""
    if _http1.make_body_reader is not _make_body_reader:
        _http1.make_body_reader = _make_body_reader
        _http1.Http1Connection.read_body = _read_body
        _http1.Http1Client.read_headers = _read_headers
        _http1.Http1Server.send = _send_response
        _http1.Http1Client.send = _send_request
        BufferedH2Connection.send_trailers = _send_trailers
        websocket.WebsocketConnection.send2 = _send_frame
        ConnectionHandler.handle_connection = _handle_connection
        PerMessageDeflate.frame_inbound_header = _begin_frame  # type: ignore[method-assign]
        PerMessageDeflate.frame_inbound_complete = _end_frame  # type: ignore[method-assign]


# What a server says before its answer, as 103. `_http1.py: read_headers` takes it for the answer, and drops that.

_read_headers_plainly = _http1.Http1Client.read_headers


def _read_headers(self: Any, event: Any) -> Commands:
    while self.request and (hint := _hint(bytes(self.buf))):
        self.buf.maybe_extract_at_most(len(hint))
        if not (self.request.is_http2 or self.request.is_http3):  # there it would be a frame
            yield commands.SendData(self.context.client, hint)
    yield from _read_headers_plainly(self, event)


def _hint(data: bytes) -> bytes:
    """Give the head at the beginning of `data`, where it is one that comes before the answer."""
    first = data[:12].split(b" ")
    informs = first[0].startswith(b"HTTP/1.") and len(first) == 2 and first[1][:1] == b"1" and first[1] != b"101"
    end = data.find(b"\r\n\r\n") if informs else -1
    return data[: end + 4] if end >= 0 else b""


# Trailers of HTTP/1. `_http1.py: read_body` raises NotImplementedError and leaves the answer hanging, and `send` fails
# over what HTTP/2 brought; all between them can carry trailers.

_body_reader, _read_plainly = _http1.make_body_reader, _http1.Http1Connection.read_body
_send_plainly = {kind: kind.send for kind in (_http1.Http1Server, _http1.Http1Client)}


class _Reader:
    """A body's reader that keeps the trailers to itself."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.trailers: list[tuple[bytes, bytes]] = []

    def __call__(self, data: Any) -> Any:
        return self._without_trailers(self._reader(data))

    def read_eof(self) -> Any:
        return self._without_trailers(self._reader.read_eof())

    def _without_trailers(self, event: Any) -> Any:
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = list(event.headers.raw_items())
            return h11.EndOfMessage()
        return event


def _make_body_reader(expected_size: int | None) -> _Reader:
    return _Reader(_body_reader(expected_size))


def _read_body(self: Any, event: Any) -> Commands:
    reader = self.body_reader
    for command in _read_plainly(self, event):
        ends = isinstance(command, ReceiveHttp) and type(command.event) is self.ReceiveEndOfMessage
        if ends and reader.trailers:
            trailers, reader.trailers = http.Headers(reader.trailers), []
            kind = RequestTrailers if isinstance(self, _http1.Http1Server) else ResponseTrailers
            yield ReceiveHttp(kind(command.event.stream_id, trailers))
        yield command


def _send_response(self: Any, event: Any) -> Commands:
    return _send(self, event, _http1.Http1Server, ResponseTrailers, ResponseEndOfMessage)


def _send_request(self: Any, event: Any) -> Commands:
    return _send(self, event, _http1.Http1Client, RequestTrailers, RequestEndOfMessage)


def _send(self: Any, event: Any, connection: Any, trailing: Any, ending: Any) -> Commands:
    if isinstance(event, trailing):
        self.trailers = event.trailers
        return
    for command in _send_plainly[connection](self, event):
        last = isinstance(event, ending) and isinstance(command, commands.SendData) and command.data == _LAST_CHUNK
        if last and getattr(self, "trailers", None):
            lines = b"".join(b"%s: %s\r\n" % field for field in self.trailers.fields)
            command.data = b"0\r\n" + lines + b"\r\n"
        yield command
    if isinstance(event, ending):
        self.trailers = None


_send_trailers_plainly = BufferedH2Connection.send_trailers


def _send_trailers(self: Any, stream_id: int, trailers: list[tuple[bytes, bytes]]) -> None:
    _send_trailers_plainly(self, stream_id, [(name.lower(), value) for name, value in trailers])


# A WebSocket whose peer vanishes. `websocket.py: relay_messages` tells the other peer that it was closed in order.

_send_frame_plainly = websocket.WebsocketConnection.send2


def _send_frame(self: Any, event: Event) -> Any:
    if isinstance(event, CloseConnection) and event.code == CloseReason.ABNORMAL_CLOSURE:
        return commands.Log("a WebSocket's peer vanished")
    return _send_frame_plainly(self, event)


# A ping between the frames of a compressed message. `extensions.py: frame_inbound_complete` forgets at its end that the
# message is compressed, and what follows is refused as no text.

_begin_frame_plainly = PerMessageDeflate.frame_inbound_header
_end_frame_plainly = PerMessageDeflate.frame_inbound_complete


def _begin_frame(
    self: PerMessageDeflate, proto: Any, opcode: Opcode, rsv: RsvBits, payload_length: int
) -> CloseReason | RsvBits:
    if not opcode.iscontrol():
        return _begin_frame_plainly(self, proto, opcode, rsv, payload_length)
    if rsv.rsv1:
        return CloseReason.PROTOCOL_ERROR
    self._inbound_is_compressible = False
    return RsvBits(True, False, False)


def _end_frame(self: PerMessageDeflate, proto: Any, fin: bool) -> bytes | CloseReason | None:
    return _end_frame_plainly(self, proto, fin) if self._inbound_is_compressible else None


# A client that leaves while the assistant speaks. From 12 on `server.py: handle_connection` may be cancelled where it
# waits for its turn, and then leaves the assistant's connection open, which goes on speaking to nobody.

_handle_connection_plainly = ConnectionHandler.handle_connection


async def _handle_connection(self: Any, connection: Any) -> None:
    try:
        await _handle_connection_plainly(self, connection)
    finally:
        left = self.transports.pop(connection, None)  # it is gone where all went well
        if left is not None and left.writer is not None:
            left.writer.close()
