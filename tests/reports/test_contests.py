"""Contests as `assay evaluate --contests` writes them."""

import json

import pytest

from ledger.contests import Contested
from reports.contests import interval, render


def test_counts_are_shown_with_their_intervals() -> None:
    shown = render([Contested("m-1", 1, 1200, 40, 30, 2.5), Contested("m-1", 2, 9, 6, 0, None)], as_json=False)
    assert "| m-1 | trivial | 1,200 | 30 | 2.5% | 1.8% to 3.5% | 2.5 |" in shown
    assert "| m-1 | routine | 9 | 0 | 0.0% | 0.0% to 29.9% |  |" in shown
    assert "lower bound" in shown
    (row,) = json.loads(render([Contested("m-1", 1, 1200, 40, 30, 2.5)], as_json=True))
    assert row["share"] == 0.025
    assert render([], as_json=False).startswith("No level")


@pytest.mark.parametrize(("part", "of"), [(0, 1), (1, 1), (5, 10), (999, 1000)])
def test_an_interval_holds_its_share(part: int, of: int) -> None:
    low, high = interval(part, of)
    assert 0 <= low <= part / of <= high <= 1
