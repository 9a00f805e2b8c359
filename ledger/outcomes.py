"""Outcomes: what teams brought about, by week, as importers found it; and how far each importer has come.

Team-week figures only: nothing here speaks of a person. Leaves out what a metric means (`reports/outcomes/metrics.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.address import Place
from ledger.errors import said_of
from ledger.sql import Connection, writing

ENTER = """
INSERT INTO outcomes (team, week, metric, value, source, n, unit) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (team, week, metric, source) DO UPDATE SET value = excluded.value, n = excluded.n, unit = excluded.unit
"""
MARK = """
INSERT INTO outcome_cursors (source, scope, week, complete) VALUES (?, ?, ?, ?)
ON CONFLICT (source, scope) DO UPDATE SET week = excluded.week, complete = excluded.complete
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One metric of one team in one week, as one source tells it."""

    team: str
    week: str  # the ISO week's Monday, UTC
    metric: str
    value: float
    source: str  # "file", or kind:host of an API, as github:api.github.com
    n: int | None  # how many items or answers the value is of; None: not told
    unit: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source's repository or project is imported."""

    week: str  # the first week that is not
    complete: bool  # that import came as far as it could; False: it was stopped before


def week_of(day: date) -> str:
    """Give the Monday of a day's ISO week."""
    return (day - timedelta(days=day.weekday())).isoformat()


class Outcomes:
    """Outcomes over a ledger's connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def enter(self, outcomes: Iterable[Outcome]) -> None:
        """Enter all of them or none. What the same source said of the same team, week and metric is replaced."""
        with said_of(self._path), writing(self._connection):
            self._connection.executemany(ENTER, map(_row, outcomes))

    def replace(self, source: str, week: str, outcomes: Iterable[Outcome], scopes: Sequence[str], then: Cursor) -> None:
        """Put a source's outcomes of one week in place of those that it had, and say how far its scopes now are."""
        with said_of(self._path), writing(self._connection):
            self._connection.execute("DELETE FROM outcomes WHERE source = ? AND week = ?", (source, week))
            self._connection.executemany(ENTER, map(_row, outcomes))
            self._connection.executemany(MARK, [(source, scope, then.week, int(then.complete)) for scope in scopes])

    def cursors(self, source: str) -> dict[str, Cursor]:
        """Give a source's cursors by scope: a repository or a project."""
        with said_of(self._path):
            rows = self._connection.execute(
                "SELECT scope, week, complete FROM outcome_cursors WHERE source = ?", (source,)
            ).fetchall()
        return {scope: Cursor(week, complete == 1) for scope, week, complete in rows}

    def all(self, since: str = "") -> list[Outcome]:
        """Give the outcomes of the week `since`, a Monday, and of later ones, in alphabetical order."""
        with said_of(self._path):
            rows = self._connection.execute(
                "SELECT team, week, metric, value, source, n, unit FROM outcomes WHERE week >= ?"
                " ORDER BY week, team, metric, source",
                (since,),
            ).fetchall()
        return [
            Outcome(team, week, metric, value, source, n, unit or "")
            for team, week, metric, value, source, n, unit in rows
        ]


def _row(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.team,
        outcome.week,
        outcome.metric,
        outcome.value,
        outcome.source,
        outcome.n,
        outcome.unit,
    )
