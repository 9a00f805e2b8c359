"""The ledger's reading side: usage by group and week, and how much it rests on. Opens the file read-only.

Groups of too few people are hidden by the views, not here.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from ledger.errors import LedgerError, said_of
from ledger.migrations import MIGRATIONS, schema_of
from ledger.outcomes import Outcome, Outcomes
from ledger.views import GROUPINGS, Grouping, usage_view

__all__ = ["GROUPINGS", "Coverage", "Explained", "Grouping", "ReadLedger", "Usage"]

BUSY_MS = 5000

# The newest judgement counts, as in the view.
EXPLAINED = """
SELECT v.at, v.assistant, v.client, j.classifier, v.level, j.score, j.p0, j.p1, j.p2, j.p3, j.p4, v.category, v.novelty,
    v.attention, j.duplicate_of, j.reasons, v.weight, v.value,
    (
        SELECT max(w.effective_from) FROM weights AS w WHERE w.level = v.level AND w.effective_from <= v.at
    ) AS weight_from
FROM turn_values AS v LEFT JOIN judgements AS j ON j.turn_id = v.turn_id
WHERE v.turn_id = :turn ORDER BY j.at DESC, j.classifier DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """One group's usage in one week."""

    group: str  # team, category, assistant or model; the week itself when grouped by week
    week: str  # the ISO week's Monday, UTC
    people: int
    raw_calls: int  # what a raw counter would have counted
    turns: int
    value: float | None  # in turns of full worth; None: no turn is judged yet
    gap: float | None  # 1 - value / judged turns
    air: float | None  # share of the judged turns worth under 0.1


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much the figures rest on: shares from 0 to 1. None: there was nothing to share."""

    judged: float | None  # of turns
    unreadable: float | None  # of calls
    unattributed: float | None  # of turns: they have no team
    estimated: float | None  # of calls whose tokens are known


@dataclass(frozen=True, slots=True)
class Explained:
    """What one turn is worth, and why. Facts about a turn, none about its person."""

    at: str
    assistant: str
    client: str | None
    calls: Mapping[str, int]  # how many of each kind the turn took
    classifier: str | None  # None: not judged yet, and so is all below
    level: int | None
    score: float | None  # expected level, 0.0 to 4.0
    probabilities: tuple[float, ...]  # of levels 0 to 4; empty: not judged
    category: str | None
    novelty: float | None
    attention: float | None
    duplicate_of: int | None
    reasons: tuple[str, ...]
    weight: float | None
    weight_from: str | None  # the date from which that weight holds
    value: float | None


class ReadLedger:
    """One read-only connection. Every method may raise LedgerError."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    @staticmethod
    def open(path: Path) -> "ReadLedger":
        """Open a ledger that exists. Raises LedgerError when there is none, it is no ledger, or its schema is not
        this program's.
        """
        if not path.is_file():
            raise LedgerError(f"there is no ledger at {path}: log something first (assay up), or name it with --db")
        with said_of(path):
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_MS / 1000, isolation_level=None
            )
            try:
                schema = schema_of(connection, path)
            except BaseException:
                connection.close()
                raise
        if schema < len(MIGRATIONS):
            connection.close()
            raise LedgerError(
                f"the ledger {path} has an older schema: open it for writing once (assay classify --once)"
            )
        return ReadLedger(Database(connection, execute_plugins=False), path)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def usage(self, by: Grouping, since: str | None = None) -> list[Usage]:
        """Give usage by group and week, oldest week first, groups in alphabetical order.

        `since` is a date as 2026-11-25: its whole week and later ones count. Raises ValueError for another text.
        """
        sql = (
            f"SELECT {by} AS 'group', week, people, raw_calls, turns, value, gap, air FROM {usage_view(by)}"  # noqa: S608 (names of ours)
            " WHERE week >= :week ORDER BY week, 1"
        )
        rows = self._rows(sql, week=_monday(since))
        return [Usage(**row) for row in rows]

    def hidden(self, by: Grouping, since: str | None = None) -> int:
        """Count the groups (each once a week) that `usage` hides, because they have too few people."""
        few = "count(DISTINCT person) < (SELECT value FROM policy WHERE name = 'min_group')"
        groups = f"SELECT 1 FROM turn_values WHERE week >= :week GROUP BY week, {GROUPINGS[by]} HAVING {few}"  # noqa: S608
        (row,) = self._rows(f"SELECT count(*) AS groups FROM ({groups})", week=_monday(since))  # noqa: S608
        return int(row["groups"])

    def outcomes(self, since: str | None = None) -> list[Outcome]:
        """Give what is imported of each team's weeks. `since` is as for `usage`."""
        connection = self._database.conn
        assert isinstance(connection, sqlite3.Connection)
        return Outcomes(connection, self._path).all(_monday(since))

    def min_group(self) -> int:
        """Tell how many people a group must have to be shown."""
        (row,) = self._rows("SELECT value FROM policy WHERE name = 'min_group'")
        return int(row["value"])

    def coverage(self) -> Coverage:
        """Tell how much all the ledger's figures rest on."""
        (row,) = self._rows("SELECT judged, unreadable, unattributed, estimated FROM coverage")
        return Coverage(**row)

    def explained(self, turn_id: int) -> Explained | None:
        """Tell what a turn is worth and why. None: there is no such turn."""
        turns = self._rows(EXPLAINED, turn=turn_id)
        if not turns:
            return None
        (row,) = turns
        shares = [row.pop(f"p{level}") for level in range(5)]
        kinds = self._rows("SELECT kind, count(*) AS n FROM calls WHERE turn_id = :turn GROUP BY kind", turn=turn_id)
        return Explained(
            **row | {"reasons": tuple(json.loads(row["reasons"] or "[]"))},
            probabilities=() if row["classifier"] is None else tuple(shares),
            calls={each["kind"]: each["n"] for each in kinds},
        )

    def _rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        with said_of(self._path):
            return list(self._database.query(sql, values))


def _monday(since: str | None) -> str:
    if since is None:
        return ""
    try:
        day = date.fromisoformat(since)
    except ValueError:
        raise ValueError(f"usage is given since a date such as 2026-11-25, not {since}") from None
    return date.fromordinal(day.toordinal() - day.weekday()).isoformat()
