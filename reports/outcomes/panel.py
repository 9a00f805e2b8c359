"""Team-weeks with their value and their outcomes side by side, and what relates the two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.address import Place
from ledger.outcomes import Outcome
from ledger.store import Ledger
from ledger.usage import Usage
from reports.outcomes.metrics import METRICS, combined
from reports.outcomes.ranks import Series
from reports.outcomes.relation import LAGS, LEVEL, Relation, corrected, relation

KINDS = 3  # of SPACE's dimensions that outcomes should speak to

Verdict = Literal["related", "no detectable relation", "too little data"]


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """One team's week."""

    team: str
    week: str
    people: int  # active ones, who used the assistant
    value: float | None  # None: nothing is judged yet
    outcomes: Mapping[str, float]  # by metric

    @property
    def value_per_person(self) -> float | None:
        return None if self.value is None else self.value / self.people


@dataclass(frozen=True, slots=True)
class Related:
    """What is known of value and one metric."""

    metric: str
    verdict: Verdict
    relation: Relation | None
    p: float | None  # corrected for the lags and for the metrics that were looked at


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the report says."""

    rows: Sequence[TeamWeek]
    metrics: Sequence[str]  # of which there are outcomes beside usage, in METRICS' order
    related: Sequence[Related]
    unmatched: Sequence[str]  # teams with outcomes of which no usage is shown
    imported: bool  # there are outcomes at all


def read_panel(path: Place, since: str | None = None, lag: int | None = None) -> Panel:
    """Read the ledger at `path`. Raises LedgerError, and ValueError for a `since` that is no date.

    `lag`: the weeks by which outcomes follow value; None: whatever of LAGS shows most, and corrected for that.
    """
    ledger = Ledger.read(path)
    try:
        return beside(ledger.usage("team", since), ledger.outcomes(since), lag)
    finally:
        ledger.close()


def beside(usage: Sequence[Usage], outcomes: Sequence[Outcome], lag: int | None = None) -> Panel:
    """Put usage by team and week, and outcomes, side by side. A metric that is not known is left out."""
    told: dict[tuple[str, str], dict[str, list[Outcome]]] = {}
    for outcome in outcomes:
        if outcome.metric in METRICS:
            told.setdefault((outcome.team, outcome.week), {}).setdefault(outcome.metric, []).append(outcome)
    rows = [
        TeamWeek(
            team=row.group,
            week=row.week,
            people=row.people,
            value=row.value,
            outcomes={name: combined(name, those)[0] for name, those in told.get((row.group, row.week), {}).items()},
        )
        for row in usage
    ]
    metrics = [name for name in METRICS if any(name in row.outcomes for row in rows)]
    shown = {row.team for row in rows}
    return Panel(
        rows=[row for row in rows if row.outcomes],
        metrics=metrics,
        related=relate(rows, metrics, lag),
        unmatched=sorted({outcome.team for outcome in outcomes} - shown),
        imported=bool(outcomes),
    )


def relate(rows: Sequence[TeamWeek], metrics: Sequence[str], lag: int | None = None) -> list[Related]:
    """Say of each metric whether it goes together with value per person."""
    value = _series(rows, {(row.team, row.week): row.value_per_person for row in rows})
    people = _series(rows, {(row.team, row.week): float(row.people) for row in rows})
    lags = LAGS if lag is None else [lag]
    found: dict[str, Relation] = {}
    for metric in metrics:
        outcome = _series(rows, {(row.team, row.week): row.outcomes.get(metric) for row in rows})
        one = relation(value, outcome, people, lags, seed=metric, metrics=len(metrics))
        if one is not None:
            found[metric] = one
    ps = corrected({metric: one.p for metric, one in found.items()})
    return [Related(metric, _verdict(ps.get(metric)), found.get(metric), ps.get(metric)) for metric in metrics]


def _verdict(p: float | None) -> Verdict:
    if p is None:
        return "too little data"
    return "related" if p < LEVEL else "no detectable relation"


def _series(rows: Sequence[TeamWeek], figures: Mapping[tuple[str, str], float | None]) -> Series:
    series: dict[str, dict[int, float]] = {row.team: {} for row in rows}
    for (team, week), figure in figures.items():
        if figure is not None:
            series[team][date.fromisoformat(week).toordinal() // 7] = figure
    return series
