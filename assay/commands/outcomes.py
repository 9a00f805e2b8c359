"""`assay outcomes`: what teams brought about, beside value."""

import shutil
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


@command.command("report")
@with_settings("ledger.path")
@click.option("--since", metavar="DATE", help="A date as 2026-11-25: its week and later ones.")
@click.option(
    "--lag",
    type=click.IntRange(0, 4),
    help="Weeks by which outcomes follow value. Not given: what shows most, corrected for the choice.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    default="table",
    show_default=True,
    help="How to write it.",
)
def report(settings: Settings, since: str | None, lag: int | None, form: str) -> None:
    """Show outcomes beside value by team and week, and whether they are related.

    "related" is said only where chance alone hardly gives as strong a relation; else "no detectable relation".
    Groups of too few people are not shown.
    """
    from reports.outcomes.panel import read_panel
    from reports.outcomes.rendering import render

    try:
        panel = read_panel(settings.ledger.path, since, lag)
    except ValueError:
        raise Failure("--since must be a date, as 2026-11-25", MISUSED) from None
    click.echo(render(panel, form, shutil.get_terminal_size((120, 24)).columns))  # type: ignore[arg-type] # click has checked it
