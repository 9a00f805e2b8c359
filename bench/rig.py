"""The parts that benchmarks of the proxy share: a stand-in upstream and a proxy, each a process of its own.

Run as `python -m bench.rig upstream` or `python -m bench.rig proxy URL`; each prints the port that it listens on.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
CHAT = "/v1/chat/completions"
EVENTS = 50
GAP_SECONDS = 0.005


class Discarding:
    """A sink that keeps nothing, so that the proxy alone is measured."""

    def put(self, event: object) -> None:
        pass

    def durable(self, exchange: int) -> Future[None] | None:
        return None


async def upstream() -> None:
    """Answer with a body of as many bytes as the query says, or without a query with a stream of stamped events."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
                size = head.split()[1].partition(b"?")[2]
                if size:
                    body = b"x" * int(size)
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
                else:
                    await events(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def events(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        begin = time.monotonic()
        for number in range(EVENTS):
            await asyncio.sleep(begin + number * GAP_SECONDS - time.monotonic())
            event = b"data: " + json.dumps({"sent": time.monotonic_ns()}).encode() + b"\n\n"
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        writer.write(b"0\r\n\r\n")

    server = await asyncio.start_server(serve, HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def proxy(url: str) -> None:
    from proxy.capture import Capture
    from proxy.server import ServerOptions, serve

    with tempfile.TemporaryDirectory() as confdir:
        options = ServerOptions(modes=(f"reverse:{url}",), listen_host=HOST, listen_port=0, confdir=Path(confdir))
        capture = Capture(Discarding(), lambda method, host, path: path.endswith(CHAT))
        await serve(options, capture, lambda addresses: print(addresses[0][1], flush=True))


@contextmanager
def started(*arguments: str) -> Iterator[tuple[int, int]]:
    """Start a part; give its port and its process id."""
    command = [sys.executable, "-m", "bench.rig", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["upstream"]:
            asyncio.run(upstream())
        case ["proxy", url]:
            asyncio.run(proxy(url))
