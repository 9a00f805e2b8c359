"""Small add-ons that keep mitmproxy from what ours must not do: h2c, loops, resuming TLS, keeping passwords."""

import ipaddress
import socket

from mitmproxy import http, tls
from mitmproxy.addons import proxyauth, proxyserver
from mitmproxy.proxy import server_hooks
from OpenSSL import SSL
from OpenSSL._util import lib


class WithoutH2c:
    """Keeps clients from HTTP/2 without TLS, which mitmproxy cannot read.

    Its own DisableH2C acts on whole requests, which is too late for those that stream.
    """

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        if request.method == "PRI":  # HTTP/2 without asking
            flow.kill()
        elif request.headers.get("upgrade", "").lower() == "h2c":
            for name in ("upgrade", "connection", "http2-settings"):
                request.headers.pop(name, None)


class WithoutLoops:
    """Refuses to connect to where the proxy itself listens, or it would do so without end.

    So it is in transparent mode with who speaks to its own port. mitmproxy knows the address that it was told to listen
    on, not the machine's others. (The client's `sockname` is no help: there it is where the client meant to go.)
    """

    def __init__(self, proxy: proxyserver.Proxyserver) -> None:
        self._proxy = proxy

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        if data.server.address is None:
            return
        host, port = data.server.address[:2]
        if any(port == address[1] for address in self._proxy.listen_addrs()) and _is_ours(host):
            data.server.error = "the proxy itself is no destination"


def _is_ours(host: str) -> bool:
    """Tell whether an IP address is one of this machine's: nobody can bind to another's."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except (ValueError, OSError):
        return False
    return True


class WithoutResumption:
    """Has every TLS connection shown its client's certificate.

    Where certificates are asked for, OpenSSL breaks the connection of a client that comes back with a session, as
    nobody has said whose sessions those are; and a session holds a certificate without its chain. Without tickets, and
    nothing is cached for the same reason, no session is found, and the handshake is a full one.
    """

    def tls_start_client(self, data: tls.TlsData) -> None:
        if data.ssl_conn is not None:
            lib.SSL_set_options(data.ssl_conn._ssl, SSL.OP_NO_TICKET)  # type: ignore[union-attr] # is None nowhere


class WithoutPasswords:
    """Makes mitmproxy remember who has authenticated by name alone, for the connection's requests to come."""

    def __init__(self, authentication: proxyauth.ProxyAuth) -> None:
        self._authentication = authentication

    def http_connect(self, flow: http.HTTPFlow) -> None:
        if (pair := flow.metadata.pop("proxyauth", None)) is not None:
            self._authentication.authenticated[flow.client_conn] = (pair[0], "")
