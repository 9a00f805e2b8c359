"""Sparse lexical features: hashed word and character n-grams, so that no vocabulary, and no text, is ever stored.

The same code makes them in training and at run time. It leaves out the weights learned on them.
"""

import re
from collections import Counter
from math import log, sqrt
from zlib import crc32

import numpy as np
import numpy.typing as npt

from classifiers.views import View

BUCKETS = 1 << 17
CHARACTERS = 700  # of the text before it, which the features are made of
GRAMS = (3, 4)  # character n-grams, within words and their borders
WORD = re.compile(r"[^\W_]+|[^\w\s]")

Sparse = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]  # buckets, and log-damped counts


def features(view: View) -> Sparse:
    """Hash one turn's n-grams: what the person says, and the last message before it under another name."""
    counts: Counter[int] = Counter()
    count_grams(counts, view.ask[:CHARACTERS], "")
    if view.earlier:
        count_words(counts, WORD.findall(view.earlier.lower()), "before ")
    if not counts:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    buckets = np.fromiter(counts.keys(), np.int32, len(counts))
    return buckets, np.fromiter((1 + log(n) for n in counts.values()), np.float32, len(counts))


def count_grams(counts: "Counter[int]", text: str, prefix: str) -> None:
    """Count word and character n-grams of `text`."""
    words = WORD.findall(text.lower())
    count_words(counts, words, prefix)
    for word in words:
        padded = f" {word} "
        for size in GRAMS:
            for start in range(max(1, len(padded) - size + 1)):
                counts[crc32(f"c{padded[start : start + size]}".encode()) % BUCKETS] += 1


def count_words(counts: "Counter[int]", words: list[str], prefix: str) -> None:
    """Count words and pairs of words."""
    for first, second in zip(words, [*words[1:], ""], strict=False):
        counts[crc32(f"w{prefix}{first}".encode()) % BUCKETS] += 1
        counts[crc32(f"w{prefix}{first} {second}".encode()) % BUCKETS] += 1


def dot(sparse: Sparse, rarity: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> float:
    """Project one turn on `weights` (BUCKETS,), its features scaled by `rarity` (BUCKETS,) and to unit length."""
    buckets, counts = sparse
    scaled = counts * rarity[buckets]
    length = sqrt(float(scaled @ scaled))
    return float(scaled @ weights[buckets]) / length if length else 0.0
