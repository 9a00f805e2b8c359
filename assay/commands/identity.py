"""`assay identity`: names for the teams file."""

import sys

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from assay.places import keys_of
from config.settings import Settings


@click.group()
def command() -> None:
    """Name API keys for the teams file."""


@command.command()
@with_settings("ledger.path")
def fingerprint(settings: Settings) -> None:
    """Read an API key from standard input, and print the name that stands for it in the teams file.

    Of an AWS key it takes the id (AKIA…). The name cannot be led back to the key, and holds for this ledger only.
    """
    from proxy.credentials import lasting_credential
    from proxy.identity import key_name

    given = click.prompt("API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise Failure("no API key was given: write it to standard input", MISUSED)
    if (secret := lasting_credential({"authorization": given.strip()})) is None:
        raise Failure("this is a login's token, which is renewed and names nobody: name the person otherwise", MISUSED)
    click.echo(key_name(keys_of(settings.ledger).stable, secret))
