"""Real processes under load: an assistant that answers at once, clients that compare, and what the ledger holds."""

import hashlib
import http.client
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from socket import create_server
from typing import Any

from proxy.spool import spools_of
from tests.assay.running import Running, assay, running, wait_until

PACE = 0.01  # seconds between a client's requests
RULES = {"ASSAY_CLASSIFIER__BACKEND": "rules"}


def reply_to(body: bytes) -> bytes:
    """Answer what only this request gets."""
    model = json.loads(body)["model"]
    said = hashlib.sha256(body).hexdigest()
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    choice = {"finish_reason": "stop", "message": {"content": said}}
    return json.dumps({"id": said[:9], "model": model, "choices": [choice], "usage": usage}).encode()


class Assistant(BaseHTTPRequestHandler):
    """Answers at once."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        data = reply_to(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A proxy that was killed is no news."""


@contextmanager
def assistant() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Assistant) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Load:
    """Clients that ask one question after another. Each question has a model of its own, by which its call is known."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.answered: set[str] = set()
        self.wrong: list[str] = []  # answered otherwise than the assistant did
        self.cut: list[str] = []  # not answered at all
        self._numbers = count()
        self._stop = threading.Event()
        self._clients: list[threading.Thread] = []

    def begin(self, port: int, clients: int) -> None:
        for _ in range(clients):
            client = threading.Thread(target=self._ask, args=(port,), daemon=True)
            client.start()
            self._clients.append(client)

    def end(self) -> None:
        """Let each client have its last answer."""
        self._stop.set()
        for client in self._clients:
            client.join(60)
            assert not client.is_alive()

    def more(self, number: int) -> None:
        """Wait until so many more are answered."""
        enough = len(self.answered) + number
        wait_until(lambda: len(self.answered) >= enough)

    def _ask(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while not self._stop.wait(PACE):
            name = f"m{next(self._numbers)}"
            body = json.dumps({"model": name, "messages": [{"role": "user", "content": f"question {name}"}]}).encode()
            self.asked.add(name)
            try:
                connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
                response = connection.getresponse()
                same = (response.status, response.read()) == (200, reply_to(body))
            except (OSError, http.client.HTTPException):
                connection.close()
                self.cut.append(name)
                continue
            self.answered.add(name)
            if not same:
                self.wrong.append(name)
        connection.close()


class Site:
    """One ledger, with the processes that work on it."""

    def __init__(self, folder: Path, upstream: str, home: Path | None = None) -> None:
        self.folder = folder
        self.db = folder / "usage.db"
        self.home = home or folder
        self.environment: dict[str, str] = {}
        self._upstream = upstream

    @contextmanager
    def proxy(self, port: int) -> Iterator[Running]:
        arguments = ("--mode", f"reverse:{self._upstream}", "--listen", f"127.0.0.1:{port}", "--db", self.db)
        with running("proxy", *arguments, home=self.home, python=(), **self.environment) as up:
            up.until("listens on")
            yield up

    @contextmanager
    def classifier(self) -> Iterator[Running]:
        with running("classify", "--db", self.db, home=self.home, python=(), **RULES | self.environment) as up:
            up.until("judges the turns")
            yield up

    def settle(self) -> None:
        """Start once more, and let all that waits be entered and judged."""
        with self.proxy(free_port()):
            wait_until(lambda: not any(spool.stat().st_size for spool in spools_of(self.db)))
        done = assay("classify", "--once", "--db", self.db, home=self.home, **RULES)
        assert done.returncode == 0, done.stderr

    def calls(self) -> Counter[str]:
        return Counter(model for (model,) in self.rows("SELECT model FROM calls"))

    def lost(self) -> int:
        return int(self.rows("SELECT coalesce(sum(calls), 0) FROM lost")[0][0])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.db, timeout=20)) as ledger:
            return ledger.execute(sql).fetchall()


def heard(up: Running, part: str) -> str:
    """Wait for a line with `part`, unless it was said before."""
    return next((line for line in up.said if part in line), None) or up.until(part)


def check_answers(load: Load) -> None:
    """Every request was answered as by the assistant."""
    assert load.answered
    assert load.wrong == []
    assert load.cut == []


def check_judged(site: Site, damaged: Set[str] = frozenset()) -> None:
    """No turn is lost to judgement, and none is judged twice. `damaged`: what was asked before files were."""
    assert site.rows("SELECT count(*) FROM turns WHERE text IS NOT NULL") == [(0,)]
    turns = site.rows(
        "SELECT (SELECT model FROM calls WHERE turn_id = t.id LIMIT 1),"
        " (SELECT count(*) FROM judgements WHERE turn_id = t.id) FROM turns AS t"
    )
    assert [model for model, times in turns if times > 1] == []
    assert [model for model, times in turns if times < 1 and model not in damaged] == []


def check_to_the_number(site: Site, load: Load) -> None:
    """Each answered call is in the ledger once, or counted as lost."""
    calls = site.calls()
    assert set(calls) <= load.answered
    assert [model for model, times in calls.items() if times > 1] == []
    assert len(calls) + site.lost() == len(load.answered)


@contextmanager
def loaded(site: Site, clients: int = 4) -> Iterator[tuple[Load, Running, Running]]:
    """Run proxy and classifier under load; end the load, then them."""
    load, port = Load(), free_port()
    with ExitStack() as stack:
        proxy = stack.enter_context(site.proxy(port))
        classifier = stack.enter_context(site.classifier())
        load.begin(port, clients)
        stack.callback(load.end)
        load.more(100)
        yield load, proxy, classifier


Spoil = Callable[[Path], None]
