"""Runs mitmproxy inside our process: its Master with the few add-ons that we need, started, drained and stopped.

Leaves out the copying (`capture.py`) and the settings (they arrive as plain values).
"""

import asyncio
import errno
import logging
import re
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mitmproxy import exceptions
from mitmproxy import options as mitmproxy_options
from mitmproxy.addons import core, next_layer, proxyauth, proxyserver, tlsconfig, upstream_auth
from mitmproxy.master import Master
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy import server as mitmproxy_server

from proxy.capture import Capture
from proxy.guards import WithoutH2c, WithoutLoops, WithoutPasswords, WithoutResumption
from proxy.mends import mend

log = logging.getLogger(__name__)

TCP_TIMEOUT_SECONDS = 7200  # of silence. Reasoning calls that do not stream are silent for longer than the default 600
POLL_SECONDS = 0.05
CLOSING_SECONDS = 2.0  # for connections to close once the proxy has stopped
BAD_CERTIFICATE = ("Certificate file does not exist", "Invalid certificate format")  # mitmproxy's words, then others'
FORWARD = (mode_specs.RegularMode, mode_specs.UpstreamMode)  # where the client knows that it speaks to a proxy
OPENING = (*FORWARD, mode_specs.TransparentMode, mode_specs.WireGuardMode)  # where any host's TLS comes by

Address = tuple[str, int]
Ready = Callable[[list[Address]], None]


class ServerError(Exception):
    """The proxy cannot start, as it is set up. The message is one sentence with the fix, and quotes no credential."""


class ListenError(ServerError):
    """It is set up well, and cannot listen."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to run the proxy."""

    modes: tuple[str, ...]  # as mitmproxy writes them, for example "reverse:https://api.example.com"
    listen_host: str
    listen_port: int  # 0: any free one
    confdir: Path  # holds the certificate authority; made, with mode 0700
    allow_hosts: tuple[str, ...] = ()  # regexes for host:port. In forward modes TLS to any other host passes unopened
    proxy_auth: str | None = field(default=None, repr=False)  # "@htpasswd-file", "ldaps:...", "user:password", "any"
    upstream_auth: str | None = field(default=None, repr=False)  # "user:password" for the proxy of mode upstream
    upstream_ca: Path | None = None  # PEM file that upstreams are verified against, in place of the public ones
    certs: tuple[str, ...] = ()  # "[domain=]path" of PEM files that the proxy shows in place of its own certificates
    ask_certificates: bool = False  # clients may show a certificate; it is taken unverified
    drain_seconds: float = 8.0  # for answers under way when asked to stop; `docker stop` kills after 10


async def serve(options: ServerOptions, capture: Capture, ready: Ready | None = None) -> None:
    """Run until SIGTERM or SIGINT. Calls `ready` with the addresses once clients can connect.

    Then no new connection is accepted, answers under way may end for `drain_seconds`, and it returns. A second signal,
    or cancelling, ends at once. Signals are heeded in the main thread only. One proxy a process: mitmproxy has globals.
    Raises ServerError.
    """
    modes = _modes(options)
    _keep_private(options.confdir)
    mend()
    with _subdued_logs():
        master, proxy = _assemble(options, modes, capture, ready)
        try:
            with _signals(lambda: _drain(master, proxy, capture, options.drain_seconds), master.shutdown):
                await master.run()
        finally:
            master.should_exit.set()  # ends a task of the Master's that waits for it
            await _close(proxy)


def _modes(options: ServerOptions) -> list[mode_specs.ProxyMode]:
    """Read the modes, and refuse what would harm or open other people's traffic."""
    modes = [_mode(spec) for spec in options.modes]
    if not modes:
        raise ServerError("no mode is given: use reverse:URL, regular, transparent, upstream:URL or wireguard")
    if any(isinstance(mode, OPENING) for mode in modes) and not options.allow_hosts:
        raise ServerError(
            "modes regular, transparent, upstream and wireguard need the assistant's hosts to open: "
            "set allow_hosts, so that all other TLS passes unopened"
        )
    for pattern in options.allow_hosts:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ServerError(f"allow_hosts holds a pattern that is no regular expression ({error}): mend it") from None
    if options.proxy_auth and not all(isinstance(mode, FORWARD) for mode in modes):
        raise ServerError(
            "proxy_auth works in modes regular and upstream only, as elsewhere it takes the Authorization header "
            "that assistants need: remove it, and name people by header or API key"
        )
    if options.upstream_auth and not all(isinstance(mode, mode_specs.UpstreamMode) for mode in modes):
        raise ServerError("upstream_auth works in mode upstream only: remove it, or use upstream:URL")
    if options.upstream_auth and not options.upstream_auth.partition(":")[0]:
        raise ServerError("upstream_auth is not written as user:password: write it so")
    if options.upstream_ca and not options.upstream_ca.is_file():
        raise ServerError(f"upstream_ca {options.upstream_ca} is no file: give a PEM file of certificates")
    return modes


def _mode(spec: str) -> mode_specs.ProxyMode:
    """Read a mode. Its text is not quoted: it may hold a password."""
    name = spec.partition(":")[0].partition("@")[0].lower()
    if name not in ("reverse", "regular", "transparent", "upstream", "wireguard"):
        raise ServerError(
            f"mode {name!r} is not known: use reverse:URL, regular, transparent, upstream:URL or wireguard"
        )
    try:
        mode = mode_specs.ProxyMode.parse(spec)
    except ValueError:
        mode = None
    wrong_scheme = isinstance(mode, mode_specs.ReverseMode) and mode.scheme not in ("http", "https")
    if mode is None or wrong_scheme:
        if name in ("reverse", "upstream"):
            raise ServerError(
                f"the URL of mode {name} cannot be used: write {name}:http://HOST:PORT or {name}:https://HOST, "
                "without path, user or password"
            )
        raise ServerError(f"mode {name} is written wrongly: write {name}, or {name}@PORT")
    if isinstance(mode, mode_specs.ReverseMode):
        mode.transport_protocol = "tcp"  # mitmproxy would listen for HTTP/3 too. `parse` gives it this same object
    return mode


def _keep_private(confdir: Path) -> None:
    """Make the directory of the certificate authority, which nobody else may read."""
    try:
        confdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if confdir.stat().st_mode & 0o077:  # on a volume that cannot be written now, one that is private serves
            confdir.chmod(0o700)
    except OSError as error:
        raise ServerError(
            f"the directory {confdir} cannot be made or kept private ({error.strerror}): choose another confdir"
        ) from None


def _assemble(
    options: ServerOptions, modes: list[mode_specs.ProxyMode], capture: Capture, ready: Ready | None
) -> tuple[Master, proxyserver.Proxyserver]:
    """Build the Master. Walking mitmproxy's default add-ons for each hook costs half of a call; most serve its users.

    In: Core (checks options), Proxyserver (listens), NextLayer (finds the protocol, `allow_hosts`), TlsConfig (TLS),
    and where asked for ProxyAuth and UpstreamAuth. Ours: DisableH2C and ErrorCheck rewritten, below.
    Out, as they change, refuse or answer traffic: AntiCache, AntiComp, Block (clients with public addresses),
    BlockList, MapLocal, MapRemote, ModifyBody, ModifyHeaders, Onboarding (mitm.it), ServerPlayback, StickyAuth,
    StickyCookie, UpdateAltSvc. Out, as they are for mitmproxy's users or for replaying: Browser, ClientPlayback,
    CommandHistory, Comment, Cut, Export, KeepServing, ReadFile, ScriptLoader. Out, as they print or keep what passes:
    Dumper, Save, SaveHar, TermLog. Out, as we serve no DNS: DnsResolver, StripDnsHttpsRecords. Only mode wireguard
    misses them: its clients must use another DNS server.
    """
    master = Master(mitmproxy_options.Options())
    # It formats every log record of the process for an event that nobody hears, and raises once the loop is closed.
    master._legacy_log_events.uninstall()
    proxy, certificates = proxyserver.Proxyserver(), tlsconfig.TlsConfig()
    master.addons.add(core.Core(), proxy, next_layer.NextLayer(), certificates, WithoutH2c(), WithoutLoops(proxy))
    if options.ask_certificates:
        master.addons.add(WithoutResumption())  # after TlsConfig, whose work it corrects
    if options.proxy_auth:
        authentication = proxyauth.ProxyAuth()
        master.addons.add(authentication, WithoutPasswords(authentication))
    if options.upstream_auth:
        master.addons.add(upstream_auth.UpstreamAuth())
    master.addons.add(capture, ErrorCheck(proxy, ready))
    _configure(master, options, modes)  # last: add-ons hear of no option that was set before them
    if certificates.certstore is None:  # mitmproxy logs why and goes on
        raise ServerError(
            f"the certificate authority in {options.confdir} cannot be read or made: "
            "mend its mitmproxy-ca.pem, or choose another confdir"
        )
    return master, proxy


def _configure(master: Master, options: ServerOptions, modes: list[mode_specs.ProxyMode]) -> None:
    try:
        master.options.update(
            allow_hosts=_allowed(options, modes),
            certs=list(options.certs),
            confdir=str(options.confdir),
            # Eager would connect before a request says where to, and drop the client where the upstream is down.
            connection_strategy="lazy",
            http3=False,
            listen_host=options.listen_host,
            listen_port=options.listen_port,
            mode=list(options.modes),
            request_client_cert=options.ask_certificates,
            ssl_verify_upstream_trusted_ca=str(options.upstream_ca) if options.upstream_ca else None,
        )
    except exceptions.OptionsError as error:
        if str(error).startswith(BAD_CERTIFICATE):
            raise ServerError(
                f"the certificate {', '.join(options.certs)} cannot be used: give a PEM file with the certificate, its "
                "chain and its key, which is not encrypted"
            ) from None
        raise ServerError(f"the proxy's settings cannot be used: {error}") from None
    try:
        if options.proxy_auth:
            master.options.update(proxyauth=options.proxy_auth)
    except exceptions.OptionsError:  # its words may quote a password
        raise ServerError(
            'proxy_auth cannot be used: write "@FILE" (htpasswd), "ldaps:...", "user:password" or "any"'
        ) from None
    if options.upstream_auth:
        master.options.update(upstream_auth=options.upstream_auth)
    if "tcp_timeout" in master.options:
        master.options.update(tcp_timeout=TCP_TIMEOUT_SECONDS)
    else:  # 11.0.2
        mitmproxy_server.TCP_TIMEOUT = TCP_TIMEOUT_SECONDS


def _allowed(options: ServerOptions, modes: list[mode_specs.ProxyMode]) -> list[str]:
    """Add the upstreams of reverse modes, to which the patterns would apply too."""
    if not options.allow_hosts:
        return []
    reverse = [mode.address for mode in modes if isinstance(mode, mode_specs.ReverseMode)]
    return [*options.allow_hosts, *(f"^{re.escape(host)}:{port}$" for host, port in reverse)]


class ErrorCheck:
    """Stands where mitmproxy's own would call sys.exit: says in one sentence why the proxy cannot listen."""

    def __init__(self, proxy: proxyserver.Proxyserver, ready: Ready | None) -> None:
        self._proxy = proxy
        self._ready = ready

    async def shutdown_if_errored(self) -> None:
        """Called before the sockets are opened, after, and when all runs."""
        for server in self._proxy.servers:
            if (error := server.last_exception) is not None:
                raise ListenError(_cannot_listen(error))

    def finish(self) -> None:
        """Called when the proxy has started."""
        if self._ready is not None:
            self._ready([(host, port) for host, port, *_ in self._proxy.listen_addrs()])


def _cannot_listen(error: Exception) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        return "the port is in use: stop what listens there, or listen on another"
    if code in (errno.EACCES, errno.EPERM):
        return "listening on this port is not permitted: choose one above 1023, or grant CAP_NET_BIND_SERVICE"
    if isinstance(error, OSError):
        return f"the address to listen on cannot be used ({type(error).__name__} {code}): give one of this machine"
    return f"the mode cannot be started ({type(error).__name__}): check what it needs"


@contextmanager
def _signals(drain: Callable[[], Coroutine[None, None, None]], end: Callable[[], None]) -> Iterator[None]:
    """Drain on the first signal, end on the second."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    draining: list[asyncio.Task[None]] = []

    def stop() -> None:
        if draining:
            end()
        else:
            draining.append(loop.create_task(drain()))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        for task in draining:
            task.cancel()


async def _drain(master: Master, proxy: proxyserver.Proxyserver, capture: Capture, seconds: float) -> None:
    """Stop listening; when nothing is under way any more, or `seconds` have passed, end."""
    try:
        await proxy.servers.update([])
        async with asyncio.timeout(seconds):
            quiet = 0
            while quiet < 2:  # twice: the last bytes are written after the hook that ends an exchange
                quiet = 0 if capture.under_way or _unsent(proxy) else quiet + 1
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        log.warning("%d exchanges were cut off, as they did not end within %g s", capture.under_way, seconds)
    finally:
        master.shutdown()


def _unsent(proxy: proxyserver.Proxyserver) -> bool:
    """Tell whether some peer has not yet been sent all that was written for it."""
    return any(writer.transport.get_write_buffer_size() for writer in _writers(proxy))


def _writers(proxy: proxyserver.Proxyserver) -> list[asyncio.StreamWriter]:
    writers = [io.writer for handler in proxy.connections.values() for io in handler.transports.values()]
    return [writer for writer in writers if isinstance(writer, asyncio.StreamWriter)]


async def _close(proxy: proxyserver.Proxyserver) -> None:
    """Close listeners and connections, as mitmproxy leaves that to the end of the process."""
    await proxy.servers.update([])
    writers = _writers(proxy)
    for connection in list(proxy.connections.values()):
        client = connection.transports.get(connection.client)
        if client is not None and client.handler is not None:
            client.handler.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_SECONDS):
            while proxy.connections:  # noqa: ASYNC110 - mitmproxy tells nobody when one is gone
                await asyncio.sleep(POLL_SECONDS / 10)
    for writer in writers:
        writer.transport.abort()  # it would wait for the peer to take what was written


@contextmanager
def _subdued_logs() -> Iterator[None]:
    """Let no text of mitmproxy's into the logs: it quotes URLs, headers and bytes. Only what failed where is said."""
    theirs = logging.getLogger("mitmproxy")
    relay = _Relay(logging.WARNING)
    theirs.addHandler(relay)
    theirs.propagate = False
    try:
        yield
    finally:
        theirs.removeHandler(relay)
        theirs.propagate = True


class _Relay(logging.Handler):
    """Says that mitmproxy warned of something, without its words."""

    def emit(self, record: logging.LogRecord) -> None:
        for known in ("Client TLS handshake failed", "Server TLS handshake failed"):
            if record.getMessage().startswith(known):
                log.warning("%s", known)
                return
        fault = record.exc_info[0] if record.exc_info else None
        what = fault.__name__ if fault else record.levelname.lower()
        log.warning("mitmproxy reports a fault (%s, %s:%d)", what, record.module, record.lineno)
