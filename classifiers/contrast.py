"""Whether, of two prompts on one topic, the one that asks for more work gets the higher score, whatever their lengths.

A trained model has seen the topics of the shipped corpus: the honest figure there is made of out-of-fold scores.
`lengths` gives what any score must beat.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from classifiers.labelled import Labelled
from classifiers.measures import interval

TOPIC = re.compile(r"(con-\d+)-\d+")
APART = 2  # levels between the two of a pair, at least
TARGET = 0.88  # share of pairs in the right order

Pairs = npt.NDArray[np.int64]  # (n, 3): row of the lower level, row of the higher, topic


@dataclass(frozen=True, slots=True)
class Contrast:
    """How many pairs are in the right order. Shares, 0 to 1; nan without pairs."""

    pairs: int
    topics: int
    right: float  # the higher level has the higher score
    low: float  # 95 % interval by bootstrap over topics
    high: float


def contrast(items: Sequence[Labelled], score: npt.NDArray[np.floating], seed: int = 7) -> Contrast:
    """Compare `score` (n,) with labels within each topic; a tie is wrong. Rows whose id names no topic do not count."""
    found = pairs(items)
    if not len(found):
        return Contrast(0, 0, *(float("nan"),) * 3)
    right = score[found[:, 1]] > score[found[:, 0]]
    topics = np.unique(found[:, 2])
    hits = np.array([right[found[:, 2] == topic].sum() for topic in topics])
    sizes = np.array([(found[:, 2] == topic).sum() for topic in topics])
    low, high = interval(lambda rows: float(hits[rows].sum() / sizes[rows].sum()), len(topics), seed)
    return Contrast(len(found), len(topics), float(right.mean()), low, high)


def lengths(items: Sequence[Labelled]) -> npt.NDArray[np.float64]:
    """Score by length alone. (n,), characters of the prompt"""
    return np.array([len(item.asked.text) for item in items], float)


def pairs(items: Sequence[Labelled]) -> Pairs:
    """Pair the rows of each topic that are far enough apart."""
    topics: dict[str, list[int]] = defaultdict(list)
    for row, item in enumerate(items):
        if match := TOPIC.fullmatch(str(item.asked.id)):
            topics[match.group(1)].append(row)
    found = []
    for number, rows in enumerate(topics.values()):
        for pair in combinations(rows, 2):
            lower, higher = sorted(pair, key=lambda row: items[row].level)
            if items[higher].level - items[lower].level >= APART:
                found.append((lower, higher, number))
    return np.array(found, np.int64).reshape(-1, 3)
