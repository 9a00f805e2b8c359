"""What trackers tell, as items with a time and the people who had a hand in it; and team-weeks made of them.

People are told apart only to count them: no name is stored, and what fewer people than the threshold had a hand in is
not stored at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Literal

from ledger.outcomes import Outcome, week_of
from reports.outcomes.metrics import METRICS

Kind = Literal["change", "change_reopened", "deployment", "issue", "issue_reopened"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened in a repository or project."""

    kind: Kind
    scope: str  # the repository or project
    number: str  # tells it from the scope's others of its kind
    at: datetime  # when it was merged, closed, reopened or deployed
    people: frozenset[str] = field(repr=False)  # as the tracker names them; empty: it does not say
    hours: float | None = None  # from the first commit, or from when it was opened, to `at`
    mends: bool = False  # a change that mends or takes back an earlier one
    reverts: bool = False

    @property
    def week(self) -> str:
        return week_of(self.at.astimezone(UTC).date())


def outcomes_of(items: Iterable[Item], team: str, week: str, source: str, min_group: int) -> list[Outcome]:
    """Make a team's week of its items. What speaks of fewer than `min_group` people is left out."""
    once = {(item.kind, item.scope, item.number, item.at): item for item in items}
    by_kind: dict[Kind, list[Item]] = {}
    for item in once.values():
        by_kind.setdefault(item.kind, []).append(item)
    changes, deployments, issues = (by_kind.get(kind, []) for kind in ("change", "deployment", "issue"))
    reopened_changes, reopened = by_kind.get("change_reopened", []), by_kind.get("issue_reopened", [])
    found: list[tuple[str, float, int]] = []
    if _enough(changes, min_group):
        found += [
            ("changes_merged", len(changes), len(changes)),
            ("change_failure_rate", sum(item.mends for item in changes) / len(changes), len(changes)),
            ("changes_reverted", sum(item.reverts for item in changes), len(changes)),
            ("changes_reopened", len(reopened_changes), len(changes)),
            *_median("lead_time_hours", changes),
        ]
    if _enough(deployments, min_group):
        found.append(("deployments", len(deployments), len(deployments)))
    if _enough(issues, min_group):
        found += [
            ("issues_closed", len(issues), len(issues)),
            ("issues_reopened", len(reopened), len(issues)),
            *_median("time_to_resolve_hours", issues),
        ]
    return [Outcome(team, week, name, float(value), source, n, METRICS[name].unit) for name, value, n in found]


def _enough(items: Sequence[Item], min_group: int) -> bool:
    return len({person for item in items for person in item.people}) >= min_group


def _median(metric: str, items: Sequence[Item]) -> list[tuple[str, float, int]]:
    hours = [item.hours for item in items if item.hours is not None]
    return [(metric, median(hours), len(hours))] if hours else []


def time_of(text: object) -> datetime | None:
    """Read a tracker's time, as 2026-11-25T09:00:00Z or with an offset. None: it is none."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def hours_between(first: datetime | None, last: datetime) -> float | None:
    """Give the hours between two times, 0 where a clock was wrong."""
    return None if first is None else max(0.0, (last - first).total_seconds() / 3600)
