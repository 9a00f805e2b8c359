"""One import: lists what happened since the first week that is asked for, and stores week after week, oldest first.

A week's outcomes are made of all its items, never added to, so that a week may be imported as often as one likes. What
needs a request an item (when a change's first commit was made) is asked for week by week: an import that is stopped,
by a limit or by somebody, goes on with the week at which it was stopped.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from ledger.outcomes import Cursor, Outcome, Outcomes, week_of
from reports.outcomes.fetching import Fetching
from reports.outcomes.items import Item, hours_between, outcomes_of
from reports.outcomes.mapping import TeamMap

FIRST_WEEKS = 26  # that a first import goes back, if it is not said
OVERLAP = 2  # weeks that are imported again: late labels, reverts and closings change them
WEEK = timedelta(days=7)


class Tracker(Protocol):
    """A module that knows one kind of source."""

    NAME: str
    TOKEN: str
    URL: str

    def headers(self, token: str, user: str) -> dict[str, str]:
        """Give the headers that carry the token."""

    def items(self, fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
        """Give what happened in a repository or project since a time."""

    def detailed(self, fetching: Fetching, item: Item) -> datetime | None:
        """Give when a change's first commit was made."""


@dataclass(slots=True)
class Imported:
    """What an import has stored."""

    weeks: int = 0
    outcomes: int = 0
    teams_withheld: int = 0  # team-weeks with items of which nothing is stored, as too few people had a hand in them
    without_team: int = 0  # items of nobody's that is known


def import_from(
    tracker: Tracker,
    fetching: Fetching,
    source: str,
    teams: TeamMap,
    outcomes: Outcomes,
    min_group: int,
    now: datetime,
    since: date | None = None,
    stored: Callable[[str], None] = lambda _: None,
) -> Imported:
    """Import all finished weeks from `since` on, or from where the last import came to. Raises SourceError.

    `stored` is told each week that is stored; those stay stored whatever happens to the next.
    """
    scopes = sorted(teams.scopes)
    first = _first_week(outcomes.cursors(source), scopes, now, since)
    end = week_of(now.astimezone(UTC).date())  # the week that is not over
    begin = datetime.combine(date.fromisoformat(first), datetime.min.time(), UTC)
    by_week: dict[str, list[Item]] = {}
    for scope in scopes:
        for item in tracker.items(fetching, scope, begin):
            by_week.setdefault(item.week, []).append(item)
    done = Imported()
    for week in _weeks(first, end):
        items = [_with_hours(tracker, fetching, item) for item in by_week.get(week, [])]
        found = _of_week(items, teams, week, source, min_group, done)
        following = week_of(date.fromisoformat(week) + WEEK)
        outcomes.replace(source, week, found, scopes, Cursor(following, complete=following >= end))
        done.weeks += 1
        done.outcomes += len(found)
        stored(week)
    return done


def _first_week(cursors: Mapping[str, Cursor], scopes: Sequence[str], now: datetime, since: date | None) -> str:
    """Choose the first week: as asked; where a stopped import was; or some before where a whole one came to."""
    earliest = week_of((now - timedelta(weeks=FIRST_WEEKS)).date())
    if since is not None:
        return week_of(since)
    weeks = []
    for scope in scopes:
        cursor = cursors.get(scope)
        if cursor is None:
            weeks.append(earliest)  # a repository that is new in the map changes its team's weeks
        else:
            back = OVERLAP if cursor.complete else 0
            weeks.append(week_of(date.fromisoformat(cursor.week) - timedelta(weeks=back)))
    return min(weeks)


def _weeks(first: str, end: str) -> Iterator[str]:
    week = first
    while week < end:
        yield week
        week = week_of(date.fromisoformat(week) + WEEK)


def _with_hours(tracker: Tracker, fetching: Fetching, item: Item) -> Item:
    if item.kind != "change" or item.hours is not None:
        return item
    return replace(item, hours=hours_between(tracker.detailed(fetching, item), item.at))


def _of_week(
    items: Sequence[Item], teams: TeamMap, week: str, source: str, min_group: int, done: Imported
) -> list[Outcome]:
    by_team: dict[str, list[Item]] = {}
    for item in items:
        whose = teams.teams(item)
        done.without_team += not whose
        for team in whose:
            by_team.setdefault(team, []).append(item)
    found = []
    for team, those in sorted(by_team.items()):
        made = outcomes_of(those, team, week, source, min_group)
        done.teams_withheld += not made
        found += made
    return found
