"""Assembles exchange events into what the ledger is to hold: calls with their turns, then their answers.

Plain computing over records: no threads, no SQL. What cannot be read becomes a call of kind `unreadable`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.keys import Keys
from ledger.records import Answer, Call, CallKind, Turn, utc
from proxy.dialects import DIALECTS
from proxy.dialects.table import Dialect
from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event, ExchangeEvent, UnreadableExchange
from proxy.identity import Identity, Resolver
from proxy.interpreter import read_answer, read_body, read_fields
from proxy.places import Place, answer_trace, place
from proxy.reading import AnswerReader, Reply, Request
from proxy.routes import WEBSOCKET, Route, Routes
from proxy.sockets import Sockets

MAX_CLIENT_CHARS = 60


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked, by whom, and what decides whether it is a new turn."""

    turn: Turn = field(repr=False)
    request: Request = field(repr=False)
    place: Place
    retried: bool  # the client says that this is not its first try


@dataclass(frozen=True, slots=True)
class Opening:
    """A call to enter. Without an `asking` it could not be read."""

    exchange: int
    call: Call
    asking: Asking | None = None

    def of_kind(self, kind: CallKind) -> Call:
        return replace(self.call, kind=kind)


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of a call entered before."""

    exchange: int
    answer: Answer
    at: str
    trace: str | None = None  # what a request leaves that goes on from this answer


@dataclass(slots=True)
class _Answering:
    """An exchange on its way, between its request and its end."""

    asked_at: float
    dialect: str
    streamed: bool
    status: int | None = None
    first_byte_at: float | None = None
    reader: AnswerReader | None = None
    person: str = ""
    unreadable: bool = False

    def feed(self, data: bytes) -> None:
        if self.reader is not None:
            try:
                self.reader.feed(data)
            except UnreadableExchange:
                self.reader, self.unreadable = None, True

    def reply(self) -> Reply | None:
        if self.reader is None:
            return None
        try:
            return self.reader.end()
        except UnreadableExchange:
            self.unreadable = True
            return None


class Assembly:
    """Keeps the exchanges that are under way."""

    def __init__(
        self, routes: Routes, resolver: Resolver, keys: Keys, dialects: Mapping[str, Dialect] = DIALECTS
    ) -> None:
        """`dialects` holds those that the routes name, by their names. What it lacks is counted and never read."""
        self._routes = routes
        self._dialects = dialects
        self._resolver = resolver
        self._keys = keys
        self._under_way: dict[int, _Answering] = {}
        self._sockets = Sockets(self._dialect)

    @property
    def under_way(self) -> int:
        """How many exchanges have begun and not ended."""
        return len(self._under_way)

    def read(self, event: Event) -> Iterator[Opening | Closing]:
        """Take the next event; give what it adds to the ledger, if anything."""
        for each in self._sockets.read(event):
            yield from self._read(each)

    def _dialect(self, asked: Asked) -> str | None:
        route = self._routes.match(asked.method, asked.host, asked.path)
        return route.dialect if route else None

    def _read(self, event: ExchangeEvent) -> Iterator[Opening | Closing]:
        if isinstance(event, Asked):
            if (route := self._routes.match(event.method, event.host, event.path)) is not None:
                yield from self._open(event, route)
            return
        if (answering := self._under_way.get(event.exchange)) is None:
            return  # no call, or its request was lost
        match event:
            case AnswerBegan():
                answering.status = event.status
                if (dialect := self._dialects.get(answering.dialect)) is not None:
                    answering.reader = read_answer(dialect, event.headers, answering.streamed)
            case AnswerBytes():
                if answering.first_byte_at is None:
                    answering.first_byte_at = event.at
                answering.feed(event.data)
            case Ended():
                del self._under_way[event.exchange]
                yield self._closing(answering, event)

    def _open(self, asked: Asked, route: Route) -> Iterator[Opening]:
        named = route.unconfirmed
        try:
            fields = self._fields(asked, route)
            confirmed = route.confirmed(fields)
            if confirmed is None or _of_tools(confirmed.dialect, fields):
                return
            named = confirmed
            request = read_fields(self._dialects[named.dialect], asked.path, asked.headers, fields)
        except UnreadableExchange:
            self._under_way[asked.exchange] = _Answering(asked.at, named.dialect, streamed=False)
            yield Opening(asked.exchange, _call(asked, named, None))
        else:
            identity = self._resolver.resolve(asked, request.user)
            self._under_way[asked.exchange] = _Answering(
                asked.at, named.dialect, request.streamed, person=identity.person
            )
            yield self._opening(asked, named, request, identity)

    def _closing(self, answering: _Answering, ended: Ended) -> Closing:
        reply = answering.reply()
        trace = answer_trace(self._keys.serving(answering.asked_at).key, answering.person, reply.id if reply else None)
        return Closing(ended.exchange, _answer(answering, reply, ended), utc(ended.at), trace)

    def _opening(self, asked: Asked, route: Route, request: Request, identity: Identity) -> Opening:
        call = _call(asked, route, request)
        return Opening(asked.exchange, call, self.asking(call, request, identity, _retried(asked.headers)))

    def asking(self, call: Call, request: Request, identity: Identity, retried: bool) -> Asking:
        """Say what a call that could be read asks. Depends on nothing else but the keys."""
        where = place(self._keys.serving(call.at).key, identity.person, call.client, request)
        turn = Turn(
            at=call.at,
            person=identity.person,
            team=identity.team,
            identity_source=identity.source,
            assistant=call.assistant,
            client=call.client,
            conversation=where.conversation,
            ask=where.ask,
            prompt_chars=len(request.text),
            text=request.text,
            context=request.history,
        )
        return Asking(turn, request, where, retried)

    def _fields(self, asked: Asked, route: Route) -> dict[str, Any]:
        if asked.cut:
            raise UnreadableExchange("the request body is over the cap, or was cut off")
        if route.dialect not in self._dialects:
            raise UnreadableExchange("the dialect is none that is read")
        return read_body(asked.headers, asked.body)


def _of_tools(dialect: str, fields: Mapping[str, Any]) -> bool:
    """Say whether a body is MCP's, which may be spoken at any path. An operator's own dialect may be JSON-RPC too."""
    return "jsonrpc" in fields and dialect in DIALECTS


def _retried(headers: Mapping[str, str]) -> bool:
    """Tell a try that is not the first, by what the SDKs of OpenAI and Anthropic and those of Amazon count."""
    attempt = headers.get("amz-sdk-request", "").partition(";")[0].strip()  # attempt=2; max=3
    return headers.get("x-stainless-retry-count", "0") not in ("", "0") or attempt not in ("", "attempt=1")


def _answer(answering: _Answering, reply: Reply | None, ended: Ended) -> Answer:
    first, end = answering.first_byte_at, ended.at
    return Answer(
        http_status=ended.status if ended.status is not None else answering.status,
        complete=_complete(reply, ended),
        response_bytes=ended.body_bytes,
        model=reply.model if reply else None,
        input_tokens=reply.input_tokens if reply else None,
        output_tokens=reply.output_tokens if reply else None,
        ttft_ms=None if first is None else _ms(answering.asked_at, first),
        duration_ms=_ms(answering.asked_at, end),
        unreadable=answering.unreadable,
    )


def _complete(reply: Reply | None, ended: Ended) -> bool:
    if reply is None or ended.missed:
        return ended.whole
    return not reply.error and (ended.whole if reply.complete is None else reply.complete)


def _ms(begin: float, end: float) -> float:
    return round(max(0.0, end - begin) * 1000, 1)


def _call(asked: Asked, route: Route, request: Request | None) -> Call:
    return Call(
        at=utc(asked.at),
        assistant=route.assistant,
        dialect=route.dialect,
        model=request.model if request else None,
        client=_client(asked.headers.get("user-agent")),
        kind="prompt" if request else "unreadable",
        streamed=request.streamed or asked.method == WEBSOCKET if request else None,
        request_bytes=asked.body_bytes,
    )


def _client(user_agent: str | None) -> str | None:
    """Keep a User-Agent's product and version: `claude-cli/2.1 (external, cli)` is `claude-cli/2.1`."""
    product = (user_agent or "").partition("(")[0].strip()
    return "".join(c for c in product if c.isprintable())[:MAX_CLIENT_CHARS] or None
