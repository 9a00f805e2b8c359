"""A tracker on loopback that plays documented answers, limits and faults, and remembers what it was asked."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    content: Any = None  # JSON, or bytes as they are
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    packed: bool = False
    cut: int = 0  # bytes that are announced and never sent
    trickles: bool = False  # a byte at a time, for ever


Answering = Callable[[Asked], Answer]


class Served:
    """The running server."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[Asked] = []
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(unquote(parts.path), dict(parse_qsl(parts.query)), headers)
        self.served.asked.append(asked)
        answer = self.served.answering(asked)
        body = answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
        body = gzip.compress(body) if answer.packed else body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.packed:
            self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(2**40 if answer.trickles else len(body) + answer.cut))
        self.end_headers()
        while answer.trickles:
            try:
                self.wfile.write(b" ")
            except OSError:
                break
        if not answer.trickles:
            self.wfile.write(body)
        self.close_connection = bool(answer.cut or answer.trickles)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the library's name)
        pass


@contextmanager
def serving(answering: Answering) -> Iterator[Served]:
    """Serve for a block."""
    served = Served(answering)
    handler = type("Handler", (_Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self, now: float) -> None:
        self.time = now
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def paged(objects: list[Any], asked: Asked, size: int, link: str = "") -> Answer:
    """Answer with a page of a list: with a Link header below the URL `link`, or else with x-next-page."""
    page = int(asked.query.get("page", "1"))
    headers = {} if link else {"x-next-page": ""}
    if page * size < len(objects):
        query = "&".join(f"{name}={value}" for name, value in {**asked.query, "page": page + 1}.items())
        first = f'<{link}{asked.path}?{query}>; rel="next"'
        last = f'<{link}{asked.path}?page=9>; rel="last"'
        headers = {"link": f"{first}, {last}"} if link else {"x-next-page": str(page + 1)}
    return Answer(objects[(page - 1) * size : page * size], headers=headers)
