"""Writes figures for people: rounded, in one way everywhere."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

NOT_KNOWN = "–"


def count(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{value:,.0f}"


def decimal(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{value:,.1f}"


def factor(value: float | None) -> str:
    """Write a weight, novelty or attention, or the value of a single turn."""
    return NOT_KNOWN if value is None else f"{value:.2f}"


def percent(share: float | None) -> str:
    return NOT_KNOWN if share is None else f"{_zero(share * 100):.0f} %"


def points(change: float) -> str:
    """Write a change of a share, in percentage points."""
    return f"{abs(change) * 100:.1f} points"


def day(iso: str) -> str:
    """Write a date or time as its day: 23 November 2026."""
    at = date.fromisoformat(iso[:10])
    return f"{at.day} {at:%B %Y}"


def short_day(iso: str) -> str:
    at = date.fromisoformat(iso[:10])
    return f"{at.day} {at:%b}"


def minute(iso: str) -> str:
    """Write a UTC time to the minute."""
    return f"{day(iso)}, {iso[11:16]} UTC"


def is_over(week: str, today: date) -> bool:
    """Tell whether a week, by its Monday, has ended."""
    return date.fromisoformat(week) + timedelta(days=7) <= today


def printable(name: str) -> str:
    """Show of a name that came over the wire what prints."""
    return "".join(c if c.isprintable() else "?" for c in name)


def _zero(value: float) -> float:
    return 0.0 if abs(value) < 0.5 else value


FILTERS: Mapping[str, Callable[..., str]] = {
    each.__name__: each for each in (count, decimal, factor, percent, points, day, short_day, minute, printable)
}
