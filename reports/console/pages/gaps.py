"""What a page says of a gap besides its figure: its interval, since when it is wider or narrower, and dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ledger.records import monday
from ledger.uncertainty import COVERED
from reports.console.charts import Mark
from reports.console.pages.weeks import Series
from reports.console.visits import Shown, Visit
from reports.findings import Dated, Finding, finding


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one company or team, at the week that the page is about."""

    closed: Shown  # the weeks that are looked at
    events: Shown
    interval: Mapping[str, float] | None  # low, high, covered; drawn: of an open week, so that no SQL gives it
    finding: Finding | None
    parted: Shown | None  # the means that the finding is of, as SQL gives them
    dated: Sequence[Dated]  # events in the weeks that are drawn

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Give the numbers of the events, to be drawn at their weeks."""
        weeks = groupby(self.dated, key=lambda event: monday(event.day))
        return tuple(Mark(week, ", ".join(str(event.number) for event in events)) for week, events in weeks)


async def read(visit: Visit, series: Series, closed: Shown, team: str | None = None) -> Reading:
    """Read what is known of the gap. `closed`: the weeks that are closed, with the bounds of their gaps."""
    assert series.week is not None
    week = series.week["week"]
    events = await visit.show("events_of_team", team=team) if team else await visit.show("events_of_the_company")
    first = series.charted[0]["week"]
    drawn = [row for row in events.rows if first <= monday(row["day"]) <= week]
    dated = [Dated(number, row["day"], row["what"]) for number, row in enumerate(drawn, 1)]
    gaps = [(row["week"], row["gap"]) for row in closed.rows if row["week"] <= week]
    found = finding(gaps, dated)
    parted = await _parted(visit, closed, week, found.week) if found else None
    return Reading(closed, events, _interval(visit, closed, week, team), found, parted, dated)


async def _parted(visit: Visit, closed: Shown, week: str, since: str) -> Shown:
    name = "team_gap_before_and_since" if closed.parameters else "gap_before_and_since"
    return await visit.show(name, **closed.parameters, week=week, since=since)


def _interval(visit: Visit, closed: Shown, week: str, team: str | None) -> Mapping[str, float] | None:
    row = next((row for row in closed.rows if row["week"] == week), None)
    low, high = (row["gap_low"], row["gap_high"]) if row else visit.figures.intervals.get((week, team), (None, None))
    if low is None or high is None:
        return None
    return {"low": low, "high": high, "covered": COVERED, "drawn": row is None}
