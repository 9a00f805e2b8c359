"""Closes weeks that are over: what is shown of them is written once, and no later query, turn or deletion changes it.

Weeks are closed in their order, each in one transaction, so all before `open_since` is closed. The figures are made
before that transaction, which only looks whether their turns are still all there are: nobody waits for the computing,
several may publish at once, and one that is killed has closed a week or has not. Leaves out what may be shown
(`suppression.py`) and how published weeks are pruned (`pruning.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.address import Place
from ledger.aggregates import copy_aggregates
from ledger.errors import said_of
from ledger.records import monday, next_week, utc
from ledger.rows import UNTIL_JUDGED
from ledger.sql import Connection, writing
from ledger.suppression import Cell, Shown, left_out, shown, universe

GRACE_DAYS = 7  # for which a week that is over waits for judgements
NO_TEAM = "(no team)"
TRIES = 3  # to close a week while turns of it still come

CELLS = """
WITH seen AS MATERIALIZED (
    SELECT
        v.person, v.team, v.category, v.assistant, v.model, v.value,
        (SELECT count(*) FROM calls AS c WHERE c.turn_id = v.turn_id) AS calls
    FROM turn_values AS v
    WHERE v.at >= ? AND v.at < ?
)
SELECT
    person, coalesce(team, '(no team)'), coalesce(category, '(not judged)'), assistant, coalesce(model, '(no model)'),
    sum(calls), count(*), count(value), sum(CASE WHEN value < 0.1 THEN 1 ELSE 0 END), coalesce(sum(value), 0.0)
FROM seen
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
"""

EACH_CALL = """
SELECT coalesce(t.team, '(no team)') AS team, c.kind, c.input_tokens, c.output_tokens, c.usage_estimated
FROM turns AS t INNER JOIN calls AS c ON c.turn_id = t.id
WHERE t.at >= :week AND t.at < :until
UNION ALL
SELECT NULL, c.kind, c.input_tokens, c.output_tokens, c.usage_estimated
FROM calls AS c
WHERE c.turn_id IS NULL AND c.at >= :week AND c.at < :until
"""
# Of each team's turns, and of no turn's (NULL): calls, unreadable ones, those whose tokens are known, and estimates.
CALLS = f"""
SELECT
    team, count(*), sum(CASE kind WHEN 'unreadable' THEN 1 ELSE 0 END), count(coalesce(input_tokens, output_tokens)),
    sum(CASE WHEN coalesce(input_tokens, output_tokens) IS NOT NULL THEN usage_estimated ELSE 0 END)
FROM ({EACH_CALL}) AS c
GROUP BY team
"""  # noqa: S608 (ours)


@dataclass(frozen=True, slots=True)
class Closed:
    """A week that is closed now."""

    week: str
    rows: int  # published
    withheld: bool  # some turns are in no figure, as they are of too few people


@dataclass(frozen=True, slots=True)
class Waits:
    """A week that is over, but not closed, nor are those after it."""

    week: str
    turns: int  # without a judgement; 0: turns of it still come in
    at_most_until: str  # a date


class Publication:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def close(self, now: float) -> Iterator[Closed | Waits]:
        """Close the weeks that are over, the oldest first, up to one that waits. `now`: Unix seconds."""
        today = utc(now)[:10]
        with said_of(self._path):
            while (week := self._next()) is not None and next_week(week) <= today:
                at_most_until = next_week(next_week(week))
                waiting = self._waiting(next_week(week))
                if waiting and today < at_most_until:
                    yield Waits(week, waiting, at_most_until)
                    return
                outcome = self._close(week, utc(now))
                if outcome is None:
                    yield Waits(week, 0, at_most_until)
                    return
                if isinstance(outcome, Closed):
                    yield outcome

    def copy_to(self, target: Path) -> None:
        """Write what is published into an SQLite file of its own, in place of one that was there."""
        copy_aggregates(self._connection, self._path, target)

    def _next(self) -> str | None:
        """Give the first open week that has turns, or calls of none."""
        (since,) = self._connection.execute("SELECT since FROM open_since").fetchone()
        (first,) = self._connection.execute(
            "SELECT min(at) FROM (SELECT min(at) AS at FROM turns WHERE at >= ? UNION ALL"
            " SELECT min(at) FROM calls WHERE turn_id IS NULL AND at >= ?) AS firsts",
            (since, since),
        ).fetchone()
        return None if first is None else monday(first)

    def _waiting(self, until: str) -> int:
        (turns,) = self._connection.execute(
            "SELECT count(*) FROM turns WHERE text_expires_at >= ? AND at < ?", (UNTIL_JUDGED, until)
        ).fetchone()
        return int(turns)

    def _close(self, week: str, now: str) -> "Closed | bool | None":
        """Close one week. None: turns of it still come. False: somebody else has closed it."""
        for _ in range(TRIES):
            record = self._figures(week, now)
            with writing(self._connection):
                if self._connection.execute("SELECT 1 FROM weeks WHERE week = ?", (week,)).fetchone():
                    return False
                (turns,) = self._connection.execute(
                    "SELECT count(*) FROM turns WHERE at >= ? AND at < ?", (week, next_week(week))
                ).fetchone()
                if turns == record.all_turns:
                    self._write(record)
                    return Closed(week, len(record.rows), record.withheld)
        return None

    def _figures(self, week: str, now: str) -> "_Record":
        span = (week, next_week(week))
        (few,) = self._connection.execute("SELECT value FROM policy WHERE name = 'min_group'").fetchone()
        (last,) = self._connection.execute(
            "SELECT coalesce(max(id), 0) FROM turns WHERE at >= ? AND at < ?", span
        ).fetchone()
        cells = [_cell(*row) for row in self._connection.execute(CELLS, span).fetchall()]
        out = left_out(cells, few)
        calls = self._connection.execute(CALLS, {"week": week, "until": span[1]}).fetchall()
        kept = [cell for cell in cells if cell.team not in out]
        counts = [sum(counted) for counted in zip(*(row[1:] for row in calls if row[0] not in out), strict=True)]
        return _Record(
            (
                *span,
                now,
                few,
                last,
                int(bool(out)),
                sum(cell.turns for cell in kept),
                sum(cell.judged for cell in kept),
                sum(cell.turns for cell in kept if cell.team == NO_TEAM),
                *(counts or [0, 0, 0, 0]),
            ),
            shown(universe(cells, few), few),
            sum(cell.turns for cell in cells),
            bool(out),
        )

    def _write(self, record: "_Record") -> None:
        week = record.week[0]
        self._connection.executemany(
            "INSERT INTO published (week, team, category, assistant, model, people, raw_calls, turns, judged, value,"
            " gap, air) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(str(week), row) for row in record.rows],
        )
        (since,) = self._connection.execute("SELECT since FROM open_since").fetchone()
        weeks = [record.week]
        while since and since < str(week):  # nobody asked anything, and whoever says so now is late
            weeks.append((since, next_week(since), record.week[2], record.week[3], *[0] * 9))
            since = next_week(since)
        self._connection.executemany(
            "INSERT INTO weeks (week, until, closed_at, min_group, last_turn_id, withheld, turns, judged, unattributed,"
            " calls, unreadable, measured, estimated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            weeks,
        )


@dataclass(frozen=True, slots=True)
class _Record:
    week: tuple[object, ...]  # a row of `weeks`
    rows: Sequence[Shown]
    all_turns: int  # with those that are withheld
    withheld: bool


def _cell(
    person: str, team: str, category: str, assistant: str, model: str, calls: int, turns: int, judged: int, air: int,
    value: float,
) -> Cell:  # fmt: skip
    return Cell(person, team, category, assistant, model, int(calls), int(turns), int(judged), int(air), float(value))


def _row(week: str, row: Shown) -> tuple[object, ...]:
    return (
        week, row.team, row.category, row.assistant, row.model, row.people, row.raw_calls, row.turns, row.judged,
        row.value, row.gap, row.air,
    )  # fmt: skip
