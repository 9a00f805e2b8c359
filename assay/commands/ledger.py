"""`assay ledger`: what to do with a ledger that is broken."""

import time
from pathlib import Path

import click

from assay.failure import MISUSED, Failure, say
from assay.options import with_settings
from config.settings import Settings


@click.group()
def command() -> None:
    """Mend a broken ledger."""


@command.command()
@with_settings("ledger.path")
def repair(settings: Settings) -> None:
    """Set a broken ledger aside, and go on with what can be recovered of it.

    The broken file keeps its content under a new name beside the ledger. Proxy and classifier may run meanwhile: calls
    wait, and both go on with the mended ledger by themselves. A sound ledger is left as it is.
    """
    from ledger.repair import repair as repaired_of

    path = settings.ledger.path
    if not isinstance(path, Path):
        raise Failure(f"the ledger {path} is a server's: its admins mend it, or restore it from a backup", MISUSED)
    repaired = repaired_of(path, time.time())
    if repaired is None:
        say(f"the ledger {path} is whole: nothing was done")
        return
    say(f"the broken ledger is now {repaired.aside}, with what could not be read")
    for table, rows in repaired.rows.items():
        click.echo(f"{rows:>12,} {table}")
    say(f"{sum(repaired.rows.values()):,} rows were recovered into {path}")
    if repaired.lost:
        say(f"{repaired.lost:,} calls could not be recovered: they are counted as lost")
    if repaired.unjudged:
        say(f"{repaired.unjudged:,} turns have lost their judgement, and their text was gone: they stay not judged")
