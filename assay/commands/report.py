"""`assay report`: value beside raw calls."""

import shutil

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from config.settings import Settings


@click.command()
@with_settings("ledger.path")
@click.option(
    "--by",
    type=click.Choice(["team", "week", "category", "assistant", "model"]),
    default="team",
    show_default=True,
    help="What to group by.",
)
@click.option("--since", metavar="DATE", help="A date as 2026-11-25: its week and later ones.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    default="table",
    show_default=True,
    help="How to write it.",
)
def command(settings: Settings, by: str, since: str | None, form: str) -> None:
    """Show value beside raw calls, and the gap between them.

    Value is in turns of full worth; the gap is the share of turns that was worth nothing. Groups of too few people are
    not shown.
    """
    from reports.usage import read_report, render

    try:
        report = read_report(settings.ledger.path, by, since)  # type: ignore[arg-type] # click has checked it
    except ValueError:
        raise Failure("--since must be a date, as 2026-11-25", MISUSED) from None
    click.echo(render(report, form, shutil.get_terminal_size((100, 24)).columns))  # type: ignore[arg-type] # the same
