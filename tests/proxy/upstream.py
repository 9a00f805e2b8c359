"""A stand-in upstream of raw bytes on port 0, and the other ends of the wire: a raw client, a TLS authority, a sink.

Each path of the upstream has a script that says byte by byte, and event by event, what is answered and when.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from proxy.capture import Capture, Sink, Wants
from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event
from proxy.server import Address, ServerOptions, serve

HOST = "127.0.0.1"
PATIENCE = 20  # seconds until a test that waits for a condition has failed


@dataclass(frozen=True)
class Message:
    """One HTTP message as it was on the wire, its body without transfer coding."""

    first: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


Send = Callable[[bytes], Awaitable[None]]
Script = Callable[[Message, Send], Awaitable[None]]


class CutError(Exception):
    """A script raises it to close the connection."""


class Upstream:
    """Answers each path by its script. A script in `early` runs before the request's body is read."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.early: dict[str, Script] = {}
        self.seen: list[Message] = []
        self.connections = 0
        self.address: Address = (HOST, 0)
        self.secure = False
        self.tasks: set[asyncio.Task[None]] = set()

    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.address[0]}:{self.address[1]}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)

        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            while head := await _head(reader):
                path = head.first.split()[1].decode().partition("?")[0]
                if path in self.early:
                    await self.early[path](head, send)
                    return
                request = Message(head.first, head.headers, await _body(reader, head, request=True))
                self.seen.append(request)
                await self.scripts[path](request, send)
        except (CutError, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled at the end of a test, with an answer under way
        finally:
            writer.close()
            self.tasks.discard(task)


@asynccontextmanager
async def upstream(tls: ssl.SSLContext | None = None) -> AsyncIterator[Upstream]:
    """Run an upstream in this event loop."""
    up = Upstream()
    server = await asyncio.start_server(up.serve, HOST, 0, ssl=tls, limit=2**20)
    up.address, up.secure = server.sockets[0].getsockname()[:2], tls is not None
    try:
        yield up
    finally:
        server.close()
        for task in up.tasks:
            task.cancel()
        if up.tasks:
            await asyncio.wait(up.tasks)


# Scripts.


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Script:
    """Answer whole, with a content-length."""

    async def script(request: Message, send: Send) -> None:
        await send(head(f"content-length: {len(body)}", *headers, status=status) + body)

    return script


def chunked(pieces: Iterable[bytes], *headers: str, before: Callable[[int], Awaitable[None]] | None = None) -> Script:
    """Answer in chunks, one a piece; `before` is awaited before each, and before the end, with its number."""

    async def script(request: Message, send: Send) -> None:
        await send(head("transfer-encoding: chunked", *headers))
        number = 0
        for number, piece in enumerate(pieces, 1):
            if before is not None:
                await before(number - 1)
            await send(b"%x\r\n%s\r\n" % (len(piece), piece))
        if before is not None:
            await before(number)
        await send(b"0\r\n\r\n")

    return script


def head(*headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def completion(text: str) -> bytes:
    """Write a whole answer of OpenAI's chat."""
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    return json.dumps(
        {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [message], "usage": usage}
    ).encode()


def completion_events(*words: str) -> list[bytes]:
    """Write a streamed answer of OpenAI's chat, `[DONE]` last."""
    events = [
        {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}],
        }
        for word in words
    ]
    return [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]


def message(text: str) -> bytes:
    """Write a whole answer of Anthropic's messages."""
    return json.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 9, "output_tokens": 3},
        }
    ).encode()


def message_events(*words: str) -> list[bytes]:
    """Write a streamed answer of Anthropic's messages."""
    start = json.loads(message("")) | {"content": [], "stop_reason": None}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in words),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 3},
        },
        {"type": "message_stop"},
    ]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


# The client's end.


async def ask(address: Address, request: bytes, tls: ssl.SSLContext | None = None) -> Message:
    """Send a raw request on a connection of its own; give the answer."""
    reader, writer = await asyncio.open_connection(*address, ssl=tls, limit=2**20)
    try:
        writer.write(request)
        await writer.drain()
        return await read_answer(reader, headless=request.startswith(b"HEAD "))
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader, headless: bool = False) -> Message:
    """Read one answer. Raises IncompleteReadError where it was cut."""
    got = await _head(reader)
    if got is None:
        raise asyncio.IncompleteReadError(b"", None)
    bodyless = headless or got.first.split()[1] in (b"204", b"101")
    return Message(got.first, got.headers, b"" if bodyless else await _body(reader, got, request=False))


def post(path: str, body: bytes, *headers: str, host: str = "proxy.test") -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def _head(reader: asyncio.StreamReader) -> Message | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
    except asyncio.IncompleteReadError:
        return None
    pairs = [line.partition(b":") for line in lines[1:]]
    return Message(lines[0], [(name, value.strip()) for name, _, value in pairs], b"")


async def _body(reader: asyncio.StreamReader, head: Message, request: bool) -> bytes:
    if (head.header(b"transfer-encoding") or b"").lower() == b"chunked":
        chunks = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            chunks.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        return b"".join(chunks)
    if (length := head.header(b"content-length")) is not None:
        return await reader.readexactly(int(length))
    return b"" if request else await reader.read()


# The proxy's end.


@dataclass
class Gathered:
    """What the sink got of one exchange."""

    asked: Asked | None = None
    began: AnswerBegan | None = None
    body: bytes = b""
    ended: list[Ended] = field(default_factory=list)


class ListSink:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.stored: Callable[[int], Future[None] | None] = lambda _: None

    def put(self, event: Event) -> None:
        self.events.append(event)

    def durable(self, exchange: int) -> Future[None] | None:
        return self.stored(exchange)

    @property
    def exchanges(self) -> list[Gathered]:
        found: dict[int, Gathered] = {}
        for event in self.events:
            one = found.setdefault(event.exchange, Gathered())
            match event:
                case Asked():
                    one.asked = event
                case AnswerBegan():
                    one.began = event
                case AnswerBytes():
                    one.body += event.data
                case Ended():
                    one.ended.append(event)
        return list(found.values())

    async def ended(self, number: int = 1) -> list[Gathered]:
        """Wait until so many exchanges have ended."""
        await until(lambda: sum(bool(one.ended) for one in self.exchanges) >= number)
        return self.exchanges


@dataclass
class Running:
    """A proxy that runs in this event loop."""

    address: Address
    capture: Capture
    task: "asyncio.Task[None]"

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"


def prompts(method: str, host: str, path: str) -> bool:
    """Want what a prompt's path ends in."""
    return method == "POST" and path.endswith(("/chat/completions", "/v1/messages"))


@asynccontextmanager
async def proxy(sink: Sink, options: ServerOptions, wants: Wants = prompts) -> AsyncIterator[Running]:
    """Run a proxy in this event loop; end it by cancelling."""
    capture = Capture(sink, wants)
    listening: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(options, capture, lambda addresses: listening.set_result(addresses[0])))
    either: set[asyncio.Future[Any]] = {task, listening}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not listening.done():
        await task
    try:
        yield Running(listening.result(), capture, task)
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the condition is of another's making
            await asyncio.sleep(0.001)


class Reached(Protocol):
    """What a reverse proxy may stand before."""

    def url(self) -> str: ...


def reverse(up: Reached, confdir: Path, **fields: Any) -> ServerOptions:
    """Give the options of a reverse proxy before `up`."""
    return ServerOptions(modes=(f"reverse:{up.url()}",), listen_host=HOST, listen_port=0, confdir=confdir, **fields)


def forward(confdir: Path, *allow_hosts: str, **fields: Any) -> ServerOptions:
    """Give the options of a forward proxy that opens `allow_hosts` alone."""
    return ServerOptions(
        modes=("regular",), listen_host=HOST, listen_port=0, confdir=confdir, allow_hosts=allow_hosts, **fields
    )


# TLS.


def _key_usage() -> x509.KeyUsage:
    """Say that an authority's key signs certificates."""
    signs = dict.fromkeys(("digital_signature", "key_cert_sign", "crl_sign"), True)
    names = (
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**signs, **dict.fromkeys(names, False))


class Authority:
    """A certificate authority of its own, with a certificate for each host that is asked for."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(name, self._key.public_key(), None)
        self.pem = folder / f"{name}.pem"
        self.pem.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, host: str) -> ssl.SSLContext:
        """Make a server's context that shows a certificate for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = self._folder / f"{self.name}-{host}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self._sign(host, key.public_key(), host).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        return context

    def _sign(self, name: str, key: ec.EllipticCurvePublicKey, host: str | None) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        else:  # Python 3.13 trusts no authority that does not say what its key is for
            builder = builder.add_extension(_key_usage(), critical=True)
        return builder.sign(self._key, hashes.SHA256())
