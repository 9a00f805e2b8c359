"""A stand-in for every vendor's service: it speaks their formats, knows nothing, and keeps what it was asked.

It answers with words; where `plan` says so, a request that offers the planned tool is answered with a call of it. A
request for JSON gets the least that fits its schema. The same request gets the same answer, to the byte.
"""

import asyncio
import json
import re
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.clients.formats import amazon, anthropic, cohere, google, local, openai
from tests.clients.formats.answering import Body, Format, Said, ToolCall, Written, filled, said

MODEL = "stand-in"
EVENT_SECONDS = 0.002  # between the events of a stream

# The first that fits counts.
FORMATS: tuple[tuple[re.Pattern[str], Format], ...] = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"/mistral/v1/(chat|agents)/completions$", openai.mistral_chat),
        (r"/chat/completions$", openai.chat),
        (r"/fim/completions$", openai.mistral_chat),
        (r"/completions$", openai.completions),
        (r"/responses$", openai.responses),
        (r"/v1/messages$", anthropic.messages),
        (r":(stream)?[gG]enerateContent$", google.generate),
        (r"/model/[^/]+/converse$", amazon.converse),
        (r"/model/[^/]+/converse-stream$", amazon.converse_stream),
        (r"/model/[^/]+/invoke$", amazon.invoke),
        (r"/model/[^/]+/invoke-with-response-stream$", amazon.invoke_stream),
        (r"/api/chat$", local.chat),
        (r"/api/generate$", local.generate),
        (r"/v1/chat$", cohere.first),
        (r"/v2/chat$", cohere.second),
    )
)
SCHEMAS = (  # where a request says which JSON it wants
    ("response_format", "json_schema", "schema"),
    ("text", "format", "schema"),
    ("output_config", "format", "schema"),
    ("generationConfig", "responseJsonSchema"),
    ("generationConfig", "responseSchema"),
)


@dataclass(frozen=True, slots=True)
class Hang:
    """A plan's step: begin to answer, and never end."""


@dataclass(slots=True)
class Seen:
    """A request, and what the answer to it reports."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    answered: bool = False  # in a vendor's format
    input_tokens: int = 0
    output_tokens: int = 0
    reported: bool = False  # the tokens were sent: the client did not leave before


@dataclass(slots=True)
class StandIn:
    """The stand-in as a test sees it."""

    url: str
    plan: deque[ToolCall | str | Hang] = field(default_factory=deque)
    tool: str = ""  # only requests that offer this tool take a step of the plan; with "" all do
    seen: list[Seen] = field(default_factory=list)
    hanging: Event = field(default_factory=Event)  # an answer has begun that will never end

    @property
    def answered(self) -> list[Seen]:
        return [each for each in self.seen if each.answered]

    def reported(self) -> tuple[int, int]:
        """Sum the tokens that all answers reported: into the model, and out of it."""
        sent = [each for each in self.seen if each.reported]
        return sum(each.input_tokens for each in sent), sum(each.output_tokens for each in sent)

    async def http(self, request: Request) -> Response:
        """Answer any request."""
        raw = await request.body()
        path = request.url.path
        full = f"{path}?{request.url.query}" if request.url.query else path
        headers = tuple(request.headers.items())
        written = next((each for pattern, each in FORMATS if pattern.search(path)), None)
        if request.method != "POST" or written is None or path.endswith("/count_tokens"):
            self.seen.append(Seen(request.method, full, headers, raw))
            return _aside(path)
        body: Body = json.loads(raw)
        answer, hang = self._say(raw, body)
        answered = written(body, answer, full)
        seen = self._seen(request.method, full, headers, raw, answered, answer, hang)
        self.seen.append(seen)
        given = {"x-stand-in": "assay"} | dict(answered.headers)
        if answered.whole and not hang:
            seen.reported = True
            return Response(answered.pieces[0], media_type=answered.content_type, headers=given)
        return StreamingResponse(self._paced(answered, hang, seen), media_type=answered.content_type, headers=given)

    async def websocket(self, socket: WebSocket) -> None:
        """Answer OpenAI's responses over a WebSocket."""
        await socket.accept()
        try:
            while True:
                raw = (await socket.receive_text()).encode()
                body: Body = json.loads(raw)
                answer, hang = self._say(raw, body)
                events = openai.response_events(body, answer)
                path, headers = socket.url.path, tuple(socket.headers.items())
                seen = (
                    Seen("WEBSOCKET", path, headers, raw, answered=True)
                    if body.get("generate") is False
                    else self._seen("WEBSOCKET", path, headers, raw, None, answer, hang)
                )
                self.seen.append(seen)
                sent = events[: len(events) // 2] if hang else events
                for number, event in enumerate(sent, 1):
                    seen.reported = number == len(sent)
                    await socket.send_text(json.dumps(event))
                if hang:
                    self.hanging.set()
                    await socket.receive_text()
        except WebSocketDisconnect:
            pass

    def _say(self, raw: bytes, body: Body) -> tuple[Said, bool]:
        schema = _schema(body)
        step: ToolCall | str | Hang | None = None
        if schema is None and self.plan and body.get("generate") is not False and self.tool in {"", *offered(body)}:
            step = self.plan.popleft()
        text = json.dumps(filled(schema)) if schema is not None else step if isinstance(step, str) else None
        call = step if isinstance(step, ToolCall) else None
        return said(raw, str(body.get("model", MODEL)), text, call), isinstance(step, Hang)

    def _seen(
        self,
        method: str,
        path: str,
        headers: tuple[tuple[str, str], ...],
        raw: bytes,
        written: Written | None,
        answer: Said,
        hang: bool,
    ) -> Seen:
        if not hang:
            if written is not None and not reports_usage(written):
                return Seen(method, path, headers, raw, answered=True)
            return Seen(method, path, headers, raw, True, answer.input_tokens, answer.output_tokens)
        # These begin with what was read; how much will be written nobody knows yet.
        if path.partition("?")[0].endswith("/v1/messages") or ":streamGenerateContent" in path:
            return Seen(method, path, headers, raw, True, answer.input_tokens, 0)
        return Seen(method, path, headers, raw, answered=True)

    async def _paced(self, written: Written, hang: bool, seen: Seen) -> AsyncIterator[bytes]:
        pieces = written.pieces[: len(written.pieces) // 2] if hang else written.pieces
        for number, piece in enumerate(pieces, 1):
            seen.reported = number == len(pieces)  # behind it the client may leave at once
            yield piece
            await asyncio.sleep(EVENT_SECONDS)
        if hang:
            self.hanging.set()
            await asyncio.Event().wait()  # until the client leaves


def reports_usage(written: Written) -> bool:
    """Tell whether an answer says what it cost: OpenAI's streams do where the client asks them to."""
    return any(re.search(rb"\"usage|Count\"|_count\"|okens\"|bytes\"", piece) for piece in written.pieces)


def offered(body: Body) -> set[str]:
    """Name the tools that a request offers, in any format."""
    names = set()
    for tool in body.get("tools") or []:
        for each in [tool, *(tool.get("functionDeclarations") or []), *(tool.get("tools") or [])]:
            names.add(str(each.get("name") or (each.get("function") or {}).get("name") or ""))
    return names - {""}


def _schema(body: Body) -> Body | None:
    for path in SCHEMAS:
        value: Any = body
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, dict):
            return value
    return None


def _aside(path: str) -> Response:
    """Answer what is no prompt."""
    if path.endswith(("/count_tokens", ":countTokens")):
        return JSONResponse({"input_tokens": 9, "totalTokens": 9})
    if path.endswith("/models"):
        model = {"id": MODEL, "object": "model", "created": 1, "owned_by": "stand-in", "type": "model"}
        return JSONResponse({"object": "list", "data": [model], "models": []})
    if path == "/":
        return Response()
    return JSONResponse({"error": {"message": "the stand-in has none", "type": "not_found_error"}}, status_code=404)


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Run a stand-in on this machine for a block, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stand_in = StandIn(f"http://127.0.0.1:{listener.getsockname()[1]}")
        app = Starlette(
            routes=[
                Route("/{path:path}", stand_in.http, methods=["GET", "HEAD", "POST", "PUT", "DELETE"]),
                WebSocketRoute("/{path:path}", stand_in.websocket),
            ]
        )
        config = uvicorn.Config(app, log_config=None, access_log=False, ws="wsproto", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.should_exit = True
            thread.join()
