"""Measures against values worked out by hand."""

import numpy as np
import pytest

from classifiers import measures


def test_spearman_shares_ranks_between_equals() -> None:
    """1, 2.5, 2.5, 4 against 1, 2, 3, 4 gives 0.9487 (by hand)."""
    assert measures.spearman(np.array([1.0, 2, 2, 9]), np.array([0, 1, 2, 3])) == pytest.approx(0.94868, abs=1e-5)
    assert np.isnan(measures.spearman(np.array([1.0, 1.0]), np.array([0, 1])))


def test_auc_is_the_share_of_right_pairs() -> None:
    """Three of four pairs in order; an equal pair counts half."""
    assert measures.auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75
    assert measures.auc(np.array([0.5, 0.5]), np.array([False, True])) == 0.5


def test_kappa_is_one_for_agreement_and_none_for_chance() -> None:
    """Full agreement is 1; a constant says nothing beyond chance."""
    levels = np.array([0, 1, 2, 3, 4])
    assert measures.kappa(levels, levels) == 1
    assert measures.kappa(np.full(5, 2), levels) == 0


def test_calibration_error_is_the_gap_between_sure_and_right() -> None:
    """Sure by 0.9 and right half of the time is off by 0.4."""
    shares = np.array([[0.9, 0.1, 0, 0, 0]] * 4)
    assert measures.calibration_error(shares, np.array([0, 0, 1, 1])) == pytest.approx(0.4)


def test_f1_of_a_class() -> None:
    """One hit, one false alarm, one miss."""
    assert measures.f1(np.array([1, 1, 0]), np.array([1, 0, 1]), 1) == pytest.approx(0.5)


def test_a_measure_that_says_nothing_has_no_interval() -> None:
    """All nan gives nan, without a warning."""
    assert np.isnan(measures.interval(lambda rows: float("nan"), 10, seed=1)).all()


def test_the_interval_holds_the_mean() -> None:
    """The bootstrap interval of a mean lies around it and is the same for the same seed."""
    values = np.arange(100.0)
    low, high = measures.interval(lambda rows: float(values[rows].mean()), 100, seed=1)
    assert low < 49.5 < high
    assert (low, high) == measures.interval(lambda rows: float(values[rows].mean()), 100, seed=1)
