"""The metrics that outcomes are told in: their unit, what they speak to, and how several sources' figures become one.

Names follow DORA (https://dora.dev/guides/dora-metrics/) and the dimensions those of SPACE
(https://queue.acm.org/detail.cfm?id=3454124), both as of 2026-11-25.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.outcomes import Outcome

Dimension = Literal["satisfaction", "performance", "activity", "communication", "efficiency"]
Better = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a figure means."""

    unit: str
    dimension: Dimension  # the one of SPACE's that it speaks to
    better: Better
    combined: Literal["sum", "mean"]  # of several sources; the mean is weighted by their n
    of_people: bool = False  # each of its n is one person's answer


METRICS: Mapping[str, Metric] = {
    "changes_merged": Metric("changes", "activity", "up", "sum"),
    "lead_time_hours": Metric("hours", "efficiency", "down", "mean"),  # median, first commit to merge
    "change_failure_rate": Metric("share", "performance", "down", "mean"),  # mends and reverts, of the merged changes
    "changes_reverted": Metric("changes", "performance", "down", "sum"),
    "changes_reopened": Metric("changes", "performance", "down", "sum"),
    "deployments": Metric("deployments", "activity", "up", "sum"),
    "issues_closed": Metric("issues", "activity", "up", "sum"),
    "time_to_resolve_hours": Metric("hours", "efficiency", "down", "mean"),  # median, opened to closed
    "issues_reopened": Metric("issues", "performance", "down", "sum"),
    "satisfaction": Metric("points", "satisfaction", "up", "mean", of_people=True),
    "survey": Metric("points", "satisfaction", "up", "mean", of_people=True),
}


def combined(metric: str, outcomes: Sequence[Outcome]) -> tuple[float, int | None]:
    """Make one figure, and its n, of what several sources say of a team's week."""
    counts = [outcome.n for outcome in outcomes if outcome.n is not None]
    n = sum(counts) if len(counts) == len(outcomes) else None
    if METRICS[metric].combined == "sum":
        return sum(outcome.value for outcome in outcomes), n
    weights = [outcome.n or 1 for outcome in outcomes]
    return sum(o.value * weight for o, weight in zip(outcomes, weights, strict=True)) / sum(weights), n
