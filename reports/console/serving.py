"""Serves the console on an address, until told to stop."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from reports.console.gate import App


class ListenError(Exception):
    """The address cannot be had: one sentence with the fix."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    certificate: Path | None = None  # PEM, with its chain and key

    def url(self, port: int) -> str:
        """Write where browsers find it. `port`: the one that was taken."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{port}/"


def serve(app: App, address: Address, ready: Callable[[str], None]) -> None:
    """Listen, say where (`ready`), and serve until SIGTERM or SIGINT. Raises ListenError."""
    listening = _listen(address)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # addresses hold teams' names
        proxy_headers=False,  # a peer is who opened the socket, whatever its headers say
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=3,
        limit_concurrency=200,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=address.certificate,
    )
    try:
        config.load()
    except (ssl.SSLError, OSError) as error:
        listening.close()
        raise ListenError(
            f"console.certificate {address.certificate} cannot be used ({type(error).__name__}): name a PEM file with "
            "a certificate and its key"
        ) from None
    ready(address.url(listening.getsockname()[1]))
    asyncio.run(uvicorn.Server(config).serve([listening]))


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise ListenError(
            f"the console cannot listen on {address.host}:{address.port} ({(error.strerror or str(error)).lower()}): "
            "choose another --listen (console.listen)"
        ) from None
    # asyncio sets it only on sockets that it has made itself; without, each answer waits 40 ms for the client's word.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
