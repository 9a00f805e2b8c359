"""`assay publish`: closes finished weeks."""

import time
from contextlib import closing
from pathlib import Path

import click

from assay.options import with_settings
from assay.places import open_ledger
from assay.publishing import said, set_smallest
from config.settings import Settings


@click.command()
@with_settings("ledger.path")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Then write all that is published, and outcomes, into an SQLite file of its own. It holds nobody's rows.",
)
def command(settings: Settings, to: Path | None) -> None:
    """Close the weeks that are over: write down what is shown of them, which nothing changes any more.

    A week is closed once all its turns are judged, or when it has been over for a week. Turns that come later are
    counted as late. It can be ended at any point, and run beside itself; the classifier does the same by itself.
    """

    with closing(open_ledger(settings.ledger)) as ledger:
        set_smallest(ledger.policy, settings)
        sentences = [said(outcome) for outcome in ledger.publication.close(time.time())]
        if to is not None:
            ledger.publication.copy_to(to)
            sentences.append(f"what is published is in {to}")
    click.echo("\n".join(sentences) or "no week is to be closed: the running one is when it is over")
