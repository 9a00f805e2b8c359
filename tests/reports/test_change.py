"""Changes of a weekly series."""

import random

import pytest

from reports.change import FEWEST, change


def series(levels: list[float], seed: int, noise: float = 0.04) -> list[float]:
    drawing = random.Random(seed)
    return [level + drawing.gauss(0, noise) for level in levels]


@pytest.mark.parametrize("seed", range(5))
def test_a_wider_gap_is_found_where_it_begins(seed: int) -> None:
    found = change(series([0.4] * 10 + [0.6] * 8, seed))
    assert found is not None
    assert found.place == 10
    assert found.after - found.before == pytest.approx(0.2, abs=0.06)


def test_noise_is_seldom_taken_for_a_change() -> None:
    assert sum(change(series([0.5] * 20, seed, noise=0.1)) is not None for seed in range(200)) <= 20


def test_what_is_too_short_or_too_little_is_none() -> None:
    assert change([0.1] * (FEWEST - 1) + [0.9] * FEWEST) is None
    assert change([0.50] * 20 + [0.53] * 20) is None
    assert change([0.5] * 30) is None
    assert change([]) is None
