"""HTTP/2 on both ends of the proxy: an upstream that answers as its script says, and a client."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h2.config
import h2.connection
import h2.events

from proxy.server import Address
from tests.proxy.upstream import HOST

Sent = list[tuple[str, str]]


@dataclass
class Stream:
    """What one end was sent on a stream."""

    headers: Sent = field(default_factory=list)
    body: bytes = b""
    trailers: Sent = field(default_factory=list)
    ended: bool = False
    reset: int | None = None


class Http2End:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: bool) -> None:
        self._reader, self._writer = reader, writer
        self.protocol = h2.connection.H2Connection(h2.config.H2Configuration(client, header_encoding="utf-8"))
        self.streams: dict[int, Stream] = defaultdict(Stream)
        self.protocol.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self._writer.write(self.protocol.data_to_send())

    def close(self) -> None:
        self._writer.close()

    async def read(self) -> bool:
        """Take what comes next; False: the connection has ended."""
        data = await self._reader.read(65536)
        for event in self.protocol.receive_data(data) if data else ():
            self._take(event)
        self.flush()
        return bool(data)

    def _take(self, event: Any) -> None:
        match event:
            case h2.events.RequestReceived() | h2.events.ResponseReceived():
                self.streams[event.stream_id].headers = list(event.headers)
            case h2.events.TrailersReceived():
                self.streams[event.stream_id].trailers = list(event.headers)
            case h2.events.DataReceived():
                self.streams[event.stream_id].body += event.data
                self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamEnded():
                self.streams[event.stream_id].ended = True
            case h2.events.StreamReset():
                self.streams[event.stream_id].reset = int(event.error_code)


Answer = Callable[[Http2End, int], Awaitable[None]]


@asynccontextmanager
async def http2_upstream(tls: ssl.SSLContext, answer: Answer) -> AsyncIterator[tuple[Address, list[Http2End]]]:
    """Run an upstream that answers each stream once its request has ended."""
    ends: list[Http2End] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        end = Http2End(reader, writer, client=False)
        ends.append(end)
        answered: set[int] = set()
        try:
            while await end.read():
                for number in [n for n, stream in end.streams.items() if stream.ended and n not in answered]:
                    answered.add(number)
                    await answer(end, number)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    tls.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(serve, HOST, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[:2], ends
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@asynccontextmanager
async def http2_client(port: int, tls: ssl.SSLContext) -> AsyncIterator[Http2End]:
    tls.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection("localhost", port, ssl=tls)
    end = Http2End(reader, writer, client=True)
    try:
        yield end
    finally:
        end.close()


def posted(path: str, *headers: tuple[str, str]) -> Sent:
    pseudo = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
    return [*pseudo, *headers]
