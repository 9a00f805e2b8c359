"""How far gaps may lie from what they say: of closed weeks as published, of the newest open ones drawn anew.

Of the company and of its teams that are shown. Drawing people is no SQL, so no view has these.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from ledger.address import Place
from ledger.errors import said_of
from ledger.records import monday
from ledger.sql import Connection
from ledger.uncertainty import RESAMPLES, Share, gap_interval

OPEN_DAYS = 7  # before the newest week: of older open weeks nothing is drawn
DRAWS = 1_000_000  # of people, which share out among all groups of the open weeks
FEWEST_RESAMPLES = 100  # of each, however many people there are

Bounds = tuple[float, float]
Group = tuple[str, str | None]  # a week and a team; None: the whole company
People = dict[str, Share]

PUBLISHED = """
SELECT week, team, gap_low, gap_high FROM published
WHERE week >= ? AND gap_low IS NOT NULL AND category IS NULL AND assistant IS NULL AND model IS NULL AND cause IS NULL
"""
OPEN = """
SELECT week, coalesce(team, '(no team)'), person, coalesce(sum(value), 0.0), count(value)
FROM turn_values
WHERE at >= (SELECT since FROM open_since) AND at >= ?
GROUP BY 1, 2, 3
"""


class Intervals:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def all(self, since: str = "") -> dict[Group, Bounds]:
        """Give the bounds of each week's gap, and of its teams', of the week `since`, a Monday, and of later ones."""
        with said_of(self._path):
            rows = self._connection.execute(PUBLISHED, (since,)).fetchall()
        return {(week, team): (low, high) for week, team, low, high in rows} | self.open(since)

    def open(self, since: str = "") -> dict[Group, Bounds]:
        """Give those of open weeks alone."""
        with said_of(self._path):
            (newest,) = self._connection.execute("SELECT max(at) FROM turns").fetchone()
            if newest is None:
                return {}
            (few,) = self._connection.execute("SELECT value FROM policy WHERE name = 'min_group'").fetchone()
            first = (date.fromisoformat(monday(newest)) - timedelta(days=OPEN_DAYS)).isoformat()
            rows = self._connection.execute(OPEN, (max(since, first),)).fetchall()
        teams: dict[str, dict[str, People]] = defaultdict(lambda: defaultdict(dict))
        for week, team, person, value, judged in rows:
            teams[week][team][person] = (float(value), int(judged))
        groups: dict[Group, People] = {}
        for week, those in teams.items():
            groups |= {(week, team): people for team, people in _shown(those, few).items()}
        return _drawn(groups)


def _shown(teams: Mapping[str, People], few: int) -> dict[str | None, People]:
    """Give a week's teams that are large enough, and all that is in its figures, as the views have it."""
    small = {team for team, people in teams.items() if len(people) < few}
    if len({person for team in small for person in teams[team]}) < few:
        teams = {team: people for team, people in teams.items() if team not in small}
    company: People = {}
    for people in teams.values():
        for person, (value, judged) in people.items():
            had = company.get(person, (0.0, 0))
            company[person] = (had[0] + value, had[1] + judged)
    return {None: company} | {team: people for team, people in teams.items() if team not in small}


def _drawn(groups: Mapping[Group, People]) -> dict[Group, Bounds]:
    people = sum(map(len, groups.values()))
    resamples = max(FEWEST_RESAMPLES, min(RESAMPLES, DRAWS // max(people, 1)))
    drawn = {group: gap_interval(list(shares.values()), group[1] or "", resamples) for group, shares in groups.items()}
    return {group: bounds for group, bounds in drawn.items() if bounds}
