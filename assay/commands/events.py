"""`assay events`: dates that figures are read by."""

from contextlib import closing
from dataclasses import asdict
from datetime import date

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from assay.places import open_ledger
from config.settings import Settings


@click.group()
def command() -> None:
    """Enter dates that figures are read by: a target that was announced, a new policy, a training.

    The console draws them on its charts, so that a gap that widens after a date is seen beside it.
    """


@command.command()
@with_settings("ledger.path")
@click.argument("day", metavar="DATE")
@click.argument("what")
@click.option("--team", metavar="NAME", help="Whose it is. Not given: the whole company's.")
def add(settings: Settings, day: str, what: str, team: str | None) -> None:
    """Enter an event: assay events add 2026-03-02 "Target: 50 prompts a week"."""

    if not what.strip():
        raise Failure("the event says nothing: name it in a few words", MISUSED)
    with closing(open_ledger(settings.ledger)) as ledger:
        number = ledger.events.enter(_day(day), what.strip(), team.strip() if team else None)
    click.echo(f"event {number}")


@command.command(name="list")
@with_settings("ledger.path")
def list_(settings: Settings) -> None:
    """Show the events."""
    from ledger.store import Ledger
    from reports.listing import render

    with closing(Ledger.read(settings.ledger.path)) as ledger:
        rows = [asdict(event) | {"team": event.team or ""} for event in ledger.events.all()]
    click.echo(render(rows, "table") or "No event is entered.")


@command.command()
@with_settings("ledger.path")
@click.argument("number", metavar="ID", type=int)
def remove(settings: Settings, number: int) -> None:
    """Remove an event."""

    with closing(open_ledger(settings.ledger)) as ledger:
        removed = ledger.events.remove(number)
    if not removed:
        raise Failure(f"there is no event {number}: assay events list shows them")


def _day(day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise Failure("DATE must be a date, as 2026-11-25", MISUSED) from None
