"""A series of weeks, and the one that a page is about."""

from collections.abc import Sequence
from datetime import date

from reports.console.charts import Mark, Week, trend, usage_chart
from reports.console.numbers import decimal, is_over, percent, short_day
from reports.console.visits import Row, Shown

CHARTED = 16  # weeks


def gap_trend(gaps: Sequence[float | None]) -> str:
    """Draw the gap of some weeks, at least one."""
    return trend(gaps, f"The gap over {len(gaps)} weeks, from {percent(gaps[0])} to {percent(gaps[-1])}")


class Series:
    """The rows of a query by week, oldest first, and the week that the reader has chosen: else the newest that is over,
    else the newest.
    """

    def __init__(self, shown: Shown, chosen: str | None, today: date) -> None:
        self.shown = shown
        rows = shown.rows
        over = [row for row in rows if is_over(row["week"], today)]
        at = next((place for place, row in enumerate(rows) if row["week"] == chosen), (len(over) or len(rows)) - 1)
        self.week: Row | None = rows[at] if rows else None
        self.is_over = bool(rows) and is_over(rows[at]["week"], today)
        self.earlier: str | None = rows[at - 1]["week"] if at > 0 else None
        self.later: str | None = rows[at + 1]["week"] if at + 1 < len(rows) else None
        self.charted = rows[max(0, at + 1 - CHARTED) : at + 1]

    def chart(self, whose: str, marks: tuple[Mark, ...] = ()) -> str:
        """Draw the weeks up to the chosen one."""
        weeks = [Week(row["week"], row["raw_calls"], row["turns"], row["value"]) for row in self.charted]
        last = short_day(weeks[-1].week)
        return usage_chart(weeks, f"Raw calls, turns and value of {whose} by week, to the week of {last}", marks)

    def trend(self) -> str:
        """Draw the gap of the weeks up to the chosen one."""
        return gap_trend([row["gap"] for row in self.charted])

    def calls_per_turn(self) -> str:
        """Draw the calls that a turn took, in the weeks up to the chosen one."""
        calls = [row["calls_per_turn"] for row in self.charted]
        said = f"Calls per turn over {len(calls)} weeks, from {decimal(calls[0])} to {decimal(calls[-1])}"
        return trend(calls, said)
