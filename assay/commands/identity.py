"""`assay identity`: names for the teams file."""

import sys

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from assay.places import key_of
from config.settings import Settings


@click.group()
def command() -> None:
    """Name API keys for the teams file."""


@command.command()
@with_settings("ledger.path")
def fingerprint(settings: Settings) -> None:
    """Read an API key from standard input, and print the name that stands for it in the teams file.

    The name cannot be led back to the key, and holds for this ledger only.
    """
    from proxy.identity import key_name

    secret = click.prompt("API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not secret.strip():
        raise Failure("no API key was given: write it to standard input", MISUSED)
    click.echo(key_name(key_of(settings.ledger.path), secret.strip()))
