"""`assay outcomes`: what teams brought about, beside value."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import click

from assay.failure import MISUSED, Failure, say
from assay.options import with_settings
from assay.places import open_ledger
from config.loading import SettingsError
from config.settings import Settings
from config.teams import load_teams


@click.group("outcomes", no_args_is_help=True)
def command() -> None:
    """Import what teams brought about, and show it beside value (docs/outcomes.md)."""


@command.command("import")
@with_settings("ledger.path")
@click.argument("source", metavar="FILE|github|gitlab|jira")
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), metavar="FILE", help="Whose each repository is, in TOML."
)
@click.option(
    "--url", help="The tracker's URL, if it is your own: https://HOST/api/v3 for GitHub, https://HOST for others."
)
@click.option(
    "--since", metavar="DATE", help="Import from this date's week on. Not given: from where the last import came to."
)
@click.option(
    "--wait",
    type=click.IntRange(0),
    default=900,
    show_default=True,
    help="Seconds to wait in all where a tracker limits requests.",
)
def import_outcomes(
    settings: Settings, source: str, map_file: Path | None, url: str | None, since: str | None, wait: int
) -> None:
    """Import outcomes of teams by week.

    A file has the columns team, week (any date of it), metric, value and perhaps n, how many items the value is of. It
    is imported whole or not at all, and what it says again replaces what a file said before.

    From github, gitlab and jira finished weeks are imported, and --map says which team each repository is of. The token
    is read from GITHUB_TOKEN, GITLAB_TOKEN or JIRA_TOKEN (with JIRA_USER in Jira Cloud). An import that is stopped by a
    limit goes on where it stopped when it is run again.
    """
    from reports.outcomes.sources import TRACKERS

    if source not in TRACKERS:
        if map_file or url or since:
            raise Failure(
                "--map, --url and --since are for github, gitlab and jira: leave them out for a file", MISUSED
            )
        _import_file(settings, Path(source))
        return
    if map_file is None:
        raise Failure(f"no map says whose {source}'s repositories are: give --map FILE (docs/outcomes.md)", MISUSED)
    _import_tracker(settings, source, map_file, url, _date(since), wait)


def _import_file(settings: Settings, file: Path) -> None:
    from ledger.store import Ledger
    from reports.outcomes.files import BadFile, read_outcomes

    with closing(open_ledger(settings.ledger)) as ledger:
        with closing(Ledger.read(settings.ledger.path)) as read:
            min_group = read.min_group()
        try:
            outcomes = read_outcomes(file, min_group)
        except BadFile as error:
            raise Failure(str(error), MISUSED) from None
        ledger.outcomes.enter(outcomes)
    teams, weeks = {one.team for one in outcomes}, {one.week for one in outcomes}
    click.echo(f"Imported {len(outcomes)} outcomes of {len(teams)} teams in {len(weeks)} weeks.")


def _import_tracker(
    settings: Settings, kind: str, map_file: Path, url: str | None, since: date | None, wait: int
) -> None:
    from ledger.store import Ledger
    from reports.outcomes.fetching import Bounds, Fetching, SourceError, checked_url
    from reports.outcomes.importing import import_from
    from reports.outcomes.mapping import BadMap, read_map
    from reports.outcomes.sources import TRACKERS

    tracker = TRACKERS[kind]
    token, where = os.environ.get(tracker.TOKEN, "").strip(), url or tracker.URL
    if not token:
        raise Failure(f"no token for {tracker.NAME} is there: set {tracker.TOKEN} in the environment", MISUSED)
    if not (token.isascii() and token.isprintable()):
        raise Failure(f"{tracker.TOKEN} holds what no token holds: copy the token anew", MISUSED)
    if not where:
        raise Failure(f"{tracker.NAME} has no usual address: give --url https://HOST", MISUSED)
    try:
        teams = read_map(map_file, kind, _team_of(settings))
        source = f"{kind}:{checked_url(where, tracker.NAME).host}"
        headers = tracker.headers(token, os.environ.get("JIRA_USER", "").strip())
        fetching = Fetching(tracker.NAME, where, tracker.TOKEN, headers, Bounds(wait_seconds=wait), say)
    except (BadMap, SourceError) as error:
        raise Failure(str(error), MISUSED) from None
    weeks: list[str] = []
    with closing(open_ledger(settings.ledger)) as ledger, closing(fetching):
        with closing(Ledger.read(settings.ledger.path)) as read:
            min_group = read.min_group()
        try:
            done = import_from(
                tracker, fetching, source, teams, ledger.outcomes, min_group, datetime.now(UTC), since, weeks.append
            )
        except SourceError as error:
            stored = f" (the weeks of {weeks[0]} to {weeks[-1]} are stored)" if weeks else ""
            raise Failure(f"{error}{stored}") from None
    click.echo(f"Imported {done.outcomes} outcomes of {done.weeks} weeks from {tracker.NAME}.")
    if done.teams_withheld:
        click.echo(f"Of {done.teams_withheld} team-weeks nothing is stored: fewer than {min_group} people had a hand.")
    if done.without_team:
        click.echo(f"{done.without_team} items are of nobody whose team is known: add the people to the teams file.")


def _team_of(settings: Settings) -> Callable[[str], str | None]:
    """Look people's teams up in the teams file, by any of their names there."""
    try:
        teams = load_teams(settings.identity.teams)
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None
    return lambda name: teams.teams.get(teams.people.get(name.lower(), name.lower()))


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Failure("--since must be a date, as 2026-11-25", MISUSED) from None


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
