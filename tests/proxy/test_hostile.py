"""Traffic that is malformed, enormous or cut off: the client sees what it would have seen without Assay, and the call
is in the ledger. Each is sent direct and through the embedded proxy."""

import asyncio
import gzip
import hashlib
import json
import sqlite3
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from ledger.keys import Keys
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.routes import Routes
from proxy.server import Address
from tests.proxy.h2_ends import Http2End, http2_client, http2_upstream, posted
from tests.proxy.upstream import (
    Authority,
    CutError,
    Message,
    Running,
    Script,
    Send,
    Upstream,
    completion,
    completion_events,
    head,
    post,
    read_answer,
    reverse,
    until,
)
from tests.proxy.upstream import proxy as running_proxy

CHAT = "/v1/chat/completions"
SSE = "content-type: text/event-stream"
JSON = "content-type: application/json"
PLAN = b'{"model": "m", "messages": [{"role": "user", "content": "Plan it"}]}'
STREAM = PLAN[:-1] + b', "stream": true}'
ROUTES = Routes([], [("/chat/completions", "openai-chat")])


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    keys = Keys.load_or_create(tmp_path / "key")
    intake = Intake(lambda: Ledger.open(tmp_path / "usage.db"), Assembly(ROUTES, Resolver(keys), keys))
    intake.start()
    yield intake
    intake.stop()
    assert intake.counts.faults == intake.counts.lost == 0


@pytest.fixture
async def run(up: Upstream, intake: Intake, confdir: Path) -> AsyncIterator[Running]:
    async with running_proxy(intake, reverse(up, confdir)) as running:
        yield running
    assert running.capture.counts.tee_faults == running.capture.counts.sink_faults == 0


async def calls(folder: Path, intake: Intake, number: int = 1) -> list[tuple[Any, ...]]:
    """Wait until so many calls have ended; give kind, status, completeness and bytes both ways of each."""
    await until(lambda: intake.counts.calls >= number and not intake.under_way)
    with sqlite3.connect(folder / "usage.db") as database:
        columns = "kind, http_status, complete, request_bytes, response_bytes"
        rows = database.execute(f"SELECT {columns} FROM calls ORDER BY id").fetchall()
    database.close()
    return rows


def raw(data: bytes, *more: bytes, cut: bool = True) -> Script:
    """Answer with these bytes, then hang up."""

    async def script(request: Message, send: Send) -> None:
        for piece in (data, *more):
            await send(piece)
        if cut:
            raise CutError

    return script


async def talk(address: Address, request: bytes) -> bytes:
    """Send bytes on a connection of its own; give all that comes until the other end hangs up."""
    reader, writer = await asyncio.open_connection(*address, limit=2**24)
    writer.write(request)
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


EVENTS = completion_events("one", "two")
CHUNKED = head("transfer-encoding: chunked", SSE)
LONG = head("content-length: 500", JSON)
DEEP = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
TWICE = b'{"model": "first", "model": "second", "usage": {"prompt_tokens": 1, "prompt_tokens": 2}}'
BOMB = gzip.compress(bytes(100_000_000))

# What the upstream answers before it hangs up; what the ledger says: kind, status, complete.
ANSWERS: dict[str, tuple[bytes, list[bytes], tuple[str, int | None, int]]] = {
    "cut between events": (STREAM, [CHUNKED, chunk(EVENTS[0])], ("prompt", 200, 0)),
    "cut within an event": (STREAM, [CHUNKED, chunk(EVENTS[0][:20])], ("prompt", 200, 0)),
    "cut within a chunk": (STREAM, [CHUNKED, chunk(EVENTS[0])[:30]], ("prompt", 200, 0)),
    "cut within a chunk's size": (STREAM, [CHUNKED, chunk(EVENTS[0]), b"1"], ("prompt", 200, 0)),
    "whole to the last event, then cut": (STREAM, [CHUNKED, *map(chunk, EVENTS)], ("prompt", 200, 1)),
    "a length that is too long": (PLAN, [LONG, completion("hi")], ("prompt", 200, 1)),  # all of its JSON is there
    "a length that is too long for what came": (PLAN, [LONG, completion("hi")[:50]], ("prompt", 200, 0)),
    "no length, until it hangs up": (PLAN, [head(JSON), completion("hi")], ("prompt", 200, 1)),
    "HTTP/1.0": (PLAN, [b"HTTP/1.0 200 OK\r\n\r\n", completion("hi")], ("prompt", 200, 1)),
    "no UTF-8": (PLAN, [head(JSON), b'{"choices": "\xff\xfe"}'], ("prompt", 200, 1)),
    "no UTF-8 in an event": (STREAM, [head(SSE), b"data: \xff\xfe\n\n", *EVENTS], ("prompt", 200, 1)),
    "a key twice": (PLAN, [head(JSON), TWICE], ("prompt", 200, 1)),
    "nested deep": (PLAN, [head(JSON), DEEP], ("prompt", 200, 1)),
    "a bomb": (PLAN, [head(JSON, "content-encoding: gzip"), BOMB], ("prompt", 200, 1)),
    "a bomb of events": (STREAM, [head(SSE, "content-encoding: gzip"), BOMB], ("prompt", 200, 0)),
    "no coding as it says": (PLAN, [head(JSON, "content-encoding: br"), b"x" * 500], ("prompt", 200, 1)),
    "a coding that there is not": (PLAN, [head(JSON, "content-encoding: x-own"), b"x" * 500], ("prompt", 200, 1)),
    "an empty body": (PLAN, [head(JSON)], ("prompt", 200, 0)),
    "chunks of one byte": (
        STREAM,
        [CHUNKED, *(chunk(EVENTS[0][i : i + 1]) for i in range(len(EVENTS[0]))), chunk(EVENTS[-1]), b"0\r\n\r\n"],
        ("prompt", 200, 1),
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_hostile_answer_arrives_as_it_is(
    case: str, up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    asked, pieces, (kind, status, complete) = ANSWERS[case]
    up.scripts[CHAT] = raw(*pieces)
    direct = await talk(up.address, post(CHAT, asked, "connection: close"))
    through = await talk(run.address, post(CHAT, asked, "connection: close"))
    assert _unchunked(through) == _unchunked(direct)
    (row,) = await calls(tmp_path, intake)
    assert row[:3] == (kind, status, complete)


def _unchunked(answer: bytes) -> tuple[bytes, bytes, bool]:
    """Give head, content and whether it was ended: where chunks begin and end is each hop's own (RFC 9112, 7.1)."""
    head_, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head_:
        return head_, body, True
    content = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        if size == b"0":
            return head_, content, True
        content += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return head_, content, False


# Hostile requests, each with what the ledger says of its kind.

SAME = PLAN[:-1].replace(b"Plan it", b"No") + b", " + PLAN[1:]
REQUESTS: dict[str, tuple[bytes, list[str], str]] = {
    "no JSON": (b"Plan it", [], "unreadable"),
    "no UTF-8": (PLAN.replace(b"Plan", b"\xff\xfe"), [], "unreadable"),
    "a key twice": (SAME, [], "prompt"),
    "nested deep": (DEEP, [], "unreadable"),
    "brackets alone": (b"[" * 9_000_000, [], "unreadable"),
    "a bomb": (BOMB, ["content-encoding: gzip"], "unreadable"),
    "a bomb in a bomb": (gzip.compress(BOMB), ["content-encoding: gzip, gzip"], "unreadable"),
    "a bomb of brotli": (brotli.compress(bytes(100_000_000), quality=1), ["content-encoding: br"], "unreadable"),
    "a bomb of zstd": (zstandard.compress(bytes(100_000_000)), ["content-encoding: zstd"], "unreadable"),
    "cut in mid-compression": (zlib.compress(PLAN * 50)[:40], ["content-encoding: deflate"], "unreadable"),
    "not compressed as it says": (PLAN, ["content-encoding: gzip"], "unreadable"),
    "empty": (b"", [], "unreadable"),
    "a surrogate alone": (PLAN.replace(b"Plan", b"\\ud800 \\u0000"), [], "prompt"),
    "a number of a million digits": (PLAN[:-1] + b', "n": ' + b"9" * 1_000_000 + b"}", [], "unreadable"),
}


@pytest.mark.parametrize("case", REQUESTS)
async def test_a_hostile_request_arrives_as_it_is(
    case: str, up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    body, headers, kind = REQUESTS[case]
    up.scripts[CHAT] = raw(head("content-length: 2") + b"{}", cut=False)
    for address in (up.address, run.address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(post(CHAT, body, *headers))
        assert (await read_answer(reader)).body == b"{}"
        writer.close()
    direct, through = up.seen
    assert through.body == direct.body == body
    (row,) = await calls(tmp_path, intake)
    assert row == (kind, 200, 1, len(body), 2)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
async def test_100_mb_pass_both_ways(chunked: bool, up: Upstream, run: Running, intake: Intake, tmp_path: Path) -> None:
    block = hashlib.sha512(b"seed").digest() * 16_384  # 1 MiB
    begin = PLAN.replace(b"Plan it", b"")[:-4]

    async def script(request: Message, send: Send) -> None:
        await send(head(f"content-length: {100 * len(block)}", JSON))
        for _ in range(100):
            await send(block)

    up.scripts[CHAT] = script
    size = len(begin) + 100 * len(block)
    length = "transfer-encoding: chunked" if chunked else f"content-length: {size}"
    reader, writer = await asyncio.open_connection(*run.address, limit=2**22)
    writer.write(f"POST {CHAT} HTTP/1.1\r\nhost: h\r\n{length}\r\n\r\n".encode())
    for piece in (begin, *[block] * 100):
        writer.write(chunk(piece) if chunked else piece)
        await writer.drain()
    writer.write(b"0\r\n\r\n" if chunked else b"")
    got = hashlib.sha256((await read_answer(reader)).body)
    writer.close()
    assert got.digest() == hashlib.sha256(block * 100).digest()
    assert hashlib.sha256(up.seen[0].body).digest() == hashlib.sha256(begin + block * 100).digest()
    (row,) = await calls(tmp_path, intake)
    assert row == ("unreadable", 200, 1, size, 100 * len(block))


async def test_expect_100_continue_is_answered(up: Upstream, run: Running, intake: Intake, tmp_path: Path) -> None:
    """By mitmproxy in the upstream's place, which never hears of it."""

    async def script(request: Message, send: Send) -> None:
        await send(head("content-length: 2") + b"{}")

    up.scripts[CHAT] = script
    reader, writer = await asyncio.open_connection(*run.address)
    request = post(CHAT, PLAN, "Expect: 100-continue")
    writer.write(request[: -len(PLAN)])
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(PLAN)
    assert (await read_answer(reader)).body == b"{}"
    writer.close()
    assert up.seen[0].body == PLAN
    (row,) = await calls(tmp_path, intake)
    assert row[:3] == ("prompt", 200, 1)


@pytest.mark.parametrize("hint", [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_what_comes_before_an_answer_is_no_answer(
    hint: bytes, up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    whole = head(f"content-length: {len(completion('hi'))}", JSON) + completion("hi")
    up.scripts[CHAT] = raw(hint, whole)
    direct = await talk(up.address, post(CHAT, PLAN, "connection: close"))
    through = await talk(run.address, post(CHAT, PLAN, "connection: close"))
    assert through == direct
    (row,) = await calls(tmp_path, intake)
    assert row[:3] == ("prompt", 200, 1)


# Streams that interleave, never end, or lose their reader.


async def test_streams_that_interleave_do_not_mix(up: Upstream, run: Running, intake: Intake, tmp_path: Path) -> None:
    """Twenty at once, each of which sends its next event only after all others have sent theirs."""
    turn = asyncio.Barrier(20)

    async def script(request: Message, send: Send) -> None:
        name = json.loads(request.body)["messages"][0]["content"]
        await send(CHUNKED)
        for event in completion_events(*[name] * 5):
            await turn.wait()
            await send(chunk(event))
        await send(b"0\r\n\r\n")

    async def call(number: int) -> bytes:
        reader, writer = await asyncio.open_connection(*run.address)
        writer.write(post(CHAT, STREAM.replace(b"Plan it", b"Plan %d" % number)))
        got = await read_answer(reader)
        writer.close()
        return got.body

    up.scripts[CHAT] = script
    got = await asyncio.gather(*map(call, range(20)))
    assert got == [b"".join(completion_events(*[f"Plan {number}"] * 5)) for number in range(20)]
    assert {row[:3] for row in await calls(tmp_path, intake, 20)} == {("prompt", 200, 1)}
    assert intake.counts.turns == 20


async def test_http2_on_both_sides_with_trailers_and_empty_frames(
    intake: Intake, tmp_path: Path, confdir: Path, authority: Authority
) -> None:
    """Three streams on one connection, their frames one after another in turns."""
    asked: dict[int, Http2End] = {}

    async def answer(end: Http2End, number: int) -> None:
        asked[number] = end
        if len(asked) < 3:
            return
        streams = sorted(asked)
        for each in streams:
            end.protocol.send_headers(each, [(":status", "200"), ("content-type", "text/event-stream")])
        for event in completion_events("one", "two"):
            for each in streams:
                end.protocol.send_data(each, b"")
                end.protocol.send_data(each, event)
        for each in streams:
            end.protocol.send_headers(each, [("x-sum", str(each))], end_stream=True)
        end.flush()

    async def converse(port: int, cafile: Path) -> list[tuple[object, ...]]:
        tls = ssl.create_default_context(cafile=cafile)
        asked.clear()
        async with http2_client(port, tls) as client:
            for number in (1, 3, 5):
                client.protocol.send_headers(number, posted(CHAT, ("te", "trailers")))
                client.protocol.send_data(number, STREAM.replace(b"Plan", b"Plan %d" % number), end_stream=True)
            client.flush()
            while not all(client.streams[number].ended for number in (1, 3, 5)):
                assert await client.read()
            got = [client.streams[number] for number in (1, 3, 5)]
        return [(sorted(one.headers), one.body, one.trailers) for one in got]

    async with http2_upstream(authority.server("localhost"), answer) as (address, ends):
        direct = await converse(address[1], authority.pem)
        to = Upstream()
        to.address, to.secure = ("localhost", address[1]), True
        given = reverse(to, confdir, upstream_ca=authority.pem)
        async with running_proxy(intake, given) as run:
            through = await converse(run.address[1], confdir / "mitmproxy-ca-cert.pem")
            rows = await calls(tmp_path, intake, 3)
    assert through == direct
    assert len(ends) == 2
    assert ends[1].streams[1].body == STREAM.replace(b"Plan", b"Plan 1")
    assert {row[:3] for row in rows} == {("prompt", 200, 1)}
    assert intake.counts.turns == 3


async def test_a_stream_that_never_ends_is_in_the_ledger_before_its_end(
    up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    """And what is kept of it does not grow."""
    waiting: list[int] = []

    async def script(request: Message, send: Send) -> None:
        await send(CHUNKED)
        while True:
            await send(chunk(EVENTS[0]) * 100)
            waiting.append(intake._bytes_put - intake._bytes_taken)
            await asyncio.sleep(0)

    up.scripts[CHAT] = script
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, STREAM))
    taken = 0
    while taken < 20_000_000:
        taken += len(await reader.read(2**20))
    await until(lambda: intake.counts.calls == 1)
    with sqlite3.connect(tmp_path / "usage.db") as database:
        assert database.execute("SELECT kind, duration_ms FROM calls").fetchall() == [("prompt", None)]
    database.close()
    writer.close()
    (row,) = await calls(tmp_path, intake)
    assert row[:3] == ("prompt", 200, 0)
    assert row[4] >= 19_000_000
    assert max(waiting) < 64 << 20


async def test_a_client_that_leaves_in_mid_answer_is_cut_off_upstream_too(
    up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    left = asyncio.Event()

    async def script(request: Message, send: Send) -> None:
        await send(CHUNKED)
        try:
            while True:
                await send(chunk(EVENTS[0]))
                await asyncio.sleep(0)
        finally:
            left.set()

    up.scripts[CHAT] = script
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, STREAM))
    await reader.readuntil(b"data: ")
    writer.close()
    async with asyncio.timeout(20):
        await left.wait()
    (row,) = await calls(tmp_path, intake)
    assert row[:3] == ("prompt", 200, 0)


@pytest.mark.parametrize("length", ["content-length: 5000000", "transfer-encoding: chunked"])
async def test_a_client_that_leaves_in_mid_upload_asked_nothing(
    length: str, up: Upstream, run: Running, intake: Intake
) -> None:
    """The upstream sees it leave, as it would have; no answer was given, so there is no call."""
    left: list[bool] = []

    async def early(request: Message, send: Send) -> None:
        left.append(True)
        await until(lambda: run.capture.under_way == 0)

    up.early[CHAT] = early
    _, writer = await asyncio.open_connection(*run.address)
    part = chunk(b"x" * 10_000) if "chunked" in length else b"x" * 10_000
    writer.write(f"POST {CHAT} HTTP/1.1\r\nhost: h\r\n{length}\r\n\r\n".encode() + part)
    await until(lambda: left)
    writer.close()
    await until(lambda: not run.capture.under_way and not up.tasks)
    assert intake.counts.calls == 0


# Requests whose length is wrong.


async def test_a_request_that_is_longer_than_it_says_is_cut_there(
    up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    """What follows is no request, and is answered as such by either."""
    up.scripts[CHAT] = raw(head("content-length: 2") + b"{}", cut=False)
    request = post(CHAT, PLAN) + b"and more\r\n\r\n"
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(request)
    assert (await read_answer(reader)).body == b"{}"
    assert (await read_answer(reader)).first.split()[1] == b"400"
    writer.close()
    assert [seen.body for seen in up.seen] == [PLAN]
    (row,) = await calls(tmp_path, intake)
    assert row == ("prompt", 200, 1, len(PLAN), 2)


async def test_a_request_that_is_shorter_than_it_says_is_none(up: Upstream, run: Running, intake: Intake) -> None:
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, PLAN + b"x" * 100)[:-100])
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert up.seen == []
    assert intake.counts.calls == 0


async def test_two_requests_at_once_are_answered_in_their_order(
    up: Upstream, run: Running, intake: Intake, tmp_path: Path
) -> None:
    async def script(request: Message, send: Send) -> None:
        await send(head(f"content-length: {len(request.body)}") + request.body)

    up.scripts[CHAT] = script
    reader, writer = await asyncio.open_connection(*run.address)
    bodies = [PLAN, PLAN.replace(b"Plan", b"Ship")]
    writer.write(b"".join(post(CHAT, body) for body in bodies))
    assert [(await read_answer(reader)).body for _ in bodies] == bodies
    writer.close()
    assert len(await calls(tmp_path, intake, 2)) == 2
