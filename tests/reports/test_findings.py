"""Findings: a gap that changed its level, and the dates just before."""

from datetime import date, timedelta

import pytest

from reports.findings import Dated, finding

FIRST = date(2026, 6, 1)
CHANGED = 8  # weeks after the first


def week(number: int) -> str:
    return (FIRST + timedelta(days=7 * number)).isoformat()


def gaps(before: float, after: float) -> list[tuple[str, float]]:
    return [
        (week(number), (before if number < CHANGED else after) + 0.01 * (number % 3)) for number in range(CHANGED + 5)
    ]


@pytest.mark.parametrize(("before", "after"), [(0.4, 0.55), (0.7, 0.5)])
def test_it_says_since_when_and_by_how_much(before: float, after: float) -> None:
    found = finding(gaps(before, after), [])
    assert found
    assert (found.week, found.weeks) == (week(CHANGED), 5)
    assert found.change == pytest.approx(after - before, abs=0.01)


@pytest.mark.parametrize(("days", "named"), [(-15, False), (-14, True), (0, True), (6, True), (7, False)])
def test_it_names_dates_of_two_weeks_before_and_of_the_week_itself(days: int, named: bool) -> None:
    event = Dated(1, (FIRST + timedelta(days=7 * CHANGED + days)).isoformat(), "Target: 50 prompts a week")
    found = finding(gaps(0.4, 0.55), [event])
    assert found
    assert found.events == ([event] if named else [])


def test_a_steady_gap_and_a_short_one_say_nothing() -> None:
    assert finding(gaps(0.5, 0.5), []) is None
    assert finding([(week(0), 0.1), (week(1), 0.9)], []) is None


def test_what_is_half_a_year_old_is_forgotten() -> None:
    late = [(week(number), 0.9 if number < 5 else 0.4) for number in range(40)]
    assert finding(late[:20], [])
    assert finding(late, []) is None
