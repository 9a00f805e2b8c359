"""How far a group's gap may lie from what it says: a bootstrap over its people.

People are drawn, not turns: one person's turns resemble one another, so that drawing turns would promise too much. Few
people vary less among themselves than those they stand for, so their interval is widened; of fewer than FEWEST there
is none. Bounds are rounded outward, so that nobody's own figure can be worked out from them.
"""

import random
from collections.abc import Sequence
from math import ceil, floor, sqrt

FEWEST = 10  # people whose turns are judged
RESAMPLES = 1000
COVERED = 0.9  # of the resampled gaps lie within the interval
SPREAD = 0.926  # (z² + 1) / 4 at COVERED: how much wider Student's t is than z, times its degrees of freedom
BUNDLES = 500  # that people are drawn in where they are more: the cost of a draw has a bound
STEPS = 100  # in a gap of 1, to which bounds are rounded

Share = tuple[float, int]  # a person's value, and the judged turns that it is of


def gap_interval(people: Sequence[Share], seed: str, resamples: int = RESAMPLES) -> tuple[float, float] | None:
    """Give the bounds of the gap 1 - value / turns of people drawn anew, each from 0 to 1.

    The same people and `seed` give the same bounds, in whatever order they come. None: too few have a judged turn.
    """
    ordered = sorted((value, turns) for value, turns in people if turns)
    if len(ordered) < FEWEST:
        return None
    drawing = random.Random(seed)  # noqa: S311 - draws that can be made again, no secret
    bundles = [complex(*share) for share in ordered]
    if len(bundles) > BUNDLES:
        drawing.shuffle(bundles)
        bundles = [sum(bundles[place::BUNDLES], 0j) for place in range(BUNDLES)]
    gaps = sorted(_gap(sum(drawing.choices(bundles, k=len(bundles)), 0j)) for _ in range(resamples))
    outside = round((1 - COVERED) / 2 * resamples)
    gap, wider = _gap(sum(bundles, 0j)), _widening(len(ordered))
    low, high = (gap + (bound - gap) * wider for bound in (gaps[outside], gaps[-1 - outside]))
    return max(0.0, floor(low * STEPS + 1e-6) / STEPS), min(1.0, ceil(high * STEPS - 1e-6) / STEPS)


def _gap(sums: complex) -> float:
    """Give the gap of sums of value and of turns: two sums at the cost of one."""
    return 1 - sums.real / sums.imag


def _widening(people: int) -> float:
    return sqrt(people / (people - 1)) * (1 + SPREAD / (people - 1))
