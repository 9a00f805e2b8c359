"""Tells whether a weekly series changed its level, when, and by how much.

A permutation test over the place of the change: with few weeks, and noise that nobody knows the shape of, it promises
no more than shuffling the weeks would show by chance.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean

FEWEST = 3  # weeks on each side of a change
SHUFFLES = 999
CHANCE = 0.05  # a change that shuffled weeks show as often as this is none
SMALLEST = 0.05  # of a gap: less is nothing to speak of, however sure


@dataclass(frozen=True, slots=True)
class Change:
    """A series' level before and after one place."""

    place: int  # index of the first value after the change
    before: float  # mean
    after: float
    chance: float  # how often shuffled weeks show as much


def change(series: Sequence[float]) -> Change | None:
    """Find the place where a series changed most. None: too short, too little, or no more than chance shows."""
    if len(series) < 2 * FEWEST:
        return None
    place, most = _most(series)
    before, after = fmean(series[:place]), fmean(series[place:])
    if abs(after - before) < SMALLEST:
        return None
    shuffled, shuffling = list(series), random.Random(len(series))  # noqa: S311 - shuffles that can be made again
    as_much = 0
    for _ in range(SHUFFLES):
        shuffling.shuffle(shuffled)
        as_much += _most(shuffled)[1] >= most
    chance = (1 + as_much) / (1 + SHUFFLES)
    return Change(place, before, after, chance) if chance < CHANCE else None


def _most(series: Sequence[float]) -> tuple[int, float]:
    """Give the place that parts the series best, and how well: the sum of squares between both parts."""
    total, length = sum(series), len(series)
    sums = list(accumulate(series))

    def between(place: int) -> float:
        left = sums[place - 1]
        return left**2 / place + (total - left) ** 2 / (length - place)

    place = max(range(FEWEST, length - FEWEST + 1), key=between)
    return place, between(place)
