"""How well judgements agree with labels: rank correlation, kappa, AUC, calibration, F1. Plain numpy.

It leaves out which items are measured (`evaluation`).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Levels = npt.NDArray[np.integer]


def ranks(values: Floats) -> Floats:
    """Rank values from 1, equals sharing their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    found: Floats = ((ends - counts + 1 + ends) / 2)[places]
    return found


def spearman(score: Floats, levels: Levels) -> float:
    """Give the rank correlation, -1 to 1; nan where either does not vary."""
    a, b = ranks(score), ranks(levels.astype(np.float64))
    if a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def auc(score: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Give the chance that a positive item scores over a negative one, 0 to 1; nan without both kinds."""
    hits = int(positive.sum())
    if hits in (0, len(positive)):
        return float("nan")
    return float((ranks(score)[positive].sum() - hits * (hits + 1) / 2) / (hits * (len(positive) - hits)))


def kappa(said: Levels, levels: Levels) -> float:
    """Give the quadratic-weighted agreement beyond chance, up to 1; nan where nothing varies."""
    seen = np.zeros((5, 5))
    np.add.at(seen, (said, levels), 1)
    chance = np.outer(seen.sum(1), seen.sum(0)) / len(levels)
    cost = (np.arange(5)[:, None] - np.arange(5)) ** 2
    expected = float((cost * chance).sum())
    return 1 - float((cost * seen).sum()) / expected if expected else float("nan")


def calibration_error(probabilities: Floats, levels: Levels, bins: int = 10) -> float:
    """Give the expected calibration error of the likeliest level, 0 to 1."""
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == levels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    return float(sum(abs(sure[places == b].sum() - right[places == b].sum()) for b in range(bins)) / len(levels))


def f1(said: Levels, labels: Levels, place: int) -> float:
    """Give the F1 of one class, 0 to 1; nan when nobody has it."""
    total = int((said == place).sum() + (labels == place).sum())
    return 2 * int(((said == place) & (labels == place)).sum()) / total if total else float("nan")


def headline(levels: Levels, probabilities: Floats) -> dict[str, float]:
    """Give the main figures from level probabilities (n, 5)."""
    score = probabilities @ np.arange(5)
    return {
        "spearman": round(spearman(score, levels), 4),
        "auc_substantive": round(auc(score, levels >= 3), 4),
        "auc_routine": round(auc(score, levels >= 2), 4),
        "calibration_error": round(calibration_error(probabilities, levels), 4),
    }


def interval(
    measure: Callable[[npt.NDArray[np.int64]], float], n: int, seed: int, rounds: int = 1000
) -> tuple[float, float]:
    """Give the 95 % bootstrap interval of a measure of row numbers; nan where it never says anything."""
    random = np.random.default_rng(seed)
    found = np.array([measure(random.integers(0, n, n)) for _ in range(rounds)])
    said = found[~np.isnan(found)]
    if not len(said):
        return float("nan"), float("nan")
    low, high = np.percentile(said, [2.5, 97.5])
    return float(low), float(high)
