"""The ledger's reading side: usage by group and week, and how much it rests on. Opens the file read-only.

Groups of too few people are hidden by the views, not here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ledger.address import Place
from ledger.audit import Audit
from ledger.contests import Contests
from ledger.errors import LedgerError, said_of
from ledger.events import Events
from ledger.intervals import Intervals
from ledger.keys import Keys
from ledger.migrations import MIGRATIONS, schema_of
from ledger.opening import open_to_read
from ledger.outcomes import Outcome, Outcomes
from ledger.personal import Personal
from ledger.records import monday
from ledger.rows import UNTIL_JUDGED
from ledger.sealing import Sealing
from ledger.sql import Connection
from ledger.views import GROUPINGS, Grouping, usage_view

__all__ = ["GROUPINGS", "Coverage", "Explained", "Grouping", "ReadLedger", "Usage", "Waiting"]

BUSY_MS = 5000

# The newest judgement counts, as in the view.
EXPLAINED = """
SELECT substr(v.at, 1, 10) AS at,
    v.assistant, v.client, j.classifier, v.level, j.score, j.p0, j.p1, j.p2, j.p3, j.p4, v.category, v.novelty,
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
    gap_low: float | None = None  # the bounds of the gap's interval; None: of few people, or no company's or team's
    gap_high: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much the figures rest on: shares from 0 to 1. None: there was nothing to share."""

    judged: float | None  # of turns
    unreadable: float | None  # of calls
    unattributed: float | None  # of turns: they have no team
    estimated: float | None  # of calls whose tokens are known


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for its judgement."""

    turns: int
    since: str | None  # when the oldest was asked; None: nothing waits


@dataclass(frozen=True, slots=True)
class Explained:
    """What one turn is worth, and why. Facts about a turn, none about its person."""

    at: str  # the day alone: the time would tell a colleague whose turn it is
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

    def __init__(self, connection: Connection, path: Place, sealing: Sealing) -> None:
        self._connection = connection
        self._path = path
        self.personal = Personal(connection, path, sealing)
        self.contests = Contests(connection, path, sealing)
        self.events = Events(connection, path)
        self.intervals = Intervals(connection, path)

    @staticmethod
    def open(path: Place, keys: Keys | None = None) -> "ReadLedger":
        """Open a ledger that exists. Raises LedgerError when there is none, it is no ledger, or its schema is not
        this program's.
        """
        with said_of(path):
            connection = open_to_read(path, BUSY_MS)
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
        return ReadLedger(connection, path, Sealing(path, keys))

    def audit(self, secret: bytes, head: Path) -> Audit:
        """Give the table of who did what, for reading: what `Audit` takes."""
        return Audit(self._connection, self._path, secret, head)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def usage(self, by: Grouping, since: str | None = None) -> list[Usage]:
        """Give usage by group and week, oldest week first, groups in alphabetical order.

        `since` is a date as 2026-11-25: its whole week and later ones count. Raises ValueError for another text.
        """
        sql = (
            f'SELECT {by} AS "group", week, people, raw_calls, turns, value, gap, air FROM {usage_view(by)}'  # noqa: S608 (names of ours)
            " WHERE week >= :week ORDER BY week, 1"
        )
        rows = [Usage(**row) for row in self._rows(sql, week=_monday(since))]
        return self._with_intervals(by, rows, _monday(since)) if by in ("team", "week") else rows

    def team_usage(self, team: str, since: str | None = None) -> list[Usage] | None:
        """Give one team's usage by week to whoever leads it: of the weeks with as many people as that takes, which is
        more than for others to be shown it. None: there is no such week. `since` is as for `usage`.
        """
        sql = (
            'SELECT team AS "group", week, people, raw_calls, turns, value, gap, air FROM usage_by_team_week'
            " WHERE team = :team AND week >= :week"
            " AND people >= (SELECT value FROM policy WHERE name = 'min_own_team') ORDER BY week"
        )
        rows = [Usage(**row) for row in self._rows(sql, team=team, week=_monday(since))]
        return self._with_intervals("team", rows, _monday(since)) or None

    def is_empty(self, since: str | None = None) -> bool:
        """Tell whether nothing was asked since then, shown or not. `since` is as for `usage`."""
        (row,) = self._rows(
            "SELECT EXISTS (SELECT 1 FROM turns WHERE at >= :week) OR EXISTS"
            " (SELECT 1 FROM weeks WHERE week >= :week AND last_turn_id + late > 0) AS asked",
            week=_monday(since),
        )
        return not row["asked"]

    def outcomes(self, since: str | None = None) -> list[Outcome]:
        """Give what is imported of each team's weeks. `since` is as for `usage`."""
        return Outcomes(self._connection, self._path).all(_monday(since))

    def min_group(self) -> int:
        """Tell how many people a group must have to be shown."""
        (row,) = self._rows("SELECT value FROM policy WHERE name = 'min_group'")
        return int(row["value"])

    def coverage(self) -> Coverage:
        """Tell how much all the ledger's figures rest on."""
        (row,) = self._rows("SELECT judged, unreadable, unattributed, estimated FROM coverage")
        return Coverage(**row)

    def state(self) -> int:
        """Give a number that is another one once the ledger has changed."""
        with said_of(self._path):
            return self._connection.state()

    def waiting(self) -> Waiting:
        """Tell what waits for its judgement."""
        (row,) = self._rows(
            "SELECT count(*) AS turns, min(at) AS since FROM turns WHERE text_expires_at >= :unjudged",
            unjudged=UNTIL_JUDGED,
        )
        return Waiting(**row)

    def lost(self) -> dict[str, int]:
        """Tell how many calls passed and are not in the ledger, by why."""
        rows = self._rows("SELECT why, sum(calls) AS calls FROM lost GROUP BY why ORDER BY why")
        return {row["why"]: int(row["calls"]) for row in rows}

    def identity_sources(self) -> dict[str, float]:
        """Tell what named the people, as shares of the turns, the largest first."""
        rows = self._rows(
            "SELECT identity_source AS source, 1.0 * count(*) / (SELECT count(*) FROM turns) AS share FROM turns"
            " GROUP BY identity_source ORDER BY share DESC, source"
        )
        return {row["source"]: row["share"] for row in rows}

    def faults(self) -> int:
        """Look the whole file through; give how many faults were found, up to 100. A server's are not looked for."""
        with said_of(self._path):
            return self._connection.faults()

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

    def _with_intervals(self, by: Grouping, rows: list[Usage], since: str) -> list[Usage]:
        bounds = self.intervals.all(since) if rows else {}
        found = ((row, bounds.get((row.week, None if by == "week" else row.group))) for row in rows)
        return [
            replace(row, gap_low=both[0], gap_high=both[1]) if both and row.gap is not None else row
            for row, both in found
        ]

    def _rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        with said_of(self._path):
            found = self._connection.execute(sql, values)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found]


def _monday(since: str | None) -> str:
    if since is None:
        return ""
    try:
        return monday(date.fromisoformat(since).isoformat())
    except ValueError:
        raise ValueError(f"usage is given since a date such as 2026-11-25, not {since}") from None
