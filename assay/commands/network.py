"""`assay network`: the rules of a gateway."""

import re
import socket

import click

from assay.failure import MISUSED, Failure
from assay.network import WEB_PORTS, rules

NAME = re.compile(r"[A-Za-z0-9._@-]{1,15}")  # of an interface, as Linux has them; quoted in the rules
MAX_PORT = 65535


@click.group()
def command() -> None:
    """Print what a gateway needs to lead traffic through Assay."""


def _ports(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    ports = [int(part) if part.isascii() and part.isdigit() else 0 for part in value.split(",")]
    if not all(0 < port <= MAX_PORT for port in ports):
        raise Failure("--ports must be port numbers with commas, as 80,443", MISUSED)
    return tuple(dict.fromkeys(ports))


@command.command("rules")
@click.option("--interface", metavar="IF", help="Where clients come in. Not needed where there is one only.")
@click.option(
    "--port",
    type=click.IntRange(1, MAX_PORT),
    metavar="PORT",
    default=8080,
    show_default=True,
    help="Where Assay listens.",
)
@click.option(
    "--ports",
    metavar="PORTS",
    default=",".join(map(str, WEB_PORTS)),
    show_default=True,
    callback=_ports,
    help="What is led through Assay.",
)
@click.option("--quic", is_flag=True, help="Let QUIC pass, unseen. Without it clients fall back to TCP.")
def print_rules(interface: str | None, port: int, ports: tuple[int, ...], quic: bool) -> None:
    """Print nftables rules for `assay proxy --mode transparent`.

    Load them as root: assay network rules --interface eth1 | nft -f -
    """
    if port in ports:
        raise Failure(f"--port {port} is where Assay listens: leave it out of --ports", MISUSED)
    click.echo(rules(_interface(interface), port, ports, quic), nl=False)


def _interface(given: str | None) -> str:
    """Take the interface that was named, or the only one. The gateway may be another machine than this one."""
    if given is not None:
        if not NAME.fullmatch(given):
            raise Failure("--interface must be the name of a network interface, as eth1", MISUSED)
        return given
    found = [name for _, name in socket.if_nameindex() if name != "lo"]
    if len(found) != 1:
        raise Failure(f"--interface must name where clients come in: one of {', '.join(found) or 'none here'}", MISUSED)
    return found[0]
