"""How far a group's gap may lie from what it says: a bootstrap over its people.

People are drawn, not turns: one person's turns resemble one another, so that drawing turns would promise too much.
"""

import random
from collections.abc import Sequence

RESAMPLES = 1000
COVERED = 0.9  # of the resampled gaps lie within the interval

Share = tuple[float, int]  # a person's value, and the judged turns that it is of


def gap_interval(people: Sequence[Share], seed: str) -> tuple[float, float] | None:
    """Give the bounds of the gap 1 - value / turns of people drawn anew, each from 0 to 1.

    The same people and `seed` give the same bounds, in whatever order they come. None: nobody has a judged turn.
    """
    ordered = sorted((value, turns) for value, turns in people if turns)
    if not ordered:
        return None
    drawing = random.Random(seed)  # noqa: S311 - draws that can be made again, no secret
    gaps = sorted(_gap(drawing.choices(ordered, k=len(ordered))) for _ in range(RESAMPLES))
    outside = round((1 - COVERED) / 2 * RESAMPLES)
    return gaps[outside], gaps[-1 - outside]


def _gap(people: Sequence[Share]) -> float:
    return 1 - sum(value for value, _ in people) / sum(turns for _, turns in people)
