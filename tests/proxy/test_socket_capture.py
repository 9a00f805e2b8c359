"""WebSockets through the embedded proxy, against the same talk without it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
from mitmproxy.test import tflow
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

import proxy.capture
import proxy.socket_capture
from proxy.capture import Capture
from proxy.exchange import SocketClosed, SocketMessage, SocketOpened
from tests.proxy.upstream import HOST, ListSink, forward, reverse, until
from tests.proxy.upstream import proxy as running_proxy
from tests.proxy.websocket import End, Seen, SocketUpstream, binary, opened, socket_upstream, text

RESPONSES = "/v1/responses"
CREATE = '{"type":"response.create"}'


def asks(method: str, host: str, path: str) -> bool:
    return method == "WEBSOCKET" and path.endswith("/responses")


def messages(sink: ListSink) -> list[tuple[bool, bytes]]:
    return [(event.from_client, event.data) for event in sink.events if isinstance(event, SocketMessage)]


async def echo(end: End) -> None:
    """Send each message back, and each control frame's answer."""
    while True:
        frame = await end.frame()
        match frame:
            case ("text", str(data), bool(whole)):
                await end.send(TextMessage(data, message_finished=whole))
            case ("binary", bytes(data), bool(whole)):
                await end.send(BytesMessage(data, message_finished=whole))
            case ("ping", bytes(payload)):
                await end.send(Pong(payload))
            case ("close", *_):
                await end.close_back(frame)
                return


async def say_and_close(end: End) -> None:
    await end.send(*text("a", "b", "c"), Ping(b"are you there"), *binary(b"\x00\xff", b"\x01"))
    await end.send(CloseConnection(4001, "enough of it"))
    await end.until_closed()


async def drop(end: End) -> None:
    await end.message()
    await end.send(*text("part of"))
    end.writer.transport.abort()


async def break_off_a_frame(end: End) -> None:
    await end.message()
    await end.raw(b"\x81\x7e\x10\x00" + b"only the beginning")
    end.writer.close()


async def break_the_protocol(end: End) -> None:
    await end.message()
    await end.raw(b"\x83\x02no")  # an opcode that there is not
    await end.until_closed()


async def no_text(end: End) -> None:
    await end.message()
    await end.raw(b"\x81\x02\xff\xfe")
    await end.until_closed()


CLOSE: list[Event] = [CloseConnection(1000, "done")]
TALKS: dict[str, tuple[Callable[[End], Awaitable[None]], list[Event]]] = {
    "messages": (echo, [*text("one"), *text("two"), *CLOSE]),
    "fragments": (echo, [*text("o", "n", "e"), *binary(b"1", b"2"), *CLOSE]),
    "empty messages": (echo, [*text(""), *binary(b""), *CLOSE]),
    "pings": (echo, [Ping(b"p"), Ping(b""), *text("one"), *CLOSE]),
    "a ping between fragments": (echo, [*text("o", "ne")[:1], Ping(b"p"), *text("ne"), *CLOSE]),
    "binary": (echo, [*binary(bytes(range(256)) * 40), *CLOSE]),
    "no ascii": (echo, [*text("häß", "lich 你好 😀"), *CLOSE]),
    "close without a code": (echo, [*text("one"), CloseConnection(1005)]),
    "close with a code of its own": (echo, [CloseConnection(4999, "my reason")]),
    "the assistant closes": (say_and_close, []),
    "the assistant drops": (drop, [*text("ask")]),
    "a frame is cut off": (break_off_a_frame, [*text("ask")]),
    "the assistant breaks the protocol": (break_the_protocol, [*text("ask")]),
    "a text is no UTF-8": (no_text, [*text("ask")]),
    "2 MB": (echo, [*text("x" * 2_000_000), *CLOSE]),
}
# mitmproxy closes these by itself, and tells both ends so in a frame.
CLOSED_BY_MITMPROXY = {
    "the assistant breaks the protocol",
    "a text is no UTF-8",
}


@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("case", TALKS)
@pytest.mark.parametrize("path", [RESPONSES, "/ws/socket.io/"])
async def test_both_ends_see_what_they_would_have_seen(
    path: str, case: str, deflate: bool, sink: ListSink, confdir: Path
) -> None:
    """Each message, frame by frame; pings; and how it closed."""
    talk, said = TALKS[case]

    async def converse(up: SocketUpstream, address: tuple[str, int]) -> tuple[list[Seen], list[Seen]]:
        async with opened(address, path, deflate=deflate) as client:
            for event in said:
                if isinstance(event, CloseConnection):  # once all is answered
                    await until_answered(client, len(said) - 1)
                await client.send(event)
            client_saw = await client.until_closed()
        await until(lambda: not up.tasks)
        return client_saw, up.ends[-1].seen

    async with socket_upstream(talk, deflate) as up:
        direct = await converse(up, up.address)
        async with running_proxy(sink, reverse(up, confdir), wants=asks) as run:
            through = await converse(up, run.address)
            await until(lambda: not run.capture.under_way)
    if case in CLOSED_BY_MITMPROXY:
        direct, through = [(_without_end(a), _without_end(b)) for a, b in (direct, through)]
    if case == "a ping between fragments":  # it overtakes the message, which mitmproxy puts together first
        direct, through = [(sorted(a), sorted(b)) for a, b in (direct, through)]
    assert through == direct
    if path == RESPONSES:
        assert [type(event) for event in (sink.events[0], sink.events[-1])] == [SocketOpened, SocketClosed]
    else:
        assert sink.events == []


async def until_answered(client: End, frames: int) -> None:
    while len(client.seen) < frames:
        await client.frame()


def _without_end(seen: list[Seen]) -> list[Seen]:
    return [frame for frame in seen if frame[0] not in ("close", "gone")]


async def test_messages_are_handed_over_whole_and_in_order(sink: ListSink, confdir: Path) -> None:
    async with socket_upstream(echo, deflate=True) as up, running_proxy(sink, reverse(up, confdir), wants=asks) as run:
        headers = (("Cookie", "secret"), ("Authorization", "Bearer sk-1"))
        async with opened(run.address, f"{RESPONSES}?key=secret", *headers, deflate=True) as client:
            for said in (text("o", "n", "e"), binary(b"two")):
                await client.send(*said)
                await client.message()
            await client.send(CloseConnection(1000))
            await client.until_closed()
        await until(lambda: isinstance(sink.events[-1], SocketClosed))
    begin, *messages_, end = sink.events
    assert isinstance(begin, SocketOpened)
    asked = begin.upgrade
    assert (asked.method, asked.host, asked.path, asked.peer) == ("WEBSOCKET", HOST, RESPONSES, HOST)
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert "secret" not in str([asked.headers, asked.path])
    assert "sk-1" not in repr(sink.events)
    assert messages(sink) == [(True, b"one"), (False, b"one"), (True, b"two"), (False, b"two")]
    assert [event.text for event in messages_ if isinstance(event, SocketMessage)] == [True, True, False, False]
    assert {event.socket for event in messages_ if isinstance(event, SocketMessage)} == {begin.exchange}
    assert isinstance(end, SocketClosed)
    assert end.exchange == begin.exchange
    numbers = [event.exchange for event in sink.events[:-1]]
    assert numbers == sorted(set(numbers))


async def test_a_huge_message_passes_whole_and_is_known_by_its_beginning(
    sink: ListSink, confdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy.socket_capture, "MAX_MESSAGE_COPY", 10_000)
    huge = "x" * 5_000_000
    async with (
        socket_upstream(echo) as up,
        running_proxy(sink, reverse(up, confdir), wants=asks) as run,
        opened(run.address, RESPONSES) as client,
    ):
        await client.send(*text(huge))
        assert await client.message() == huge
    sent = next(event for event in sink.events if isinstance(event, SocketMessage))
    assert (sent.cut, sent.size, sent.data) == (True, 5_000_000, b"x" * 4096)


async def test_an_answer_waits_until_what_was_asked_is_stored(
    sink: ListSink, confdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy.capture, "PATIENCE_SECONDS", 3600)
    stored: Future[None] = Future()
    sink.stored = lambda _: stored
    async with (
        socket_upstream(echo) as up,
        running_proxy(sink, reverse(up, confdir), wants=asks) as run,
        opened(run.address, RESPONSES) as client,
    ):
        await client.send(*text(CREATE))
        await until(lambda: len(messages(sink)) == 2)
        answer = asyncio.create_task(client.message())
        await asyncio.sleep(0)
        assert not answer.done()
        stored.set_result(None)
        assert await answer == CREATE
        sink.stored = lambda _: Future()
        await client.send(*text('{"type":"session.update"}'))  # nothing that may ask: nothing waits
        await client.message()
    assert run.capture.counts.late == 0


async def test_a_sink_that_raises_does_not_harm_a_websocket(confdir: Path) -> None:
    class Faulty(ListSink):
        def put(self, event: object) -> None:
            raise RuntimeError("planted")

    async with (
        socket_upstream(echo) as up,
        running_proxy(Faulty(), reverse(up, confdir), wants=asks) as run,
        opened(run.address, RESPONSES) as client,
    ):
        await client.send(*text("one"))
        assert await client.message() == "one"
        assert run.capture.counts.sink_faults == 3


async def test_a_client_that_leaves_in_mid_answer_closes_its_socket(sink: ListSink, confdir: Path) -> None:
    async def endless(end: End) -> None:
        await end.message()
        while True:
            await end.send(*text("more"))
            await asyncio.sleep(0)

    async with socket_upstream(endless) as up, running_proxy(sink, reverse(up, confdir), wants=asks) as run:
        async with opened(run.address, RESPONSES) as client:
            await client.send(*text(CREATE))
            await client.message()
        await until(lambda: isinstance(sink.events[-1], SocketClosed))
        await until(lambda: not up.tasks)


async def test_what_is_open_when_the_proxy_stops_is_closed(sink: ListSink, confdir: Path) -> None:
    async with (
        socket_upstream(echo) as up,
        running_proxy(sink, reverse(up, confdir), wants=asks) as run,
        opened(run.address, RESPONSES) as client,
    ):
        await client.send(*text(CREATE))
        await client.message()
        run.task.cancel()
        await asyncio.wait({run.task})
        await client.until_closed()
    assert [type(event) for event in sink.events].count(SocketClosed) == 1


async def test_a_websocket_is_under_way_while_it_answers(sink: ListSink, confdir: Path) -> None:
    """The proxy lets answers end before it stops, and does not wait for sockets that are merely open."""
    async with (
        socket_upstream(echo) as up,
        running_proxy(sink, reverse(up, confdir), wants=asks) as run,
        opened(run.address, RESPONSES) as client,
    ):
        for said, under_way in (
            ('{"type":"session.update"}', 0),
            (CREATE, 1),
            ('{"type":"other"}', 1),
            ('{"type": "response.completed"}', 0),
            (CREATE, 1),
        ):
            await client.send(*text(said))
            await client.message()
            assert run.capture.under_way == under_way
        await client.send(CloseConnection(1000))
        await client.until_closed()
        await until(lambda: not run.capture.under_way)


async def test_a_person_who_authenticates_is_named_on_a_websocket(sink: ListSink, confdir: Path) -> None:
    async with socket_upstream(echo) as up:
        host = f"{HOST}:{up.address[1]}"
        given = forward(confdir, f"^{host}$", proxy_auth="any")
        async with running_proxy(sink, given, wants=asks) as run:
            name = ("Proxy-Authorization", "Basic ZXJpbjpodW50ZXIy")  # erin:hunter2
            async with opened(run.address, f"http://{host}{RESPONSES}", name) as client:
                await client.send(*text("one"))
                assert await client.message() == "one"
    begin = sink.events[0]
    assert isinstance(begin, SocketOpened)
    assert begin.upgrade.proxy_user == "erin"
    assert "hunter2" not in repr(sink.events) + str(begin.upgrade.headers)


def test_a_client_that_is_gone_has_no_socket_open(sink: ListSink) -> None:
    """The last resort, where a fault inside mitmproxy has lost the hook that ends a socket."""
    capture = Capture(sink, lambda *_: True)
    flow, other = tflow.twebsocketflow(), tflow.twebsocketflow()
    for each in (flow, other):
        capture.websocket_start(each)
    capture.client_disconnected(flow.client_conn)
    capture.client_disconnected(flow.client_conn)
    assert [type(event) for event in sink.events] == [SocketOpened, SocketOpened, SocketClosed]
    capture.done()
    assert [type(event) for event in sink.events].count(SocketClosed) == 2
