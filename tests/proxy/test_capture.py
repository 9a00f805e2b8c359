import asyncio
import gzip
import json
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import anthropic
import brotli
import h2.connection
import h2.errors
import openai
import pytest
import zstandard
from mitmproxy.test import tflow

import proxy.capture
from proxy.capture import Capture
from proxy.dialects import DIALECTS
from proxy.exchange import AnswerBytes, Asked, Ended, Event
from proxy.interpreter import read_answer as read_as_dialect
from tests.proxy.upstream import (
    HOST,
    CutError,
    ListSink,
    Message,
    Running,
    Send,
    Upstream,
    answer,
    ask,
    chunked,
    completion,
    completion_events,
    forward,
    head,
    message,
    message_events,
    post,
    prompts,
    read_answer,
    reverse,
    until,
)
from tests.proxy.upstream import proxy as running_proxy

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
SSE = "content-type: text/event-stream"
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
REFUSED = "http://127.0.0.1:1"  # nobody listens on port 1


@pytest.fixture
async def run(up: Upstream, sink: ListSink, confdir: Path) -> AsyncIterator[Running]:
    async with running_proxy(sink, reverse(up, confdir)) as running:
        yield running


def gate() -> tuple[list[asyncio.Event], Callable[[int], Awaitable[None]]]:
    """Give events, and a script's `before` that waits for the one of its number."""
    open_ = [asyncio.Event() for _ in range(50)]

    async def before(number: int) -> None:
        await open_[number].wait()

    return open_, before


async def silent(request: Message, send: Send) -> None:
    """Answer nothing, not even a head."""
    await asyncio.Event().wait()


def openai_sync(url: str, **fields: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0, **fields)


def chat(client: Any, **fields: Any) -> Any:
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Plan it"}], **fields)


# The answer is the user's: nothing may hold it, change it or break it.


async def test_each_event_leaves_before_the_next_has_come(up: Upstream, run: Running, sink: ListSink) -> None:
    """mitmproxy holds a stream back until its end unless told otherwise."""
    events = completion_events("one", "two", "three")
    open_, before = gate()
    up.scripts[CHAT] = chunked(events, SSE, before=before)
    open_[0].set()
    async with openai.AsyncOpenAI(base_url=f"{run.url}/v1", api_key="sk-test") as client:
        got = []
        async for event in await chat(client, stream=True):
            got.append(event.choices[0].delta.content)
            open_[len(got)].set()  # the upstream sends the next only now
    assert got == ["one", "two", "three"]
    open_[len(events)].set()
    (one,) = await sink.ended()
    assert one.body == b"".join(events)


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("streamed", [True, False])
async def test_an_answer_is_the_same_through_and_direct(
    coding: str, streamed: bool, up: Upstream, run: Running, sink: ListSink
) -> None:
    """Status, headers in their order and case, and every byte of the body, in every coding."""
    body = ENCODERS[coding](b"".join(completion_events("several", "words", "of", "text")))
    headers = (f"Content-Encoding: {coding}", "X-Request-ID: r1", "set-cookie: a=1", "Set-Cookie: b=2", SSE)
    pieces = [body[i : i + 60] for i in range(0, len(body), 60)]
    up.scripts[CHAT] = chunked(pieces, *headers) if streamed else answer(body, *headers)
    request = post(CHAT, b'{"messages": []}', "Accept-Encoding: gzip, br", "X-Own: 1")
    direct, through = await ask(up.address, request), await ask(run.address, request)
    assert through == direct
    (one,) = await sink.ended()
    assert one.body == body
    assert one.ended[0].whole
    assert one.ended[0].body_bytes == len(body)
    sent_direct, sent_through = up.seen
    assert sent_through.body == sent_direct.body
    others = [pair for pair in sent_through.headers if pair[0] != b"host"]
    assert others == [pair for pair in sent_direct.headers if pair[0] != b"host"]


async def test_the_openai_sdk_gets_the_same_answers(up: Upstream, run: Running, sink: ListSink) -> None:
    def calls(url: str) -> list[Any]:
        with openai_sync(url) as client:
            return [chat(client).model_dump(), *(event.model_dump() for event in chat(client, stream=True))]

    async def script(request: Message, send: Send) -> None:
        streamed = json.loads(request.body).get("stream")
        chosen = chunked(completion_events("a", "b"), SSE) if streamed else answer(completion("ab"))
        await chosen(request, send)

    up.scripts[CHAT] = script
    assert await asyncio.to_thread(calls, run.url) == await asyncio.to_thread(calls, up.url())
    whole, streamed = await sink.ended(2)
    assert whole.body == completion("ab")
    assert streamed.body == b"".join(completion_events("a", "b"))


async def test_the_anthropic_sdk_gets_the_same_answers(up: Upstream, run: Running, sink: ListSink) -> None:
    async def calls(url: str) -> list[Any]:
        asked: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Plan it"}]}
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
            whole = await client.messages.create(**asked)
            async with client.messages.stream(**asked) as stream:
                return [whole.model_dump(), *[event.model_dump() async for event in stream]]

    async def script(request: Message, send: Send) -> None:
        streamed = json.loads(request.body).get("stream")
        await (chunked(message_events("a", "b"), SSE) if streamed else answer(message("ab")))(request, send)

    up.scripts[MESSAGES] = script
    assert await calls(run.url) == await calls(up.url())
    whole, streamed = await sink.ended(2)
    assert whole.body == message("ab")
    assert streamed.body == b"".join(message_events("a", "b"))


async def test_a_sink_that_raises_does_not_harm_the_answer(up: Upstream, confdir: Path) -> None:
    """If a tee raised, mitmproxy would drop the chunk."""

    class Faulty(ListSink):
        def put(self, event: Event) -> None:
            raise RuntimeError("planted")

        def durable(self, exchange: int) -> Future[None] | None:
            raise RuntimeError("planted")

    events = completion_events("one", "two")
    up.scripts[CHAT] = chunked(events, SSE)
    async with running_proxy(Faulty(), reverse(up, confdir)) as run:
        got = await ask(run.address, post(CHAT, b"{}"))
        counts = run.capture.counts
    assert got.body == b"".join(events)
    assert counts.tee_faults == len(events)
    assert counts.sink_faults == 4  # asked, began, durable, ended
    assert counts.missed == 1


async def test_a_sink_that_stores_nothing_delays_one_answer_only(
    up: Upstream, run: Running, sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one wait in vain answers do not wait, until the sink has caught up; then they do again."""
    stored: dict[int, Future[None]] = {number: Future() for number in (1, 2, 3)}
    sink.stored = stored.get
    up.scripts[CHAT] = answer(b"{}")
    monkeypatch.setattr(proxy.capture, "PATIENCE_SECONDS", 0.001)
    assert (await ask(run.address, post(CHAT, b"{}"))).body == b"{}"
    assert run.capture.counts.late == 1
    monkeypatch.setattr(proxy.capture, "PATIENCE_SECONDS", 3600)
    assert (await ask(run.address, post(CHAT, b"{}"))).body == b"{}"
    assert run.capture.counts.late == 2
    stored[1].set_result(None)
    third = asyncio.create_task(ask(run.address, post(CHAT, b"{}")))
    await until(lambda: len(sink.exchanges) == 3 and sink.exchanges[2].began)
    assert not sink.exchanges[2].body
    stored[3].set_result(None)
    assert (await third).body == b"{}"
    assert run.capture.counts.late == 2


async def test_an_answer_that_waits_holds_no_other(
    up: Upstream, run: Running, sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A synchronous hook that waited would stall every connection of the process."""
    monkeypatch.setattr(proxy.capture, "PATIENCE_SECONDS", 3600)
    first: Future[None] = Future()
    sink.stored = {1: first}.get
    up.scripts[CHAT] = answer(b"{}")
    waiting = asyncio.create_task(ask(run.address, post(CHAT, b"{}")))
    await until(lambda: sink.exchanges and sink.exchanges[0].began)
    assert (await ask(run.address, post(CHAT, b"{}"))).body == b"{}"
    assert not waiting.done()
    first.set_result(None)
    assert (await waiting).body == b"{}"


async def test_an_answer_whose_call_is_stored_does_not_wait(up: Upstream, run: Running, sink: ListSink) -> None:
    done: Future[None] = Future()
    done.set_result(None)
    sink.stored = lambda _: done
    up.scripts[CHAT] = answer(b"{}")
    await ask(run.address, post(CHAT, b"{}"))
    assert run.capture.counts.late == 0


async def test_a_long_answer_passes_whole_and_is_copied_in_part(
    up: Upstream, run: Running, sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy.capture, "MAX_ANSWER_COPY", 10)
    open_, before = gate()
    up.scripts[CHAT] = chunked([b"12345678", b"90abcdef"], before=before)
    for event in open_:
        event.set()
    assert (await ask(run.address, post(CHAT, b"{}"))).body == b"1234567890abcdef"
    (one,) = await sink.ended()
    assert b"1234567890abcdef".startswith(one.body)
    assert len(one.body) <= 10
    assert one.ended[0].missed
    assert one.ended[0].body_bytes == 16
    assert run.capture.counts.missed == 1


# How exchanges end: exactly once each.


async def test_a_client_that_closes_on_the_last_event_has_the_whole_answer(
    up: Upstream, run: Running, sink: ListSink
) -> None:
    """The OpenAI SDK hangs up on `[DONE]`; mitmproxy calls that an error."""
    events = completion_events("one")
    open_, before = gate()
    up.scripts[CHAT] = chunked(events, SSE, before=before)
    for event in open_[: len(events)]:
        event.set()

    def call() -> list[str]:
        with openai_sync(run.url) as client:
            return [event.choices[0].delta.content for event in chat(client, stream=True)]

    assert await asyncio.to_thread(call) == ["one"]
    (one,) = await sink.ended()  # though the upstream has not ended its answer
    assert one.began is not None
    reader = read_as_dialect(DIALECTS["openai-chat"], one.began.headers, True)
    reader.feed(one.body)
    assert reader.end().complete
    assert [(e.status, e.missed) for e in one.ended] == [(None, False)]


async def test_a_client_sees_the_cut_that_the_upstream_made(up: Upstream, run: Running, sink: ListSink) -> None:
    async def script(request: Message, send: Send) -> None:
        await send(head("transfer-encoding: chunked") + b"5\r\nhello\r\n")
        raise CutError

    up.scripts[CHAT] = script
    with pytest.raises(asyncio.IncompleteReadError):
        await ask(run.address, post(CHAT, b"{}"))
    (one,) = await sink.ended()
    assert one.body == b"hello"
    assert [(e.whole, e.status, e.body_bytes) for e in one.ended] == [(False, None, 5)]


async def test_a_client_that_leaves_in_the_middle_ends_its_exchange(up: Upstream, run: Running, sink: ListSink) -> None:
    open_, before = gate()
    up.scripts[CHAT] = chunked([b"hello", b"never"], before=before)
    open_[0].set()
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, b"{}"))
    await reader.readuntil(b"hello")
    writer.close()
    (one,) = await sink.ended()
    assert [(e.whole, e.status, e.body_bytes) for e in one.ended] == [(False, None, 5)]


async def test_a_client_that_leaves_before_any_answer_had_none(up: Upstream, run: Running, sink: ListSink) -> None:
    up.scripts[CHAT] = silent
    _, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, b"{}"))
    await until(lambda: up.seen)
    writer.close()
    (one,) = await sink.ended()
    assert [(e.whole, e.status) for e in one.ended] == [(False, None)]


async def test_a_client_that_leaves_before_its_request_is_whole_asked_nothing(
    up: Upstream, run: Running, sink: ListSink
) -> None:
    _, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, b"x" * 100)[:-50])
    await until(lambda: run.capture.under_way)
    writer.close()
    await until(lambda: not run.capture.under_way)
    assert sink.events == []


@pytest.mark.parametrize("size", [2, 3_000_000])
async def test_an_unreachable_upstream_is_a_502_and_is_recorded(size: int, sink: ListSink, confdir: Path) -> None:
    """With connections opened early mitmproxy would drop the client without a word."""
    up = Upstream()
    up.address = (HOST, 1)
    async with running_proxy(sink, reverse(up, confdir)) as run:
        got = await ask(run.address, post(CHAT, b"x" * size))
        (one,) = await sink.ended()
        with openai_sync(run.url) as client, pytest.raises(openai.InternalServerError) as error:
            await asyncio.to_thread(chat, client)
    assert got.first.split()[1] == b"502"
    assert error.value.status_code == 502
    assert one.asked is not None
    assert one.asked.cut == (size > 2)
    assert [(e.whole, e.status) for e in one.ended] == [(False, 502)]


async def test_an_upstream_that_hangs_up_without_an_answer_is_a_502(up: Upstream, run: Running, sink: ListSink) -> None:
    async def script(request: Message, send: Send) -> None:
        raise CutError

    up.scripts[CHAT] = script
    got = await ask(run.address, post(CHAT, b"{}"))
    (one,) = await sink.ended()
    assert got.first.split()[1] == b"502"
    assert [(e.whole, e.status) for e in one.ended] == [(False, 502)]


def test_an_exchange_that_no_hook_has_ended_is_ended_with_the_proxy(sink: ListSink) -> None:
    capture = Capture(sink, lambda *_: True)
    flow = tflow.tflow()
    capture.requestheaders(flow)
    capture.request(flow)
    capture.done()
    assert [(e.whole, e.status) for one in sink.exchanges for e in one.ended] == [(False, None)]


def test_a_client_that_is_gone_has_nothing_under_way(sink: ListSink) -> None:
    """The last resort, where a fault inside mitmproxy has lost all hooks of a flow."""
    capture = Capture(sink, prompts)
    wanted, passing, other = (tflow.tflow() for _ in range(3))
    wanted.request.method = other.request.method = "POST"
    wanted.request.path = other.request.path = CHAT
    passing.client_conn = wanted.client_conn
    for flow in (wanted, passing, other):
        capture.requestheaders(flow)
        capture.request(flow)
    assert capture.under_way == 3
    capture.client_disconnected(wanted.client_conn)
    assert capture.under_way == 1
    assert [(e.exchange, e.whole) for one in sink.exchanges for e in one.ended] == [(1, False)]


async def test_what_is_under_way_when_the_proxy_stops_is_ended(up: Upstream, run: Running, sink: ListSink) -> None:
    open_, before = gate()
    up.scripts[CHAT] = up.scripts["/other"] = chunked([b"hello", b"never"], before=before)
    open_[0].set()
    passing = await asyncio.open_connection(*run.address)
    passing[1].write(post("/other", b"{}"))
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, b"{}"))
    await reader.readuntil(b"hello")
    await passing[0].readuntil(b"hello")
    assert run.capture.under_way == 2
    run.task.cancel()
    await asyncio.wait({run.task})
    (one,) = sink.exchanges
    assert [(e.whole, e.body_bytes) for e in one.ended] == [(False, 5)]
    assert run.capture.under_way == 0
    for w in (writer, passing[1]):
        w.close()


async def test_an_http2_client_that_resets_its_stream_has_left(
    up: Upstream, run: Running, sink: ListSink, confdir: Path
) -> None:
    """Its connection stays open for other streams."""
    up.scripts[CHAT] = silent
    tls = ssl.create_default_context(cafile=confdir / "mitmproxy-ca-cert.pem")
    tls.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection("localhost", run.address[1], ssl=tls)
    client = h2.connection.H2Connection()
    client.initiate_connection()
    pseudo = {":method": "POST", ":scheme": "https", ":authority": "localhost", ":path": CHAT}
    client.send_headers(1, list(pseudo.items()))
    client.send_data(1, b"{}", end_stream=True)
    writer.write(client.data_to_send())
    await until(lambda: up.seen)
    client.reset_stream(1, h2.errors.ErrorCodes.CANCEL)
    writer.write(client.data_to_send())
    (one,) = await sink.ended()
    writer.close()
    assert one.asked is not None
    assert (one.asked.body, one.asked.cut) == (b"{}", False)
    assert [(e.whole, e.status) for e in one.ended] == [(False, None)]


# What is carried of a request, and of which.


async def test_a_request_is_carried_without_query_cookies_and_header_case(
    up: Upstream, run: Running, sink: ListSink
) -> None:
    up.scripts[CHAT] = answer(b"{}", "Set-Cookie: a=secret", "X-Own: 2")
    headers = ("Cookie: a=secret", "Authorization: Bearer sk-1", "X-Own: 1", "Proxy-Authorization: Basic secret")
    await ask(run.address, post(f"{CHAT}?key=secret", b'{"a": 1}', *headers))
    (one,) = await sink.ended()
    asked, began = one.asked, one.began
    assert asked is not None
    assert began is not None
    assert (asked.method, asked.host, asked.path, asked.peer) == ("POST", HOST, CHAT, HOST)
    assert (asked.body, asked.body_bytes, asked.cut, asked.proxy_user) == (b'{"a": 1}', 8, False, None)
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert asked.headers["x-own"] == "1"
    assert (began.status, began.headers) == (200, {"content-length": "2", "x-own": "2"})
    assert up.seen[0].header(b"cookie") == b"a=secret"
    assert "secret" not in str([asked.headers, began.headers, asked.path])
    assert "sk-1" not in repr(sink.events)


async def test_a_long_request_streams_through_and_is_copied_in_part(
    up: Upstream, run: Running, sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy.capture, "MAX_REQUEST_COPY", 3_000_000)
    body = bytes(range(256)) * 80_000  # 20 MB
    up.scripts[CHAT] = answer(b"{}")
    await ask(run.address, post(CHAT, body))
    (one,) = await sink.ended()
    assert up.seen[0].body == body
    assert one.asked is not None
    assert (one.asked.cut, one.asked.body, one.asked.body_bytes) == (True, body[:3_000_000], len(body))
    assert run.capture.counts.cut == 1


async def test_a_request_of_unknown_length_is_copied_as_it_passes(up: Upstream, run: Running, sink: ListSink) -> None:
    up.scripts[CHAT] = answer(b"{}")
    request = f"POST {CHAT} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    await ask(run.address, request + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
    (one,) = await sink.ended()
    assert up.seen[0].body == b"abcdef"
    assert one.asked is not None
    assert (one.asked.body, one.asked.body_bytes, one.asked.cut) == (b"abcdef", 6, False)


@pytest.mark.parametrize("length", ["content-length: 5000000", "transfer-encoding: chunked"])
async def test_an_answer_before_the_request_has_ended(length: str, up: Upstream, run: Running, sink: ListSink) -> None:
    """A 413 comes early; mitmproxy may then never say that the request was whole."""

    async def script(request: Message, send: Send) -> None:
        await send(head("content-length: 5", status="413 Too Large") + b"large")

    up.early[CHAT] = script
    reader, writer = await asyncio.open_connection(*run.address)
    part = b"3e8\r\n" + b"x" * 1000 + b"\r\n" if "chunked" in length else b"x" * 1000
    writer.write(f"POST {CHAT} HTTP/1.1\r\nhost: h\r\n{length}\r\n\r\n".encode() + part)
    got = await read_answer(reader)
    writer.write(part)  # more of the request, which nobody wants any more
    writer.close()
    (one,) = await sink.ended()
    await until(lambda: not run.capture.under_way)
    assert (got.first.split()[1], got.body) == (b"413", b"large")
    assert one.asked is not None
    assert one.asked.cut
    assert one.began is not None
    assert (one.began.status, one.body) == (413, b"large")
    assert [(e.whole, e.body_bytes) for e in one.ended] == [(True, 5)]
    assert [type(event) for event in sink.events].count(Asked) == 1


async def test_several_calls_share_one_connection(up: Upstream, run: Running, sink: ListSink) -> None:
    up.scripts[CHAT] = answer(completion("hi"))
    with openai_sync(run.url) as client:
        for _ in range(3):
            await asyncio.to_thread(chat, client)
    exchanges = await sink.ended(3)
    assert [len(one.ended) for one in exchanges] == [1, 1, 1]
    assert up.connections == 1


@pytest.mark.parametrize(
    ("request_head", "status", "answer_head"),
    [
        ("HEAD /v1 HTTP/1.1\r\nhost: h\r\n\r\n", 200, head("content-length: 900")),
        ("GET /v1 HTTP/1.1\r\nhost: h\r\n\r\n", 204, head(status="204 No Content")),
        ("POST /v1 HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n", 200, head("content-length: 0")),
        ("POST /v1 HTTP/1.1\r\nhost: h\r\n\r\n", 200, head("transfer-encoding: chunked") + b"0\r\n\r\n"),
    ],
)
async def test_messages_without_a_body_are_whole(
    request_head: str, status: int, answer_head: bytes, up: Upstream, sink: ListSink, confdir: Path
) -> None:
    async def script(request: Message, send: Send) -> None:
        await send(answer_head)

    up.scripts["/v1"] = script
    async with running_proxy(sink, reverse(up, confdir), wants=lambda *_: True) as run:
        direct = await ask(up.address, request_head.encode())
        assert await ask(run.address, request_head.encode()) == direct
        (one,) = await sink.ended()
    assert one.asked is not None
    assert one.began is not None
    assert (one.asked.body, one.asked.cut, one.began.status, one.body) == (b"", False, status, b"")
    assert [(e.whole, e.body_bytes) for e in one.ended] == [(True, 0)]


async def test_what_is_not_wanted_streams_through_uncopied(up: Upstream, run: Running, sink: ListSink) -> None:
    open_, before = gate()
    up.scripts["/v1/models"] = chunked([b"one", b"two"], before=before)
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post("/v1/models", b"x" * 2_000_000))
    open_[0].set()
    await reader.readuntil(b"one")
    open_[1].set()
    await reader.readuntil(b"two")
    open_[2].set()
    await reader.readuntil(b"0\r\n\r\n")
    writer.close()
    assert len(up.seen[0].body) == 2_000_000
    assert sink.events == []
    await until(lambda: not run.capture.under_way)


async def test_a_malformed_request_is_refused_and_not_asked(run: Running, sink: ListSink) -> None:
    """Two lengths are how requests are smuggled."""
    got = await ask(run.address, post(CHAT, b"{}", "transfer-encoding: chunked"))
    assert got.first.split()[1] == b"400"
    assert sink.events == []


async def test_a_websocket_passes_untouched(up: Upstream, sink: ListSink, confdir: Path) -> None:
    frames = asyncio.Queue[bytes]()

    async def script(request: Message, send: Send) -> None:
        accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        await send(head("upgrade: websocket", "connection: upgrade", accept, status="101 Switching Protocols"))
        while frame := await frames.get():
            await send(frame)

    up.scripts[CHAT] = script
    upgrade = ("upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13")
    key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
    async with running_proxy(sink, reverse(up, confdir), wants=prompts) as run:
        reader, writer = await asyncio.open_connection(*run.address)
        writer.write("\r\n".join([f"GET {CHAT} HTTP/1.1", "host: h", *upgrade, key, "", ""]).encode())
        assert (await read_answer(reader)).first.split()[1] == b"101"
        for text in (b"hello", b"again"):
            frames.put_nowait(b"\x81\x05" + text)
            assert await reader.readexactly(7) == b"\x81\x05" + text
        frames.put_nowait(b"")
        writer.close()
        await until(lambda: not run.capture.under_way)
    assert sink.events == []


async def test_messages_of_websockets_and_tunnels_are_not_kept(sink: ListSink) -> None:
    """mitmproxy keeps them as long as their connection lives, which may be days."""
    websocket, tunnel = tflow.twebsocketflow(), tflow.ttcpflow()
    capture = Capture(sink, prompts)
    await capture.websocket_message(websocket)
    capture.tcp_message(tunnel)
    assert websocket.websocket.messages == tunnel.messages == []


async def test_a_request_that_is_not_wanted_streams_to_the_upstream(up: Upstream, run: Running) -> None:
    arrived = asyncio.Event()

    async def script(request: Message, send: Send) -> None:
        arrived.set()

    up.early["/v1/files"] = script
    _, writer = await asyncio.open_connection(*run.address)
    writer.write(post("/v1/files", b"x" * 1000)[:-1])
    await arrived.wait()
    writer.close()


def test_a_password_is_taken_from_the_flow(sink: ListSink) -> None:
    """mitmproxy leaves it there in plain text."""
    flow = tflow.tflow()
    flow.metadata["proxyauth"] = ("erin", "hunter2")
    capture = Capture(sink, lambda *_: True)
    capture.requestheaders(flow)
    capture.request(flow)
    assert "hunter2" not in str(flow.get_state())
    assert [one.asked.proxy_user for one in sink.exchanges if one.asked] == ["erin"]


# Forward mode: who the client means, and what is none of our business.


async def test_plain_http_to_a_host_that_is_not_opened_is_not_read(up: Upstream, sink: ListSink, confdir: Path) -> None:
    up.scripts[f"http://127.0.0.1:{up.address[1]}{CHAT}"] = answer(b"{}")
    up.scripts[CHAT] = answer(b"{}")
    target = f"{up.url()}{CHAT}"
    async with running_proxy(sink, forward(confdir, rf"^assistant\.test:{up.address[1]}$")) as run:
        assert (await ask(run.address, post(target, b"{}", host=f"{HOST}:{up.address[1]}"))).body == b"{}"
        assert sink.events == []
        named = f"Assistant.test:{up.address[1]}"
        assert (await ask(run.address, post(target, b"{}", host=named))).body == b"{}"
        (one,) = await sink.ended()
    assert one.asked is not None
    assert one.asked.host == "assistant.test"


async def test_a_tunnel_that_is_not_http_passes(up: Upstream, sink: ListSink, confdir: Path) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(4))
        writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    async with running_proxy(sink, forward(confdir, f"^127.0.0.1:{port}$"), wants=lambda *_: True) as run:
        reader, writer = await asyncio.open_connection(*run.address)
        writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00\x01\x02\x03")
        assert await reader.read() == b"\x00\x01\x02\x03"
        writer.close()
    server.close()
    assert sink.events == []


def test_events_hold_no_text_in_their_repr() -> None:
    assert "poison" not in repr(AnswerBytes(1, 0.0, b"poison"))
    assert "whole" in repr(Ended(1, 0.0, True))
