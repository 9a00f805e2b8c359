"""Whoever has an answer has a row: the proxy is killed under load, again and again."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.assay.running import running, wait_until
from tests.ledger.facts import words

CLIENTS = 4
ROUNDS = 5
ANSWERED_A_ROUND = 60  # calls before each kill
ANSWER = (
    b'{"id":"a","model":"m","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}'
)


class Assistant(BaseHTTPRequestHandler):
    """Answers at once, which is the worst case: real assistants think for longer than a row takes to write."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Assistant) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ask_until_cut(url: str, numbers: "count[int]", answered: list[str]) -> None:
    """Ask one question after another, and note those that were answered in full, until nobody answers."""
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        while True:
            text = f"question {next(numbers)}"
            body = {"model": "m", "messages": [{"role": "user", "content": text}]}
            try:
                reply = client.post("/v1/chat/completions", json=body)
            except httpx.TransportError:
                return
            assert reply.content == ANSWER
            answered.append(text)


def test_every_call_whose_answer_was_received_is_in_the_ledger(tmp_path: Path, upstream: str) -> None:
    """kill -9 loses no call that was answered, and doubles none."""
    numbers, answered = count(), list[str]()
    for _ in range(ROUNDS):
        enough = len(answered) + ANSWERED_A_ROUND
        arguments = ("--mode", f"reverse:{upstream}", "--listen", "127.0.0.1:0", "--db", "usage.db")
        with running("proxy", *arguments, home=tmp_path) as proxy, ThreadPoolExecutor(CLIENTS) as clients:
            url = next(word for word in proxy.until("listens on").split() if word.startswith("http")).rstrip(",")
            asking = [clients.submit(ask_until_cut, url, numbers, answered) for _ in range(CLIENTS)]
            wait_until(lambda enough=enough: len(answered) >= enough)  # type: ignore[misc] # a default binds it
            proxy.process.kill()
            for each in asking:
                each.result()
    with closing(sqlite3.connect(tmp_path / "usage.db")) as ledger:
        calls = ledger.execute("SELECT count(*) FROM calls").fetchone()[0]
    stored = words(tmp_path / "usage.db")
    assert len(answered) >= ROUNDS * ANSWERED_A_ROUND
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored)) == calls
