"""Outcomes beside value for the console: computed anew only when outcomes, or usage of weeks that are over, change.

Chance is drawn thousands of times for it, so it is computed ahead of the readers, from the console's copy.
"""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from ledger.outcomes import Outcome
from ledger.records import monday
from ledger.usage import Usage
from reports.outcomes.panel import Panel, beside

USAGE = """
SELECT team, week, people, raw_calls, turns, value, gap, air FROM usage_by_team_week WHERE week < ? ORDER BY week, team
"""
OUTCOMES = """
SELECT team, week, metric, value, source, n, unit FROM outcomes WHERE week < ? ORDER BY week, team, metric, source
"""


class Beside:
    """The newest panel. None: it has not been computed yet."""

    def __init__(self) -> None:
        self.panel: Panel | None = None
        self._of: object = None

    def follow(self, copy: Path, today: date) -> None:
        """Bring the panel to what the copy holds. Raises sqlite3.Error."""
        week = monday(today.isoformat())
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            usage = connection.execute(USAGE, (week,)).fetchall()
            outcomes = connection.execute(OUTCOMES, (week,)).fetchall()
        if (usage, outcomes) == self._of:
            return
        told = [
            Outcome(team, week, metric, value, source, n, unit or "")
            for team, week, metric, value, source, n, unit in outcomes
        ]
        self.panel = beside([Usage(*row) for row in usage], told)
        self._of = (usage, outcomes)
