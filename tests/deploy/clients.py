"""What a client runs, as it would without a gateway. Each runs in the client's namespace, in a process of its own.

`python -m tests.deploy.clients NAME ARGUMENT...` prints what came of it.
"""

import json
import socket
import ssl
import sys
from collections.abc import Callable, Mapping


def sdk(ask: str, mode: str) -> str:
    """Ask with the openai SDK, which knows where its assistant is."""
    from openai import OpenAI

    with OpenAI(api_key="sk-invented", max_retries=0) as client:
        if mode == "whole":
            answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": ask}])
            return answer.choices[0].message.content or ""
        events = client.chat.completions.create(model="m", messages=[{"role": "user", "content": ask}], stream=True)
        return "".join(event.choices[0].delta.content or "" for event in events)


def shown(address: str, port: str, name: str) -> str:
    """Give the certificate that is shown for a name, as PEM. An empty name asks for none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((address, int(port)), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=name or None) as tls,
    ):
        return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True) or b"")


def quic(address: str) -> str:
    """Send a datagram to where QUIC is; give what came back, or how it was refused."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(20)
        datagrams.connect((address, 443))
        datagrams.send(b"hello")
        try:
            return datagrams.recv(100).decode()
        except ConnectionRefusedError:
            return "refused"


def direct(address: str, port: str) -> str:
    """Connect to the proxy's own port and speak HTTP; give how it ended."""
    try:
        with socket.create_connection((address, int(port)), timeout=20) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nhost: api.openai.com\r\n\r\n")
            return plain.recv(100).decode()
    except ConnectionRefusedError:
        return "refused"


CLIENTS: Mapping[str, Callable[..., str]] = {"sdk": sdk, "shown": shown, "quic": quic, "direct": direct}

if __name__ == "__main__":
    print(json.dumps(CLIENTS[sys.argv[1]](*sys.argv[2:])))
