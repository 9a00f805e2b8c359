"""When a gap widened or narrowed for good, by how much, and what is dated just before: facts, and no cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from reports.change import Change, change

LOOKED_AT = 26  # weeks
BEFORE_DAYS = 14  # of the first week after the change: what is dated then, or in that week, is named


@dataclass(frozen=True, slots=True)
class Dated:
    """An event, numbered as on the chart."""

    number: int
    day: str
    what: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A gap that changed its level."""

    week: str  # the first after the change
    weeks: int  # since then
    before: float  # the mean gap
    after: float
    events: Sequence[Dated]

    @property
    def change(self) -> float:
        """Positive: the gap is wider."""
        return self.after - self.before


def finding(gaps: Sequence[tuple[str, float]], events: Sequence[Dated]) -> Finding | None:
    """Look at the gaps of weeks, oldest first. None: no more has changed than chance shows."""
    newest = gaps[-LOOKED_AT:]
    found = _change(tuple(gap for _, gap in newest))
    if found is None:
        return None
    week = newest[found.place][0]
    first = (date.fromisoformat(week) - timedelta(days=BEFORE_DAYS)).isoformat()
    last = (date.fromisoformat(week) + timedelta(days=6)).isoformat()
    near = [event for event in events if first <= event.day <= last]
    return Finding(week, len(newest) - found.place, found.before, found.after, near)


@lru_cache(maxsize=1000)
def _change(gaps: tuple[float, ...]) -> Change | None:
    return change(gaps)
