"""`assay proxy`: puts settings, routes, identity, intake and mitmproxy together, and runs them."""

import asyncio
import logging
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from assay import lifeline
from assay.access import say_open
from assay.accountable import IN_CLEAR, opening
from assay.cores import leave_no_core
from assay.failure import MISUSED, Failure, say, speak_plainly
from assay.identifying import identifying
from assay.options import with_settings
from assay.places import keys_of, refuse_wrong_ledger
from config.routes import RouteTable, load_routes
from config.settings import Settings, split_address

if TYPE_CHECKING:
    from proxy.intake import Counts
    from proxy.server import ServerOptions

NO_UPSTREAM = (
    "no upstream is named: give --mode reverse:URL, as reverse:https://api.openai.com, "
    "or regular or transparent for assistants of any host"
)


@click.command()
@with_settings("proxy.mode", "proxy.listen", "ledger.path")
@lifeline.option
def command(settings: Settings, supervised: bool) -> None:
    """Run the proxy alone.

    Traffic passes through untouched and undelayed. What is asked is written to the ledger, for `assay classify` to
    judge. Ends on SIGTERM or Ctrl-C, once answers under way have ended.
    """
    speak_plainly()
    leave_no_core()
    if supervised:
        lifeline.hold()
    if not settings.proxy.mode:
        raise Failure(NO_UPSTREAM, MISUSED)
    from assay.own_dialects import dialect, read_dialects, with_own
    from proxy.assembly import Assembly
    from proxy.capture import Capture
    from proxy.dialects import DIALECTS
    from proxy.intake import Intake
    from proxy.routes import Routes
    from proxy.server import Address, ListenError, ServerError, serve
    from proxy.waiting import Waiting

    own = read_dialects(settings.proxy.dialects)
    table = with_own(load_routes(), own)
    routes = Routes(table.assistants, table.paths, table.hosted, table.sockets)
    dialects = {**DIALECTS, **{file.name: dialect(file) for file in own}}
    path = settings.ledger.path
    refuse_wrong_ledger(settings.ledger)
    say_open(settings.ledger.file)
    with ExitStack() as stack:
        resolver = stack.enter_context(identifying(settings))
        if settings.identity.mode == "plain":
            say(f"{IN_CLEAR}: {settings.identity.plain_reason.strip()}")

        def assembly() -> Assembly:
            keys = keys_of(settings.ledger, settings.identity.rotate_weeks)
            return Assembly(routes, resolver(keys), keys, dialects)

        def waiting() -> Waiting:
            return Waiting(
                settings.ledger.file, keys_of(settings.ledger).stable.derive("spool"), settings.ledger.spool_size
            )

        intake = Intake(opening(settings), assembly, waiting=waiting, say=say)
        capture = Capture(intake, lambda method, host, path: routes.match(method, host, path) is not None)

        def ready(addresses: list[Address]) -> None:
            logging.disable(logging.NOTSET)
            say(f"the proxy listens on {_url(addresses[0])}, mode {settings.proxy.mode}, ledger {path}")
            if supervised:
                lifeline.announce(_url(addresses[0]))

        if settings.proxy.metrics:
            from assay.metering import metering, proxy_metrics

            stack.enter_context(metering(settings.proxy.metrics, "proxy.metrics", proxy_metrics(capture, intake)))
        intake.start()
        logging.disable()  # what keeps it from starting is said once, below
        try:
            asyncio.run(serve(_options(settings, table), capture, ready))
        except ListenError as error:
            raise Failure(str(error)) from None
        except ServerError as error:
            raise Failure(str(error), MISUSED) from None
        finally:
            intake.stop()
    say(_counted(intake.counts, intake.left))


def host_pattern(host: str) -> str:
    """Write a host as a regex; its `*` stands for some of one label."""
    return re.escape(host).replace(r"\*", r"[^.:]*")


def _options(settings: Settings, table: RouteTable) -> "ServerOptions":
    from proxy.server import ServerOptions

    proxy = settings.proxy
    host, port = split_address(proxy.listen)
    opened = proxy.allow_hosts or tuple(host for host, _ in table.assistants)
    return ServerOptions(
        modes=(proxy.mode,),
        listen_host=host,
        listen_port=port,
        confdir=proxy.confdir,
        # In reverse mode all that comes is for the assistant.
        allow_hosts=()
        if proxy.mode.startswith("reverse")
        else tuple(rf"(^|\.){host_pattern(host)}:\d+$" for host in opened),
        certs=_certificates(settings),
        ask_certificates=settings.identity.client_ca is not None,
        proxy_auth=proxy.proxy_auth.get_secret_value() if proxy.proxy_auth else None,
        upstream_ca=proxy.upstream_ca,
    )


def _certificates(settings: Settings) -> tuple[str, ...]:
    certificate = settings.proxy.certificate
    if certificate is None:
        return ()
    if not settings.proxy.mode.startswith("reverse"):
        raise Failure(
            "proxy.certificate works in mode reverse only, as elsewhere clients ask for the assistants' own: remove it",
            MISUSED,
        )
    if not certificate.is_file():
        raise Failure(
            f"proxy.certificate {certificate} is no file: name a PEM file with a certificate and its key", MISUSED
        )
    return (str(certificate),)


def _counted(counts: "Counts", left: int) -> str:
    said = f"the proxy has ended: {counts.calls} calls of {counts.turns} turns, {counts.unreadable} unreadable"
    if left:
        said += f", {left} calls wait in the spool"
    return f"{said}, {counts.lost} lost" if counts.lost else said


def _url(address: tuple[str, int]) -> str:
    host, port = address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
