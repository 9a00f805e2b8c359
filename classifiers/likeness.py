"""Tells from two signatures whether one ask repeats another: in its words, case and typos aside, or in its meaning.

A rule for wording and a small linear model for meaning, over what the signatures share. It leaves out whose repeat
counts how much (`novelty`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.signatures import SIGNATURE, Signatures

Shares = npt.NDArray[np.float64]  # (n,) from 0 to 1

# `python -m bench.novelty EMBEDDINGS.npz --fit` prints the model of meaning and its threshold. One weight a feature.
MEANING = np.array([11.35, 12.85, -4.21, -21.14, 1.84, -3.18, -0.97, -0.32])
MEANING_FROM = 9.56
# Typos change some words and leave what is meant: shares of runs, of words, and the cosine, at least.
TYPO_RUNS, TYPO_WORDS, TYPO_WORDS_ALONE, TYPO_MEANING = 0.74, 0.6, 0.8, 0.66
LEAST_MEANING = 0.6  # below this cosine meaning is not looked at
SWAPPED = 0.3  # share of numbers or names: another object

SAME_WORDS = 0.98  # of runs and of words shared: nothing but case, spaces and signs differ
SAME_BEFORE = 0.7  # of the words of two conversations: a follow-up stands in the same one
STANDS_ALONE = 8  # words that carry meaning: an ask of fewer says little without its conversation
BITS = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one turn is like earlier ones, (n,) each."""

    same: npt.NDArray[np.bool_]  # nothing changed
    wording: npt.NDArray[np.bool_]  # the same words, case and typos aside
    meaning: npt.NDArray[np.bool_]  # the same ask in other words


def like(now: Signatures, earlier: Signatures) -> Likeness:
    """Compare one turn (1,) with earlier ones (n,)."""
    close = (shared_meaning(now, earlier) >= LEAST_MEANING) | (shared(now, earlier, "runs") >= TYPO_RUNS)
    found = Likeness(*(np.zeros(len(earlier), bool) for _ in range(3)))
    if close.any():
        of_close = compared(now, earlier[close])
        found.same[close], found.wording[close], found.meaning[close] = (
            of_close.same,
            of_close.wording,
            of_close.meaning,
        )
    return found


def compared(now: Signatures, earlier: Signatures) -> Likeness:
    """Compare what is close enough to be worth a closer look."""
    found = features(now, earlier)
    meaning, _, runs, _, words, numbers, names, _ = found.T
    place = same_place(now, earlier)
    swap = (numbers >= SWAPPED) | (names >= SWAPPED)
    known = meaning != 0
    same = place & (runs >= SAME_WORDS) & (words >= SAME_WORDS)
    typos = (runs >= TYPO_RUNS) & (words >= np.where(known, TYPO_WORDS, TYPO_WORDS_ALONE)) & ~swap
    wording = same | (place & typos & (~known | (meaning >= TYPO_MEANING)))
    return Likeness(same, wording, place & known & (found @ MEANING > MEANING_FROM) & ~wording)


def features(now: Signatures, earlier: Signatures) -> npt.NDArray[np.float64]:
    """Say what two signatures share, (n, 8)."""
    meaning, runs, words = shared_meaning(now, earlier), shared(now, earlier, "runs"), shared(now, earlier, "words")
    sizes = np.sort(np.stack(np.broadcast_arrays(now["sizes"][:, 0], earlier["sizes"][:, 0])).astype(float), axis=0)
    return np.stack(
        [
            meaning,
            np.maximum(meaning - 0.75, 0),
            runs,
            np.maximum(runs - 0.55, 0),
            words,
            swapped(now, earlier, "numbers", 1),
            swapped(now, earlier, "names", 2),
            sizes[0] / np.maximum(sizes[1], 1),
        ],
        axis=1,
    )


def same_place(now: Signatures, earlier: Signatures) -> npt.NDArray[np.bool_]:
    """Tell whether two asks can be compared: both say enough by themselves, or they stand in conversations alike.

    What points at a file or a picture, at the beginning of a conversation, may be about another one each time.
    """
    short = (now["sizes"][:, 0] < STANDS_ALONE) | now["pointing"].astype(bool)
    short = short | (earlier["sizes"][:, 0] < STANDS_ALONE) | earlier["pointing"].astype(bool)
    first = (now["sizes"][:, 3] == 0) & (earlier["sizes"][:, 3] == 0) & (now["pointing"] == 0)
    before = (now["sizes"][:, 3] > 0) & (shared(now, earlier, "earlier") >= SAME_BEFORE)
    return np.asarray(~short | first | before)


def shared_meaning(now: Signatures, earlier: Signatures) -> Shares:
    """Estimate the cosine of two embeddings; 0 where one is not known."""
    known = now["code"].any(axis=1) & earlier["code"].any(axis=1)
    return np.where(known, np.cos(np.pi * _apart(now, earlier, "code")), 0.0)


def shared(now: Signatures, earlier: Signatures, part: str) -> Shares:
    """Estimate how much two sets share of both together: half of the bits agree by chance."""
    return np.asarray(np.clip(1 - 2 * _apart(now, earlier, part), 0, 1))


def _apart(now: Signatures, earlier: Signatures, part: str) -> Shares:
    """Give the share of bits that differ."""
    return np.asarray(BITS[now[part] ^ earlier[part]].sum(axis=1) / (8 * SIGNATURE[part].shape[0]))


def swapped(now: Signatures, earlier: Signatures, part: str, size: int) -> Shares:
    """Estimate which share of the smaller set has something else in its place in the other."""
    here, there = now["sizes"][:, size].astype(float), earlier["sizes"][:, size].astype(float)
    both = shared(now, earlier, part)
    smaller = np.minimum(here, there)
    common = np.minimum(both / (1 + both) * (here + there), smaller)
    return np.asarray((smaller - common) / np.maximum(smaller, 1))
