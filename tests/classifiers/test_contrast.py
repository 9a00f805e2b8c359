"""Pairs are made within a topic, two levels apart, and a judge of length is shown for what it is."""

from math import isnan

import numpy as np

from classifiers.contrast import TARGET, contrast, lengths, pairs
from classifiers.evaluation import contrast_rows
from classifiers.labelled import Asked, Labelled


def item(name: str, level: int, text: str = "x") -> Labelled:
    return Labelled(Asked(name, text, ()), level, "other", True, "en", "contrast", name)


ITEMS = [
    item("con-001-0001", 0, "a long and friendly word of thanks to you"),
    item("con-001-0002", 2, "reword this page"),
    item("con-001-0003", 3, "why does it leak"),
    item("con-002-0001", 1, "what is a lease"),
    item("con-002-0002", 4, "lease or buy six vans, at 7 percent over five years"),
    item("con-002-0002-dressed", 4),
    item("biz-0001", 4),
]


def test_pairs_stay_within_a_topic_and_are_two_levels_apart() -> None:
    assert pairs(ITEMS).tolist() == [[0, 1, 0], [0, 2, 0], [3, 4, 1]]


def test_the_right_order_is_counted_beside_that_of_length() -> None:
    found = contrast(ITEMS, np.array([0.1, 2.0, 1.9, 1.0, 0.9, 0.0, 0.0]))
    assert (found.pairs, found.topics) == (3, 2)
    assert found.right == 2 / 3
    assert found.low <= found.right <= found.high
    assert contrast(ITEMS, lengths(ITEMS)).right == 1 / 3


def test_equal_scores_are_not_in_the_right_order() -> None:
    assert contrast(ITEMS, np.zeros(len(ITEMS))).right == 0.0


def test_an_evaluation_shows_the_pairs_beside_their_length() -> None:
    score = np.arange(len(ITEMS), dtype=float)
    by_score, by_length = contrast_rows(ITEMS, score, 7)
    assert (by_score.figure, by_score.value, by_score.target) == ("contrast pairs", 1.0, TARGET)
    assert (by_length.figure, by_length.value) == ("contrast pairs by length", 1 / 3)
    assert contrast_rows(ITEMS[5:], score[5:], 7) == []


def test_without_pairs_there_is_no_figure() -> None:
    found = contrast([item("biz-0001", 4)], np.zeros(1))
    assert found.pairs == 0
    assert isnan(found.right)
