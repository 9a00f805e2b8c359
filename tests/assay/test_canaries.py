"""What people ask, and who they are, is nowhere but in the ledger while it waits: a search of all bytes that are left.

The real commands run with every logger at its most talkative, while errors are provoked in each of them.
"""

import asyncio
import json
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.assay.canaries import Canaries, packed
from tests.assay.debugging import debugging, said
from tests.assay.running import PATIENCE, wait_until
from tests.proxy.websocket import End, GoneError, opened, socket_upstream, text

CHAT = "/v1/chat/completions"
WORDS = ("prompt", "system prompt", "attachment", "tool result", "answer before", "socket prompt", "locked prompt")


class Assistant(BaseHTTPRequestHandler):
    """Answers with secrets: whole, streamed, as an error, cut off or as what nobody can read."""

    protocol_version = "HTTP/1.1"
    canaries: Canaries

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        how = self.headers.get("x-how", "whole")
        if how == "cut":
            self.close_connection = True
            return
        status, kind, body = self._answer(how)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("set-cookie", f"session={self.canaries('answer cookie')}")
        self.send_header("x-request-id", self.canaries("answer header"))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 (the name that the server asks for)

    def _answer(self, how: str) -> tuple[int, str, bytes]:
        words = self.canaries(f"{how} answer")
        if how == "error":
            return 500, "application/json", json.dumps({"error": {"message": words}}).encode()
        if how == "unreadable":
            return 200, "application/json", b'{"choices": [' + words.encode()
        if how == "streamed":
            delta = {"id": words, "choices": [{"delta": {"content": words}, "finish_reason": None}]}
            end = {"id": words, "choices": [{"delta": {}, "finish_reason": "stop"}]}
            lines = [f"data: {json.dumps(event)}\n\n" for event in (delta, end)]
            return 200, "text/event-stream", "".join([*lines, "data: [DONE]\n\n"]).encode()
        message = {"role": "assistant", "content": words}
        return (
            200,
            "application/json",
            json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode(),
        )

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (folder := tmp_path / "home").mkdir()
    return folder


@pytest.fixture
def upstream(canaries: Canaries) -> Iterator[str]:
    handler = type("Planted", (Assistant,), {"canaries": canaries})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def body_of(canaries: Canaries, prompt: str = "prompt") -> dict[str, object]:
    return {
        "model": "m",
        "user": canaries("user field"),
        "metadata": {"trace": canaries("metadata")},
        "messages": [
            {"role": "system", "content": f"Be kind, {canaries('system prompt')}."},
            {"role": "user", "content": "What does the tool say of the budget?"},
            {"role": "assistant", "content": f"It says {canaries('answer before')}."},
            {"role": "tool", "tool_call_id": "c1", "content": canaries("tool result")},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": f"Draft the budget plan for {canaries(prompt)}, in three steps."},
                    {"type": "text", "text": f"<document>{canaries('attachment')}</document>"},
                    {
                        "type": "file",
                        "file": {"filename": canaries("file name"), "file_data": f"data:,{canaries('file')}"},
                    },
                    {"type": "image_url", "image_url": {"url": f"https://x.test/{canaries('image URL')}.png"}},
                ],
            },
        ],
    }


def headers_of(canaries: Canaries) -> dict[str, str]:
    return {
        "authorization": f"Bearer sk-{canaries('authorization')}",
        "x-api-key": canaries("API key"),
        "api-key": canaries("Azure key"),
        "cookie": f"session={canaries('cookie')}",
        "x-forwarded-user": f"{canaries('e-mail address')}@example.com",
        "x-openwebui-user-email": f"{canaries('another e-mail address')}@example.com",
        "x-session": canaries("header"),
        "referer": f"https://x.test/?q={canaries('referrer')}",
    }


def ask(url: str, canaries: Canaries) -> None:
    """Ask in each way, well and badly."""
    query = f"{CHAT}?key={canaries('query')}&{canaries('query name')}=1"
    with httpx.Client(base_url=url, headers=headers_of(canaries), timeout=PATIENCE, trust_env=False) as client:
        for how in ("whole", "streamed", "error", "unreadable", "cut"):
            prompt = f"{how} prompt"
            given = body_of(canaries, prompt) | {"stream": how == "streamed"}
            client.post(query, json=given, headers={"x-how": how})
        broken = json.dumps(body_of(canaries, "broken prompt")).encode()[:-40]
        client.post(query, content=broken, headers={"content-type": "application/json"})
        client.post(query, content=b"\xff\xfe" + broken, headers={"content-encoding": "gzip"})
        client.post(CHAT, json={"model": canaries("odd model"), "messages": {canaries("odd body"): [1]}})
        client.post(f"/v1/{canaries('path')}", json={"input": canaries("unknown path")})
        client.get(f"/v1/models?key={canaries('GET query')}")


def ask_no_http(url: str, canaries: Canaries) -> None:
    """Say what is no HTTP, and TLS where none is spoken."""

    async def say(line: bytes) -> None:
        at = urlsplit(url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        writer.write(line)
        writer.write_eof()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    asyncio.run(say(f"{canaries('no HTTP')} / {canaries('no path')}\r\n\r\n".encode()))
    asyncio.run(say(f"GET / HTTP/1.1\r\n{canaries('no header')}\r\n\r\n".encode()))
    asyncio.run(say(b"\x16\x03\x01\x00\xff\x01" + canaries("no TLS").encode()))
    asyncio.run(say(f"CONNECT {canaries('host')}.test:443 HTTP/1.1\r\nhost: {canaries('host')}.test\r\n\r\n".encode()))


async def ask_over_a_socket(home: Path, canaries: Canaries) -> None:
    """Say it in messages of a WebSocket, readable and not."""

    async def talk(end: End) -> None:
        while True:
            await end.message()
            done = {"id": "r", "output": [{"type": "message", "content": canaries("socket answer")}]}
            await end.send(*text(json.dumps({"type": "response.done", "response": done})))

    async with socket_upstream(talk) as up:
        arguments = ("proxy", "--mode", f"reverse:{up.url()}", "--listen", "127.0.0.1:0", "--db", "usage.db")
        with debugging("socket", *arguments, home=home):
            listening = await asyncio.to_thread(said, home, "socket", "listens on")
            at = urlsplit(listening.partition("listens on ")[2].partition(",")[0])
            assert at.hostname
            assert at.port
            path = f"/v1/realtime?model=m&key={canaries('socket query')}"
            header = ("authorization", f"Bearer {canaries('socket authorization')}")
            async with opened((at.hostname, at.port), path, header) as end:
                item: dict[str, object] = {"role": "user", "type": "message"}
                item |= {"content": [{"type": "input_text", "text": f"Plan {canaries('socket prompt')} in steps."}]}
                for message in ({"type": "conversation.item.create", "item": item}, {"type": "response.create"}):
                    await end.send(*text(json.dumps(message)))
                await end.message()
                await end.send(*text(f"{{{canaries('broken message')}"))
                await end.message()
                await end.raw(b"\xff\xff" + canaries("no frame").encode())
                with suppress(GoneError):
                    await end.message()


def proxying(upstream: str) -> tuple[str, ...]:
    listen = ("--listen", "127.0.0.1:0", "--db", "usage.db")
    return ("proxy", "--mode", f"reverse:{upstream}", *listen)


def url_of(home: Path, name: str) -> str:
    return said(home, name, "listens on").partition("listens on ")[2].partition(",")[0]


def counted(home: Path, sql: str) -> int:
    with closing(sqlite3.connect(home / "usage.db")) as connection:
        return int(connection.execute(sql).fetchone()[0])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run_all(home: Path, upstream: str, canaries: Canaries) -> None:
    """Ask through proxies that are well, cut off from their assistant or from their ledger, and that are aborted."""
    metrics = f"127.0.0.1:{free_port()}"
    with debugging("whole", *proxying(upstream), home=home, settings={"ASSAY_PROXY__METRICS": metrics}) as proxy:
        url = url_of(home, "whole")
        ask(url, canaries)
        ask_no_http(url, canaries)
        with closing(sqlite3.connect(home / "usage.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
                client.post(CHAT, json=body_of(canaries, "locked prompt"), headers=headers_of(canaries))
        wait_until(lambda: counted(home, "SELECT count(*) FROM calls") >= 9)
        counts = httpx.get(f"http://{metrics}/metrics", trust_env=False).raise_for_status()
        (home / "metrics").write_bytes(counts.content)
        proxy.send_signal(signal.SIGABRT)
        proxy.wait(PATIENCE)
    for name, nobody in (("down", "http://127.0.0.1:9"), ("no TLS", upstream.replace("http:", "https:"))):
        with debugging(name, *proxying(nobody), home=home):
            ask(url_of(home, name), canaries)
    asyncio.run(ask_over_a_socket(home, canaries))


def judge(home: Path) -> None:
    """Judge what waits: with a model that is none, then by one that is killed, then to the end."""
    classify = ("classify", "--once", "--db", "usage.db")
    (home / "no-model").mkdir()
    with debugging("no model", *classify, "--model", "no-model", home=home) as process:
        process.wait(PATIENCE)
    with debugging("aborted", *classify[:1], *classify[2:], "--backend", "rules", home=home) as process:
        said(home, "aborted", "judges the turns")
        process.send_signal(signal.SIGABRT)
        process.wait(PATIENCE)
    with debugging("judging", *classify, "--backend", "rules", home=home) as process:
        process.wait(PATIENCE)
        assert process.returncode == 0


def cores(home: Path) -> list[str]:
    return [file.name for file in home.rglob("core*") if file.is_file()]


def test_secrets_are_found_however_they_are_written(canaries: Canaries) -> None:
    """Or the search below would prove nothing."""
    secret = canaries("secret")
    assert [canaries.found_in(form) for form in packed(secret)] == [{"secret"}] * len(list(packed(secret)))
    assert canaries.found_in(b"canary" + b"0" * 24) == set()


@pytest.mark.parametrize("fault", ["corrupt", "full"])
def test_a_ledger_that_fails_is_said_without_words(home: Path, upstream: str, canaries: Canaries, fault: str) -> None:
    """SQLite's own messages, and what waits for a ledger, quote nobody."""
    limit = 300_000 if fault == "full" else None
    with debugging("failing", *proxying(upstream), home=home, file_bytes=limit):
        url = url_of(home, "failing")
        if fault == "corrupt":
            ask(url, canaries)
            with (home / "usage.db").open("r+b") as file:
                file.write(b"\xff" * 4096)
        for _ in range(1 if fault == "corrupt" else 6):
            ask(url, canaries)
    found = {(file, place) for file, place in canaries.found(home) if not file.startswith("usage.db")}
    assert found == set()
    assert len(canaries.planted) > 30


@pytest.mark.parametrize(
    "settings",
    [
        {"ASSAY_PROXY__MODE": "reverse:https://user:{}@api.test"},
        {"ASSAY_PROXY__MODE": "reverse:http://127.0.0.1:9", "ASSAY_PROXY__PROXY_AUTH": "user:{}"},
        {"ASSAY_PROXY__MODE": "regular", "ASSAY_PROXY__PROXY_AUTH": "@{}"},
    ],
)
def test_wrong_settings_do_not_quote_credentials(home: Path, canaries: Canaries, settings: dict[str, str]) -> None:
    wrong = {name: value.format(canaries("credential")) for name, value in settings.items()}
    with debugging(
        "wrong", "proxy", "--listen", "127.0.0.1:0", "--db", "usage.db", home=home, settings=wrong
    ) as process:
        assert process.wait(PATIENCE) in (1, 2)
    assert canaries.found(home) == set()


def test_after_judging_no_secret_is_left_anywhere(home: Path, upstream: str, canaries: Canaries) -> None:
    """In no ledger, log, output, temporary file or core; before it, words alone are there, and in the ledger alone."""
    run_all(home, upstream, canaries)
    assert cores(home) == []  # before the search, as one takes it minutes
    assert counted(home, "SELECT count(*) FROM turns WHERE text IS NOT NULL") > 5
    waiting = canaries.found(home)
    words = {place for place in canaries.planted if place in WORDS or place.endswith("prompt")}
    assert {(file, place) for file, place in waiting if place not in words} == set()
    assert {file for file, _ in waiting} <= {"usage.db", "usage.db-wal"}
    judge(home)
    assert counted(home, "SELECT count(*) FROM turns WHERE text IS NOT NULL") == 0
    assert counted(home, "SELECT count(*) FROM judgements") > 5
    assert canaries.found(home) == set()
    assert cores(home) == []
