"""Both ends of a WebSocket, to put the proxy between: a stand-in upstream on port 0 and a client, frame by frame."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.extensions import Extension, PerMessageDeflate
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from proxy.server import Address
from tests.proxy.upstream import HOST

Seen = tuple[object, ...]


class GoneError(Exception):
    """The other end closed the connection without a word, or broke the protocol."""


@dataclass
class End:
    """One end of an open WebSocket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: WSConnection
    seen: list[Seen] = field(default_factory=list)  # each frame of the other end's, in order
    _partly: str | bytes | None = None
    _frames: deque[Seen] = field(default_factory=deque)
    _request: Request | None = None

    async def send(self, *events: Event) -> None:
        for event in events:
            self.writer.write(self.protocol.send(event))
        await self.writer.drain()

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def frame(self) -> Seen:
        """Wait for the next frame; pings are given, and not answered."""
        while not self._frames:
            await self._read()
        frame = self._frames.popleft()
        self.seen.append(frame)
        return frame

    async def message(self) -> str | bytes:
        """Wait for the next whole message, and skip control frames."""
        whole: list[str | bytes] = []
        while True:
            frame = await self.frame()
            if frame[0] == "close":
                raise GoneError
            if frame[0] in ("text", "binary"):
                whole.append(frame[1])  # type: ignore[arg-type] # such frames carry text or bytes
                if frame[2]:
                    return type(whole[0])().join(whole)  # type: ignore[arg-type] # of one kind

    async def until_closed(self) -> list[Seen]:
        """Read on to the end; give each frame of the connection."""
        try:
            while (frame := await self.frame())[0] != "close":
                pass
            await self.close_back(frame)
        except GoneError:
            self.seen.append(("gone",))
        return self.seen

    async def close_back(self, frame: Seen) -> None:
        """Answer a close frame as it came."""
        if self.protocol.state is ConnectionState.REMOTE_CLOSING:
            await self.send(CloseConnection(frame[1], frame[2]))  # type: ignore[arg-type] # a code and a reason

    async def _read(self) -> None:
        data = await self.reader.read(65536)
        try:
            self.protocol.receive_data(data or None)
            for event in self.protocol.events():
                self._take(event)
        except (RemoteProtocolError, LocalProtocolError):
            raise GoneError from None
        if not data and not self._frames:
            raise GoneError

    def _take(self, event: Event) -> None:
        match event:
            case Message():
                kind = "text" if isinstance(event, TextMessage) else "binary"
                piece = event.data if isinstance(event.data, str) else bytes(event.data)
                self._partly = piece if self._partly is None else self._partly + piece  # type: ignore[operator]
                if event.frame_finished:
                    self._frames.append((kind, self._partly, event.message_finished))
                    self._partly = None
            case Ping():
                self._frames.append(("ping", bytes(event.payload)))
            case Pong():
                self._frames.append(("pong", bytes(event.payload)))
            case CloseConnection():
                self._frames.append(("close", event.code, event.reason))
            case Request() | AcceptConnection():
                self._request = event if isinstance(event, Request) else None
                self._frames.append(("open",))
            case RejectConnection():
                self._frames.append(("rejected", event.status_code))


@dataclass
class SocketUpstream:
    """Takes WebSockets on any path, and talks as its script says."""

    talk: Callable[[End], Awaitable[None]]
    deflate: bool = False
    address: Address = (HOST, 0)
    ends: list[End] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        end = End(reader, writer, WSConnection(ConnectionType.SERVER))
        try:
            await end.frame()
            assert end._request is not None
            self.requests.append(end._request)
            end.seen.clear()
            self.ends.append(end)
            await end.send(AcceptConnection(extensions=_extensions(self.deflate)))
            await self.talk(end)
            await writer.drain()
        except (GoneError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self.tasks.discard(task)


@asynccontextmanager
async def socket_upstream(
    talk: Callable[[End], Awaitable[None]], deflate: bool = False
) -> AsyncIterator[SocketUpstream]:
    up = SocketUpstream(talk, deflate)
    server = await asyncio.start_server(up.serve, HOST, 0)
    up.address = server.sockets[0].getsockname()[:2]
    try:
        yield up
    finally:
        server.close()
        for task in up.tasks:
            task.cancel()
        if up.tasks:
            await asyncio.wait(up.tasks)


@asynccontextmanager
async def opened(
    address: Address, path: str, *headers: tuple[str, str], deflate: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[End]:
    """Open a WebSocket as a client."""
    reader, writer = await asyncio.open_connection(*address, ssl=tls)
    end = End(reader, writer, WSConnection(ConnectionType.CLIENT))
    extra = [(name.encode(), value.encode()) for name, value in headers]
    await end.send(Request(host="proxy.test", target=path, extensions=_extensions(deflate), extra_headers=extra))
    assert await end.frame() == ("open",)
    end.seen.clear()
    try:
        yield end
    finally:
        writer.close()


def _extensions(deflate: bool) -> list[Extension]:
    return [PerMessageDeflate()] if deflate else []


def text(*pieces: str) -> list[Event]:
    """Write a text message in so many frames."""
    return [TextMessage(piece, message_finished=number == len(pieces)) for number, piece in enumerate(pieces, 1)]


def binary(*pieces: bytes) -> list[Event]:
    return [BytesMessage(piece, message_finished=number == len(pieces)) for number, piece in enumerate(pieces, 1)]
