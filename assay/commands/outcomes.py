"""`assay outcomes`: what teams brought about, beside value."""

from contextlib import closing
from pathlib import Path

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from config.settings import Settings


@click.group("outcomes", no_args_is_help=True)
def command() -> None:
    """Import what teams brought about, and show it beside value (docs/outcomes.md)."""


@command.command("import")
@with_settings("ledger.path")
@click.argument("source", metavar="FILE.csv|FILE.json")
def import_outcomes(settings: Settings, source: str) -> None:
    """Import outcomes of teams by week.

    A file has the columns team, week (any date of it), metric, value and perhaps n, how many items the value is of. It
    is imported whole or not at all, and what it says again replaces what a file said before.
    """
    _import_file(settings, Path(source))


def _import_file(settings: Settings, file: Path) -> None:
    from ledger.store import Ledger
    from reports.outcomes.files import BadFile, read_outcomes

    with closing(Ledger.open(settings.ledger.path)) as ledger:
        with closing(Ledger.read(settings.ledger.path)) as read:
            min_group = read.min_group()
        try:
            outcomes = read_outcomes(file, min_group)
        except BadFile as error:
            raise Failure(str(error), MISUSED) from None
        ledger.outcomes.enter(outcomes)
    teams, weeks = {one.team for one in outcomes}, {one.week for one in outcomes}
    click.echo(f"Imported {len(outcomes)} outcomes of {len(teams)} teams in {len(weeks)} weeks.")
