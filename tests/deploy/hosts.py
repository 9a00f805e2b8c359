"""Hosts on the far side of a gateway: HTTPS on 443, HTTP on 80, an echo on UDP 443. Runs until its input is closed.

`python -m tests.deploy.hosts ADDRESS=PEM...`, where PEM is what that address shows. Says `ready` when all listen.
"""

import asyncio
import json
import ssl
import sys
from typing import cast

from tests.proxy.upstream import Message, Send, Upstream, answer, chunked, completion, completion_events

WORDS = ("Berlin", " is", " north", " of", " Rome", ".")


async def chat(request: Message, send: Send) -> None:
    """Answer OpenAI's chat, streamed or not."""
    if json.loads(request.body).get("stream"):
        await chunked(completion_events(*WORDS), "content-type: text/event-stream")(request, send)
    else:
        await answer(completion("".join(WORDS)), "content-type: application/json")(request, send)


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # 3.11's is none by name

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(data, addr)


async def serve(address: str, pem: str) -> None:
    up = Upstream()
    up.scripts = {"/": answer(f"this is {address}\n".encode()), "/v1/chat/completions": chat}
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    await asyncio.start_server(up.serve, address, 443, ssl=context, limit=2**20)
    await asyncio.start_server(up.serve, address, 80, limit=2**20)
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=(address, 443))


async def main() -> None:
    for argument in sys.argv[1:]:
        address, _, pem = argument.partition("=")
        await serve(address, pem)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
