"""`assay console`: puts settings, roles and the web console together, and runs it."""

import signal
import threading
from contextlib import closing
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import click

from assay import lifeline
from assay.failure import MISUSED, Failure, say, speak_plainly
from assay.options import with_settings
from assay.patience import patiently
from assay.places import keys_of, read_audit, refuse_wrong_ledger
from config.loading import SettingsError
from config.roles import load_accounts, load_roles
from config.settings import ConsoleSettings, LedgerSettings, Settings, split_address

if TYPE_CHECKING:
    from reports.console.access import Admission
    from reports.console.pages.audit import Audited


@click.group(invoke_without_command=True)
@with_settings("console.listen", "ledger.path")
@click.option("--wait", is_flag=True, help="Wait for what is missing in place of ending. For containers.")
@lifeline.option
@click.pass_context
def command(context: click.Context, settings: Settings, wait: bool, supervised: bool) -> None:
    """Show value, gap and air in the browser.

    On a loopback address it is open to whoever is at this machine, until accounts or a front proxy are configured. On
    any other it starts only with one of them (docs/console.md). Ends on SIGTERM or Ctrl-C.

    With --wait it says what is missing and stays, where it would else be started again and again: for the ledger it
    looks each second; without sign-in it serves nobody until it is restarted.
    """
    if context.invoked_subcommand:
        return
    speak_plainly()
    if supervised:
        lifeline.hold()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    host, port = split_address(settings.console.listen)
    try:
        admission = admit(settings.console, host)
    except Failure as error:
        if not wait or supervised:
            raise
        say(f"{error}. The console serves nobody until it is started again with that")
        stop.wait()
        return
    from assay.accountable import stands_for
    from assay.metering import console_metrics, metering
    from ledger.store import Ledger
    from reports.console.assembly import assembled
    from reports.console.counting import Counting
    from reports.console.figures import Figures
    from reports.console.own import Own
    from reports.console.serving import Address, ListenError, serve

    path = settings.ledger.path
    if wait:
        patiently(lambda: _found(settings.ledger), stop, partial(_waits, supervised), "the console")
    else:
        Ledger.read(path).close()  # what is wrong with it is said now
    if stop.is_set():
        return
    refuse_wrong_ledger(settings.ledger)
    figures = Figures(path)
    try:
        keys = keys_of(settings.ledger)
        own = Own(path, lambda name: stands_for(settings, keys, name))
        secret, audited = keys.stable.derive("console"), partial(_audited, settings.ledger)
        with assembled(figures, admission, secret, checked(settings), own, audited) as gate:
            counting = Counting(gate)
            metrics = console_metrics(counting, figures)
            with metering(settings.console.metrics, "console.metrics", metrics):
                figures.start()
                address = Address(host, port, settings.console.certificate)
                serve(counting, address, partial(_ready, admission, supervised))
    except ListenError as error:
        raise Failure(str(error)) from None
    finally:
        figures.close()
    say("the console has ended")


@command.command()
def password() -> None:
    """Ask for a password and print its hash, for the file of accounts (console.accounts)."""
    from datasette_auth_passwords.utils import hash_password

    click.echo(hash_password(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))


def admit(console: ConsoleSettings, host: str) -> "Admission":
    """Say how readers are known. Raises Failure where anybody on the network could read the console."""
    from reports.console.access import Admission

    try:
        roles, accounts = load_roles(console.roles), load_accounts(console.accounts)
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None
    peers = tuple(ip_network(peer, strict=False) for peer in console.trusted_peers)
    if console.accounts and not accounts:
        raise Failure(
            f'{console.accounts} has no account: add a line as "ana@example.com" = "HASH", with the hash '
            "that assay console password prints",
            MISUSED,
        )
    if not _is_loopback(host):
        if not (accounts or peers):
            raise Failure(
                f"the console listens on {host} for sign-in only: set console.trusted_peers (single sign-on) or "
                "console.accounts, or listen on 127.0.0.1",
                MISUSED,
            )
        if not (console.certificate or peers):
            raise Failure(
                f"passwords would come to {host} unencrypted: set console.certificate, or console.trusted_peers to the "
                "front proxy that takes the TLS",
                MISUSED,
            )
    if console.certificate and not console.certificate.is_file():
        raise Failure(
            f"console.certificate {console.certificate} is no file: name a PEM file with a certificate and its key",
            MISUSED,
        )
    return Admission(accounts, peers, console.user_header, roles.admins, roles.auditors, roles.managers)


def checked(settings: Settings) -> str | None:
    """Say how the classifier did on prompts that it had not seen. None: it comes without such figures."""
    from classifiers.errors import ModelError
    from classifiers.manifest import SHIPPED, read_manifest

    try:
        model = read_manifest(settings.classifier.model or SHIPPED)
        figures = model.made["out_of_fold"]
        return (
            f"On prompts of sources that {model.name} had not seen in training, its scores rank as the labels do with "
            f"a correlation of {figures['spearman']:.2f} (Spearman; 1 is perfect). Single judgements are often wrong "
            "by a level: read groups and trends."
        )
    except (ModelError, KeyError, TypeError):
        return None


def _audited(settings: LedgerSettings) -> "Audited":
    from ledger.store import Ledger
    from reports.console.pages.audit import Audited

    with closing(Ledger.read(settings.path)) as ledger:
        audit = read_audit(ledger, settings)
        return Audited(audit.entries(), audit.verify())


def _found(settings: LedgerSettings) -> None:
    """Raise LedgerError where the ledger, or the key beside it, is not there yet."""
    from ledger.store import Ledger

    Ledger.read(settings.path).close()
    keys_of(settings)


def _waits(supervised: bool, why: str) -> None:
    """Say why it waits, and hold up nobody who has started it."""
    say(why)
    if supervised:
        lifeline.announce("nowhere yet")


def _ready(admission: "Admission", supervised: bool, url: str) -> None:
    who = "open to this machine's users" if admission.open else "with sign-in"
    say(f"the console is at {url} ({who})")
    if supervised:
        lifeline.announce(url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
