"""Intervals of a gap."""

import random

from hypothesis import given
from hypothesis import strategies as st

from ledger.uncertainty import gap_interval

people = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)).map(lambda p: (p[0] * p[1], p[1])), min_size=1)


@given(people, st.randoms(use_true_random=False))
def test_bounds_are_shares_and_do_not_depend_on_the_order(
    shares: list[tuple[float, int]], order: random.Random
) -> None:
    bounds = gap_interval(shares, "2026-11-23")
    assert bounds is not None
    assert -1e-9 <= bounds[0] <= bounds[1] <= 1 + 1e-9
    order.shuffle(shares)
    assert gap_interval(shares, "2026-11-23") == bounds


def test_people_who_are_alike_leave_no_doubt() -> None:
    bounds = gap_interval([(2.0, 4)] * 6, "week")
    assert bounds == (0.5, 0.5)


def test_nobody_judged_has_no_interval() -> None:
    assert gap_interval([(0.0, 0)], "week") is None
    assert gap_interval([], "week") is None


def test_the_interval_holds_the_true_gap_about_as_often_as_it_says() -> None:
    drawing = random.Random(5)
    held = 0
    for run in range(200):
        shares = []
        for _ in range(30):
            turns, own = drawing.randint(5, 30), drawing.betavariate(2, 3)  # people differ; a mean worth of 0.4
            shares.append((sum(drawing.random() < own for _ in range(turns)) * 1.0, turns))
        bounds = gap_interval(shares, str(run))
        assert bounds is not None
        held += bounds[0] <= 0.6 <= bounds[1]
    assert 0.82 <= held / 200 <= 0.97
