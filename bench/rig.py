"""The parts that benchmarks of the proxy share: a stand-in upstream and `assay proxy`, each a process of its own.

`python -m bench.rig` is the upstream; it prints the port that it listens on.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
CHAT = "/v1/chat/completions"
EVENTS = 50
GAP_SECONDS = 0.005


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


@contextmanager
def upstreaming() -> Iterator[int]:
    """Start the upstream; give its port."""
    command = [sys.executable, "-m", "bench.rig"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


@contextmanager
def proxying(upstream_port: int) -> Iterator[tuple[int, int]]:
    """Start `assay proxy` before the upstream, with a ledger of its own; give its port and its process id."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "assay", "proxy", "--mode", f"reverse:http://{HOST}:{upstream_port}"]
        command += ["--listen", f"{HOST}:0", "--db", f"{folder}/usage.db"]
        environment = {**os.environ, "ASSAY_PROXY__CONFDIR": f"{folder}/ca"}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)  # noqa: S603 - our own
        try:
            assert process.stderr is not None
            ready = process.stderr.readline()
            yield int(ready.partition(f"http://{HOST}:")[2].partition(",")[0]), process.pid
        finally:
            process.terminate()
            process.communicate()


def chat_body(text: str) -> bytes:
    """Write a chat request of about 1 KB beside its text."""
    system = {"role": "system", "content": "Be brief. " * 100}
    return json.dumps({"model": "m", "messages": [system, {"role": "user", "content": text}]}).encode()


if __name__ == "__main__":
    asyncio.run(upstream())
