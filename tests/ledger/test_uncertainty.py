"""Intervals of a gap."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.uncertainty import BUNDLES, COVERED, FEWEST, gap_interval

people = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)).map(lambda p: (p[0] * p[1], p[1])), min_size=FEWEST)


@given(people, st.randoms(use_true_random=False))
def test_bounds_are_shares_and_do_not_depend_on_the_order(
    shares: list[tuple[float, int]], order: random.Random
) -> None:
    bounds = gap_interval(shares, "2026-11-23")
    assert bounds is not None
    assert 0 <= bounds[0] <= bounds[1] <= 1
    order.shuffle(shares)
    assert gap_interval(shares, "2026-11-23") == bounds


def test_people_who_are_alike_leave_no_doubt() -> None:
    bounds = gap_interval([(2.0, 4)] * FEWEST, "week")
    assert bounds == (0.5, 0.5)


def test_too_few_people_have_no_interval() -> None:
    """One whose turns wait for their judgement is not among them."""
    assert gap_interval([(2.0, 4)] * (FEWEST - 1) + [(0.0, 0)], "week") is None
    assert gap_interval([], "week") is None


@pytest.mark.parametrize("count", [FEWEST, 30, BUNDLES + 1])
def test_the_interval_holds_the_true_gap_as_often_as_it_says(count: int) -> None:
    """Of few people, of some, and of so many that they are drawn in bundles."""
    drawing = random.Random(5)
    held = 0
    for run in range(200):
        shares = []
        for _ in range(count):
            turns, own = drawing.randint(5, 30), drawing.betavariate(2, 3)  # people differ; a mean worth of 0.4
            shares.append((turns * own, turns))
        bounds = gap_interval(shares, str(run), 200)
        assert bounds is not None
        held += bounds[0] <= 0.6 <= bounds[1]
    assert held / 200 >= COVERED - 0.06


def test_bounds_are_whole_points() -> None:
    """One person's own figure moves them by steps at most."""
    bounds = gap_interval([(turns / 7, turns) for turns in range(3, 20)], "week")
    assert bounds is not None
    assert all(bound * 100 == pytest.approx(round(bound * 100)) for bound in bounds)
