"""`assay prune`: retention and the size cap."""

import time

import click

from assay.failure import say
from assay.housekeeping import key_destruction
from assay.options import with_settings
from assay.places import keys_of, open_ledger
from assay.retaining import retention_of, said
from config.settings import Settings


@click.command()
@with_settings("ledger.path")
def command(settings: Settings) -> None:
    """Delete what is older than it is kept, and the oldest turns of published weeks while the ledger is over its cap.

    Works a few milliseconds at a time beside the proxy, and can be ended at any point: the next run goes on. The
    classifier does the same by itself about once an hour.
    """

    retention, now = retention_of(settings), time.time()
    ledger = open_ledger(settings.ledger)
    try:
        pruned = ledger.pruning.run(retention, now)
        for _ in key_destruction(keys_of(settings.ledger), retention)(now):
            pass
    finally:
        ledger.close()
    removed, *findings = said(pruned, settings.ledger.path)
    click.echo(removed)
    for finding in findings:
        say(finding)
