"""`assay audit-access`: a person's own rows, for who says why; and the table that keeps what they said."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from config.settings import Settings

if TYPE_CHECKING:
    from ledger.contests import Label

Command = Callable[..., None]


def _accountable(command: Command) -> Command:
    """Options of whatever shows a person's rows."""
    reason = click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept. Name nobody in it.")
    name = click.option("--as", "claimed", metavar="NAME", help="Your name, kept beside the login that you have.")
    return reason(name(command))


_format = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to write it.",
)


@click.group()
def command() -> None:
    """Look at a person's own rows, with a reason; and see who did.

    Who looks, when, at what and why is in the audit table before anything is shown. It is only ever added to, and
    `assay audit-access verify` finds what was changed, removed or cut.
    """


@command.command()
@with_settings("ledger.path")
@click.option("--person", metavar="NAME", help="Any of their names, as identity sources or the teams file give them.")
@click.option("--pseudonym", metavar="DIGEST", help="What stands for them in the ledger, instead of a name.")
@click.option("--since", metavar="DATE", help="A date as 2026-11-25: that day and later ones.")
@_format
@_accountable
def turns(
    settings: Settings,
    person: str | None,
    pseudonym: str | None,
    since: str | None,
    form: str,
    reason: str,
    claimed: str | None,
) -> None:
    """Show one person's turns with their value and the reasons for it."""
    from assay.accountable import answered_for, checked, operator, stands_for
    from assay.places import keys_of
    from ledger.store import Ledger
    from reports.listing import render

    if bool(person and person.strip()) == bool(pseudonym and pseudonym.strip()):
        raise Failure("whose turns? Name one person, with --person or with --pseudonym", MISUSED)
    why = checked(reason)
    day = _day(since)
    Ledger.read(settings.ledger.path).close()  # or a wrong --db got a key
    stands = stands_for(settings, keys_of(settings.ledger), person) if person else (str(pseudonym).strip().lower(),)
    what = f"turns of {', '.join(stands)}" + (f" since {day}" if day else "")
    with answered_for(settings.ledger, operator(claimed), what, why) as ledger:
        found = ledger.personal.turns(stands, day)
    rows = [asdict(turn) | {"reasons": "; ".join(turn.reasons)} for turn in found]
    shown = render(rows, form, _width())  # type: ignore[arg-type] # click has checked it
    click.echo(shown or "No turn of this person is in the ledger.")


@command.command()
@with_settings("ledger.path")
@click.argument("turn_id", type=int)
@_accountable
def text(settings: Settings, turn_id: int, reason: str, claimed: str | None) -> None:
    """Show the words of one turn, while they are kept.

    They are deleted when the turn is judged, or `ledger.keep_text_days` later.
    """
    from assay.accountable import answered_for, checked, operator

    with answered_for(settings.ledger, operator(claimed), f"text of turn {turn_id}", checked(reason)) as ledger:
        kept = ledger.personal.kept(turn_id)
    if kept is None:
        raise Failure(f"the ledger has no turn {turn_id}: ids are in its table `turns`, as long as they are retained")
    if kept.text is None:
        raise Failure(
            f"the text of turn {turn_id} is deleted: it is kept until its judgement, and ledger.keep_text_days"
        )
    click.echo(kept.text)


@command.command()
@with_settings("ledger.path")
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="JSONL; must not exist.")
@_accountable
def labels(settings: Settings, output: Path, reason: str, claimed: str | None) -> None:
    """Write what people contest, with the words that they gave for it, as labels for `assay train --extra`.

    The file holds prompts: it is for its owner alone (mode 0600), and nobody's name or pseudonym is in it.
    """
    from assay.accountable import answered_for, checked, operator
    from ledger.files import make_folder

    if output.exists():
        raise Failure(f"{output} exists: name another file", MISUSED)
    with answered_for(settings.ledger, operator(claimed), "labels of contests", checked(reason)) as ledger:
        found = ledger.contests.labels()
    try:
        make_folder(output.parent)
        with open(output, "x", encoding="utf-8", opener=_private) as file:
            file.writelines(json.dumps(_labelled(label), ensure_ascii=False) + "\n" for label in found)
    except OSError as error:
        raise Failure(
            f"{output} cannot be written ({(error.strerror or 'unknown').lower()}): name another file"
        ) from None
    click.echo(f"{len(found)} {'label' if len(found) == 1 else 'labels'} in {output}")


@command.command()
@with_settings("ledger.path")
@_format
def log(settings: Settings, form: str) -> None:
    """Show the audit table: who did what, when and why."""
    from assay.places import read_audit
    from ledger.store import Ledger
    from reports.listing import render

    with closing(Ledger.read(settings.ledger.path)) as ledger:
        entries = read_audit(ledger, settings.ledger).entries()
    shown = render([asdict(entry) for entry in entries], form, _width())  # type: ignore[arg-type] # click has checked it
    click.echo(shown or "Nobody has looked at a person's rows.")


@command.command()
@with_settings("ledger.path")
def verify(settings: Settings) -> None:
    """Check that the audit table is as it was written. Ends with 1 and the first wrong entry where it is not."""
    from assay.places import read_audit
    from ledger.store import Ledger

    with closing(Ledger.read(settings.ledger.path)) as ledger:
        audit = read_audit(ledger, settings.ledger)
        if (fault := audit.verify()) is not None:
            raise Failure(fault)
        entries = audit.entries()
    newest = f"; the newest is {entries[-1].id}, {entries[-1].hash}" if entries else ""
    click.echo(f"The audit table is whole: {len(entries)} {'entry' if len(entries) == 1 else 'entries'}{newest}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _labelled(label: "Label") -> dict[str, object]:
    return {
        "id": f"contest-{label.turn_id}",
        "lang": label.lang or "en",
        "turns": [{"role": "user", "text": label.words}],
        "level": label.level,
        "category": label.category,
        "work": "yes" if label.work else "no",
    }


def _day(since: str | None) -> str:
    try:
        return date.fromisoformat(since).isoformat() if since else ""
    except ValueError:
        raise Failure("--since must be a date, as 2026-11-25", MISUSED) from None


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns
