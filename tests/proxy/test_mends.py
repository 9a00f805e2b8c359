"""What mitmproxy would get wrong arrives as it was sent. Each of these fails without its mend."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import h2.connection
import h2.events
import pytest
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason, Opcode, RsvBits

from proxy.mends import mend
from tests.proxy.upstream import HOST, ListSink, Message, Send, Upstream, post, reverse, until
from tests.proxy.upstream import proxy as running_proxy

CHAT = "/v1/chat/completions"
TRAILED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, x-other\r\n\r\n"
    b"5\r\nhello\r\n0\r\nX-Sum: abc\r\nx-other: 1\r\n\r\n"
)


async def whole(reader: asyncio.StreamReader, end: bytes) -> bytes:
    return await reader.readuntil(end)


async def test_trailers_of_an_answer_arrive(up: Upstream, sink: ListSink, confdir: Path) -> None:
    """mitmproxy raises over them and leaves the client waiting."""

    async def script(request: Message, send: Send) -> None:
        await send(TRAILED)

    up.scripts[CHAT] = script
    async with running_proxy(sink, reverse(up, confdir)) as run:
        reader, writer = await asyncio.open_connection(*run.address)
        for _ in range(2):  # the connection goes on
            writer.write(post(CHAT, b"{}"))
            assert await whole(reader, b"x-other: 1\r\n\r\n") == TRAILED
        exchanges = await sink.ended(2)
        writer.close()
    assert [(one.body, one.ended[0].whole) for one in exchanges] == [(b"hello", True)] * 2


@pytest.mark.parametrize("path", [CHAT, "/other"])
async def test_trailers_of_a_request_arrive(path: str, sink: ListSink, confdir: Path) -> None:
    """Of one that is copied as it streams, and of one that is not."""
    sent = b"5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n"
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        seen.append(await reader.readuntil(b"X-Sum: abc\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    up = Upstream()
    up.address = server.sockets[0].getsockname()[:2]
    async with running_proxy(sink, reverse(up, confdir)) as run:
        reader, writer = await asyncio.open_connection(*run.address)
        writer.write(f"POST {path} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n".encode() + sent)
        await reader.readuntil(b"{}")
        writer.close()
        await until(lambda: not run.capture.under_way)
    server.close()
    assert seen == [sent]
    asked = [one.asked for one in sink.exchanges if one.asked]
    assert [(each.body, each.cut) for each in asked] == ([(b"hello", False)] if path == CHAT else [])


async def test_trailers_reach_a_client_that_speaks_http2(up: Upstream, sink: ListSink, confdir: Path) -> None:
    async def script(request: Message, send: Send) -> None:
        await send(TRAILED)

    up.scripts[CHAT] = script
    async with running_proxy(sink, reverse(up, confdir)) as run:
        tls = ssl.create_default_context(cafile=confdir / "mitmproxy-ca-cert.pem")
        tls.set_alpn_protocols(["h2"])
        reader, writer = await asyncio.open_connection("localhost", run.address[1], ssl=tls)
        client = h2.connection.H2Connection()
        client.initiate_connection()
        pseudo = {":method": "POST", ":scheme": "https", ":authority": "localhost", ":path": CHAT}
        client.send_headers(1, list(pseudo.items()))
        client.send_data(1, b"{}", end_stream=True)
        writer.write(client.data_to_send())
        got: list[object] = []
        while not any(isinstance(event, h2.events.StreamEnded) for event in got):
            got += client.receive_data(await reader.read(65536))
            writer.write(client.data_to_send())
        writer.close()
    (trailers,) = [dict(event.headers) for event in got if isinstance(event, h2.events.TrailersReceived)]
    assert {str(name): str(value) for name, value in trailers.items()} in (
        {"x-sum": "abc", "x-other": "1"},
        {"b'x-sum'": "b'abc'", "b'x-other'": "b'1'"},  # as h2 4.2 and newer give them
    )


def test_a_ping_that_says_it_is_compressed_breaks_the_protocol() -> None:
    mend()
    deflate: Any = PerMessageDeflate()
    header = deflate.frame_inbound_header(None, Opcode.PING, RsvBits(True, False, False), 0)
    assert header is CloseReason.PROTOCOL_ERROR


def test_mending_again_changes_nothing() -> None:
    from mitmproxy.proxy.layers.http import _http1

    mend()
    read_body = _http1.Http1Connection.read_body
    mend()
    assert _http1.Http1Connection.read_body is read_body
