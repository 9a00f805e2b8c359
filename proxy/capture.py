"""Takes a copy of every exchange that is wanted, while its bytes pass through the proxy untouched and undelayed.

A mitmproxy add-on. It appends to a sink and returns: no reading, no decompressing and no disk on the event loop.
Requests are small and are needed whole by the assistant anyway, so mitmproxy gathers them; long ones, and every answer,
are teed chunk by chunk. Leaves out what the bytes mean (`assembly.py`) and how the proxy runs (`server.py`).
Facts about mitmproxy were read in 11.0.2 and 12.3.1 and hold in both.
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol
from weakref import WeakKeyDictionary

from mitmproxy import connection, ctx, http, tcp
from mitmproxy.proxy import mode_specs

from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event
from proxy.routes import WEBSOCKET
from proxy.socket_capture import SocketCapture
from proxy.waits import Waits

MAX_GATHERED_BYTES = 1024 * 1024  # a request known to be no longer is gathered before it leaves
MAX_REQUEST_COPY = 8 * 1024 * 1024  # of a longer one; the rest passes uncopied
MAX_ANSWER_COPY = 64 * 1024 * 1024
PATIENCE_SECONDS = 0.05  # an answer waits no longer for its call to be durable
BAD_GATEWAY = 502  # what mitmproxy answers where it got no answer
_PROXY_USER = "assay_proxy_user"  # in a flow's metadata, until its WebSocket opens
NOT_CARRIED = frozenset({"cookie", "proxy-authorization", "set-cookie"})  # credentials that nothing of ours needs

Wants = Callable[[str, str, str], bool]
"""Says by method, host and path (without its query) whether an exchange is wanted. Must be quick.

The method of a WebSocket is `WEBSOCKET`.
"""


class Sink(Protocol):
    """Where events go. Called on the event loop."""

    def put(self, event: Event) -> None:
        """Take an event. Never blocks, never raises."""

    def durable(self, exchange: int) -> Future[None] | None:
        """Tell when the exchange's `Asked` is stored. None: there is nothing to wait for."""


@dataclass(slots=True)
class Counts:
    """What capture did since the process began. Read from any thread."""

    exchanges: int = 0  # put as `Asked`
    passed: int = 0  # exchanges that are none of ours: they passed unread
    cut: int = 0  # requests copied in part: too long, or answered before they ended
    missed: int = 0  # answers handed over in part: too long, or a fault
    late: int = 0  # answers that were passed on before their call was durable
    tee_faults: int = 0  # chunks that passed, but could not be handed over
    sink_faults: int = 0  # other events that could not be handed over


@dataclass(slots=True)
class _Exchange:
    """A wanted exchange under way."""

    number: int
    client: str  # mitmproxy's id of the client's connection
    proxy_user: str | None = field(repr=False)
    copy: bytearray = field(default_factory=bytearray, repr=False)  # of a request that streams, until it is asked
    request_bytes: int = 0  # of a request that streams
    asked: bool = False
    began: bool = False  # the client has been sent the answer's head
    answer_bytes: int = 0
    missed: bool = False


class Capture:
    """The add-on. Each wanted exchange gives one `Asked`, then what came of the answer, then exactly one `Ended`."""

    def __init__(self, sink: Sink, wants: Wants) -> None:
        self.counts = Counts()
        self.waits = Waits()
        self._sink = sink
        self._wants = wants
        self._numbers = count(1)
        self._exchanges: dict[str, _Exchange] = {}  # by mitmproxy's id of the flow
        self._sockets = SocketCapture(self._put, self._numbers)
        self._passing: dict[str, str] = {}  # flows that are not wanted: their ids and their client's
        self._certificates: WeakKeyDictionary[connection.Client, tuple[bytes, ...]] = WeakKeyDictionary()
        self._opened: Sequence[re.Pattern[str]] = ()
        self._awaited: Future[None] | None = None  # what was waited for in vain; it tells when the sink has caught up

    @property
    def under_way(self) -> int:
        """How many exchanges have not ended, wanted or not. A WebSocket counts while it answers."""
        return len(self._exchanges) + len(self._passing) + self._sockets.answering

    # mitmproxy's hooks, in the order of an exchange. None may block; what one raises is swallowed by mitmproxy.

    def configure(self, updated: set[str]) -> None:
        if "allow_hosts" in updated:
            self._opened = [re.compile(pattern, re.IGNORECASE) for pattern in ctx.options.allow_hosts]

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        # mitmproxy leaves name and password here in plain text.
        user, _ = flow.metadata.pop("proxyauth", None) or (None, None)
        if flow.response or flow.error:
            return  # refused, by authentication or as malformed: it goes nowhere
        if _upgrades(flow.request):
            flow.metadata[_PROXY_USER] = user
        if _upgrades(flow.request) or not self._wanted(flow, flow.request.method):
            flow.request.stream = True
            self._passing[flow.id] = flow.client_conn.id
            self.counts.passed += 1
            return
        exchange = _Exchange(next(self._numbers), flow.client_conn.id, user)
        self._exchanges[flow.id] = exchange
        if not _short(flow.request):
            flow.request.stream = self._request_tee(exchange)

    def request(self, flow: http.HTTPFlow) -> None:
        exchange = self._exchanges.get(flow.id)
        if exchange is not None and not exchange.asked:
            self._ask(flow, exchange, whole=True)

    async def responseheaders(self, flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.stream = True  # first of all: without it mitmproxy holds the answer back until its end
        exchange = self._exchanges.get(flow.id)
        if exchange is None:
            return
        flow.response.stream = self._answer_tee(exchange)
        exchange.began = True
        if not exchange.asked:  # answered before the request ended, as 413 is
            self._ask(flow, exchange, whole=False)
        headers = _headers(flow.response)
        self._put(AnswerBegan(exchange.number, time.time(), flow.response.status_code, headers))
        await self._until_durable(exchange.number)

    def response(self, flow: http.HTTPFlow) -> None:
        self._passing.pop(flow.id, None)
        if (exchange := self._exchanges.pop(flow.id, None)) is not None:
            self._end(exchange, whole=True)

    def error(self, flow: http.HTTPFlow) -> None:
        """End an exchange. Normal for streams: clients close on the last event, before HTTP's own end."""
        self._passing.pop(flow.id, None)
        if (exchange := self._exchanges.pop(flow.id, None)) is None:
            return
        status = None if exchange.began or _client_left(flow) else BAD_GATEWAY
        if status is not None and not exchange.asked:  # it streams, and its upstream cannot be reached
            self._ask(flow, exchange, whole=False)
        self._end(exchange, whole=False, status=status)

    def client_disconnected(self, client: connection.Client) -> None:
        """End what mitmproxy did not: after a fault inside it, neither `response` nor `error` comes."""
        for flow_id in [id_ for id_, owner in self._passing.items() if owner == client.id]:
            del self._passing[flow_id]
        for flow_id in [id_ for id_, exchange in self._exchanges.items() if exchange.client == client.id]:
            self._end(self._exchanges.pop(flow_id), whole=False)
        self._sockets.client_left(client.id)

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        if self._wanted(flow, WEBSOCKET):
            self._sockets.opened(flow, lambda number: _upgrade(flow, number, self._certificates_of(flow.client_conn)))

    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        if (before := self._sockets.message(flow)) is not None:
            await self._until_durable(before)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        self._sockets.closed(flow)

    def tcp_message(self, flow: tcp.TCPFlow) -> None:
        flow.messages.clear()  # the same

    def done(self) -> None:
        """End what is still under way when the proxy stops: mitmproxy fires no hook for it."""
        self._passing.clear()
        self._sockets.end()
        while self._exchanges:
            _, exchange = self._exchanges.popitem()
            self._end(exchange, whole=False)

    # What the hooks are made of.

    def _wanted(self, flow: http.HTTPFlow, method: str) -> bool:
        request = flow.request
        host = _host(flow)
        if self._opened:  # plain HTTP to any host comes by here; what is not to be opened is not to be read either
            places = [f"{name}:{request.port}" for name in (host, request.host)]
            if not any(pattern.search(place) for pattern in self._opened for place in places):
                return False
        return self._wants(method, host, _path(request))

    def _ask(self, flow: http.HTTPFlow, exchange: _Exchange, whole: bool) -> None:
        request = flow.request
        gathered = request.raw_content
        body = bytes(exchange.copy) if gathered is None else gathered
        body_bytes = exchange.request_bytes if gathered is None else len(gathered)
        cut = len(body) < body_bytes or not (whole or request.headers.get("content-length") == str(body_bytes))
        exchange.asked, exchange.copy = True, bytearray()
        self.counts.exchanges += 1
        self.counts.cut += cut
        self._put(
            Asked(
                exchange=exchange.number,
                at=time.time(),
                method=request.method,
                host=_host(flow),
                path=_path(request),
                headers=_headers(request),
                body=body,
                body_bytes=body_bytes,
                peer=flow.client_conn.peername[0],
                proxy_user=exchange.proxy_user,
                certificates=self._certificates_of(flow.client_conn),
                cut=cut,
            )
        )

    def _certificates_of(self, client: connection.Client) -> tuple[bytes, ...]:
        """Give the client's certificates. mitmproxy takes any: nothing has verified them. Once a connection: each costs
        time to write, and memory as long as its request waits.
        """
        if not client.certificate_list:
            return ()
        if client not in self._certificates:
            self._certificates[client] = tuple(certificate.to_pem() for certificate in client.certificate_list)
        return self._certificates[client]

    def _end(self, exchange: _Exchange, whole: bool, status: int | None = None) -> None:
        if not exchange.asked:
            return  # the client left before its request was whole: nothing was asked
        self.counts.missed += exchange.missed
        self._put(Ended(exchange.number, time.time(), whole, status, exchange.answer_bytes, exchange.missed))

    def _put(self, event: Event) -> None:
        try:
            self._sink.put(event)
        except Exception:
            self.counts.sink_faults += 1

    def _request_tee(self, exchange: _Exchange) -> Callable[[bytes], bytes]:
        def tee(data: bytes) -> bytes:
            exchange.request_bytes += len(data)
            if not exchange.asked:
                exchange.copy += data[: MAX_REQUEST_COPY - len(exchange.copy)]
            return data

        return tee

    def _answer_tee(self, exchange: _Exchange) -> Callable[[bytes], bytes]:
        """Make the tee. If it raised, mitmproxy would drop the chunk; b"" for a chunk would end the client's answer."""

        def tee(data: bytes) -> bytes:
            try:
                if data:  # b"" is the end
                    exchange.answer_bytes += len(data)
                    if exchange.answer_bytes > MAX_ANSWER_COPY:
                        exchange.missed = True
                    else:
                        self._sink.put(AnswerBytes(exchange.number, time.time(), data))
            except Exception:
                exchange.missed = True
                self.counts.tee_faults += 1
            return data

        return tee

    async def _until_durable(self, exchange: int) -> None:
        """Let the call be stored before its answer passes, unless the sink is behind: then traffic does not wait."""
        try:
            future = self._sink.durable(exchange)
        except Exception:
            self.counts.sink_faults += 1
            return
        if future is None or future.done():
            self.waits.observe(0.0)
            return
        if self._awaited is None or self._awaited.done():
            self._awaited, began = None, time.monotonic()
            await asyncio.wait({asyncio.wrap_future(future)}, timeout=PATIENCE_SECONDS)
            self.waits.observe(time.monotonic() - began)
            if future.done():
                return
            self._awaited = future
        else:
            self.waits.observe(0.0)
        self.counts.late += 1


def _upgrade(flow: http.HTTPFlow, number: int, certificates: tuple[bytes, ...]) -> Asked:
    """Say what all that is asked on a WebSocket shares."""
    return Asked(
        exchange=number,
        at=time.time(),
        method=WEBSOCKET,
        host=_host(flow),
        path=_path(flow.request),
        headers=_headers(flow.request),
        body=b"",
        body_bytes=0,
        peer=flow.client_conn.peername[0],
        proxy_user=flow.metadata.pop(_PROXY_USER, None),
        certificates=certificates,
    )


def _upgrades(request: http.Request) -> bool:
    return bool(request.headers.get("upgrade", "").lower() == "websocket")


def _short(request: http.Request) -> bool:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return int(length) <= MAX_GATHERED_BYTES
    return False


def _host(flow: http.HTTPFlow) -> str:
    """Name the assistant's host as the client meant it: in reverse mode the client knows only us."""
    if isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode):
        return str(flow.request.host).lower()
    return str(flow.request.pretty_host).lower()


def _path(request: http.Request) -> str:
    return str(request.path).partition("?")[0]


def _headers(message: http.Message) -> dict[str, str]:
    named = ((name.lower(), value) for name, value in message.headers.items())
    return {name: value for name, value in named if name not in NOT_CARRIED}


def _client_left(flow: http.HTTPFlow) -> bool:
    """Tell a client that left from an upstream that failed, as far as mitmproxy lets one tell."""
    if not flow.client_conn.state & connection.ConnectionState.CAN_READ:
        return True
    # HTTP/2 on an open connection. An upstream that resets its stream says the same: then it is no 502 either.
    return flow.error is not None and flow.error.msg.startswith("stream reset by client")
