"""What is asked over a WebSocket, through the embedded proxy and into a ledger: one human ask is one turn."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.routes import load_routes
from ledger.keys import Keys
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.capture import Wants
from proxy.certificates import Certificates
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.routes import Routes
from tests.ledger.facts import words
from tests.proxy.certifying import certify
from tests.proxy.sockets.talking import assistant, user
from tests.proxy.upstream import proxy as running_proxy
from tests.proxy.upstream import reverse, until
from tests.proxy.websocket import End, opened, socket_upstream, text

USAGE = {"input_tokens": 20, "output_tokens": 5}


@pytest.fixture
def routes() -> Routes:
    table = load_routes()
    return Routes(table.assistants, table.paths, table.hosted, table.sockets)


@pytest.fixture
def wants(routes: Routes) -> Wants:
    return lambda method, host, path: routes.match(method, host, path) is not None


@pytest.fixture
def intake(tmp_path: Path, routes: Routes) -> Iterator[Intake]:
    keys = Keys.load_or_create(tmp_path / "key")
    intake = Intake(lambda: Ledger.open(tmp_path / "usage.db"), Assembly(routes, Resolver(keys), keys))
    intake.start()
    yield intake
    intake.stop()


def rows(folder: Path) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Give each call's kind, turn, tokens and completeness, and each turn's text."""
    with sqlite3.connect(folder / "usage.db") as database:
        calls = database.execute(
            "SELECT kind, turn_id, input_tokens, output_tokens, complete, streamed FROM calls ORDER BY id"
        ).fetchall()
        turns = [text or "" for text in words(folder / "usage.db")]
    database.close()
    return calls, turns


async def send(end: End, *messages: dict[str, Any]) -> None:
    for message in messages:
        await end.send(*text(json.dumps(message)))


async def realtime(end: End) -> None:
    """Answer what is typed; call a tool for the first; answer by its own ear what is spoken."""
    session = {"id": "sess_1", "model": "m", "audio": {"input": {"transcription": {"model": "w"}}}}
    await send(end, {"type": "session.created", "session": session})
    number = 0
    while True:
        message = json.loads(await end.message())
        number += 1
        response = {"id": f"r{number}", "usage": USAGE, "output": [assistant("done")]}
        if number == 2:
            response["output"] = [{"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"}]
        if message["type"] == "input_audio_buffer.append":
            await send(end, {"type": "input_audio_buffer.committed", "item_id": "i1"})
        if message["type"] in ("response.create", "input_audio_buffer.append"):
            await send(end, {"type": "response.created", "response": {"id": f"r{number}"}})
            await send(end, {"type": "response.done", "response": response})
        if message["type"] == "input_audio_buffer.append":
            kind = "conversation.item.input_audio_transcription.completed"
            await send(end, {"type": kind, "item_id": "i1", "transcript": "Now ship it"})


async def until_done(client: End, kind: str = "response.done") -> None:
    while json.loads(await client.message())["type"] != kind:
        pass


async def test_realtime_typed_with_a_tool_and_spoken(
    tmp_path: Path, intake: Intake, confdir: Path, wants: Wants
) -> None:
    output = {"type": "function_call_output", "call_id": "c1", "output": "much"}
    async with (
        socket_upstream(realtime, deflate=True) as up,
        running_proxy(intake, reverse(up, confdir), wants=wants) as run,
        opened(run.address, "/v1/realtime?model=m", deflate=True) as client,
    ):
        for item in (user("Plan the move"), output):
            await send(client, {"type": "conversation.item.create", "item": item}, {"type": "response.create"})
            await until_done(client)
        await send(client, {"type": "input_audio_buffer.append", "audio": "AAAA"})
        await until_done(client, "conversation.item.input_audio_transcription.completed")
        await until(lambda: intake.counts.calls == 3 and not intake.under_way)
    calls, turns = rows(tmp_path)
    assert turns == ["Plan the move", "Now ship it"]
    assert calls == [
        ("prompt", 1, 20, 5, 1, 1),
        ("continuation", 1, 20, 5, 1, 1),
        ("prompt", 2, 20, 5, 1, 1),
    ]


async def test_what_is_asked_on_a_websocket_is_of_whom_its_certificate_names(
    tmp_path: Path, confdir: Path, routes: Routes, wants: Wants
) -> None:
    """From the first ask to the last."""
    root = certify("staff root", authority=True)
    keys = Keys.load_or_create(tmp_path / "key")
    resolver = Resolver(keys, certificates=Certificates(root.pem(), ["cn"]))
    intake = Intake(lambda: Ledger.open(tmp_path / "usage.db"), Assembly(routes, resolver, keys))
    intake.start()
    async with (
        socket_upstream(realtime) as up,
        running_proxy(intake, reverse(up, confdir, ask_certificates=True), wants) as run,
        opened(run.address, "/v1/realtime?model=m", tls=certify("ada", root).context(tmp_path)) as client,
    ):
        for ask in ("Plan the move", "Name the risks"):
            await send(client, {"type": "conversation.item.create", "item": user(ask)}, {"type": "response.create"})
            await until_done(client)
    intake.stop()
    with sqlite3.connect(tmp_path / "usage.db") as database:
        found = database.execute("SELECT person, identity_source FROM turns").fetchall()
    database.close()
    assert found == [(keys.serving(0.0).key.digest("person", "ada"), "certificate")] * 2


async def responses(end: End) -> None:
    """Answer each ask, the second of them with a call of a tool."""
    number = 0
    while True:
        await end.message()
        number += 1
        item = {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"}
        item = item if number == 2 else assistant("done")
        response = {"id": f"r{number}", "model": "m-1"}
        await send(end, {"type": "response.created", "response": response})
        await send(end, {"type": "response.output_item.done", "item": item})
        await send(end, {"type": "response.completed", "response": response | {"usage": USAGE}})


async def test_responses_made_ready_with_a_tool_and_a_second_ask(
    tmp_path: Path, intake: Intake, confdir: Path, wants: Wants
) -> None:
    output = {"type": "function_call_output", "call_id": "c1", "output": "much"}
    async with (
        socket_upstream(responses, deflate=True) as up,
        running_proxy(intake, reverse(up, confdir), wants=wants) as run,
        opened(run.address, "/v1/responses", deflate=True) as client,
    ):
        for own in (
            {"generate": False, "input": []},
            {"input": [user("Plan the move")]},
            {"input": [output], "previous_response_id": "r2"},
            {"input": [user("Now ship it")], "previous_response_id": "r3"},
        ):
            await send(client, {"type": "response.create", "model": "m", **own})
            await until_done(client, "response.completed")
        await until(lambda: intake.counts.calls == 4 and not intake.under_way)
    calls, turns = rows(tmp_path)
    assert turns == ["Plan the move", "Now ship it"]
    assert calls == [
        ("automation", 1, 20, 5, 1, 1),
        ("prompt", 1, 20, 5, 1, 1),
        ("continuation", 1, 20, 5, 1, 1),
        ("prompt", 2, 20, 5, 1, 1),
    ]
