"""Learns the head: layers over the signals, the experts' mix, the cuts between levels. Needs the `train` extra."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifiers.encoder import Rows
from classifiers.head import to_probabilities
from classifiers.kernel import rounded
from classifiers.measures import auc, kappa, spearman

MEMBERS, WIDTH = 8, 16
STEPS, RATE, DECAY, DROPOUT = 250, 0.01, 0.003, 0.2
CERTAIN = 10.0  # a logit
COST, BEND, TUBE = 2.0, 0.7, 0.2  # of the kernel machine: the price of a mistake, the width, what is no mistake
SUBSTANTIVE = 3  # the level

Arrays = dict[str, npt.NDArray[np.float32]]
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stacked:
    """A learned head's arrays but the lexicon's and the signals' layers, and what it says of turns it has not seen."""

    arrays: Arrays
    probabilities: Rows  # (n, 5)


def learn(
    said: Rows,
    levels: Levels,
    weights: npt.NDArray[np.float64],
    folds: npt.NDArray[np.int64],
    real: npt.NDArray[np.bool_],
) -> Stacked:
    """Learn to mix what the experts said, (n, experts) levels, of turns that none of them had seen.

    The shares are those that rank the real prompts best; each threshold then has its own slope and offset. Few numbers
    on purpose: freer mixes were worse in every try (docs/experiments.md).
    """
    shares = best_shares(said[real], levels[real])
    mean = said @ shares
    probabilities = np.zeros((len(levels), 5), np.float32)
    for fold in np.unique(folds):
        rest = folds != fold
        slope, offset = thresholds(mean[rest], levels[rest], weights[rest])
        probabilities[~rest] = to_probabilities(mean[~rest, None] * slope + offset)
    slope, offset = thresholds(mean, levels, weights)
    score = np.asarray(probabilities @ np.arange(5), np.float32)
    return Stacked(
        {"mix": np.outer(shares, slope), "offset": offset, "cuts": cuts(score[real], levels[real])}, probabilities
    )


def best_shares(said: Rows, levels: Levels) -> Rows:
    """Choose the experts' shares, in tenths: those that rank all prompts best, and the substantive above the rest."""
    experts = said.shape[1]
    tenths = (np.diff([-1, *bars, 9 + experts]) - 1 for bars in combinations(range(9 + experts), experts - 1))
    best = max(tenths, key=lambda shares: rank_quality(said @ shares, levels))
    return np.asarray(best / 10, np.float32)


def rank_quality(score: Rows, levels: Levels) -> float:
    """Add up how well a score ranks all levels and finds the substantive."""
    return spearman(score, levels) + auc(score, levels >= SUBSTANTIVE)


def thresholds(mean: Rows, levels: Levels, weights: npt.NDArray[np.float64]) -> tuple[Rows, Rows]:
    """Fit each threshold's slope and offset, (4,) each."""
    fits = np.array([threshold(mean, levels > k, weights) for k in range(4)], np.float32)
    return fits[:, 0], fits[:, 1]


def threshold(mean: Rows, over: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Fit one threshold; where the labels have only one side of it, that side is certain."""
    from sklearn.linear_model import LogisticRegression

    if over.all() or not over.any():
        return 0.0, CERTAIN if over.all() else -CERTAIN
    fit = LogisticRegression(C=10.0).fit(mean[:, None], over, sample_weight=weights)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def kernel(features: Rows, levels: Levels, weights: npt.NDArray[np.float64]) -> Arrays:
    """Fit the kernel machine: support vector regression over what turns mean and their signals."""
    from sklearn.svm import SVR

    fit = SVR(kernel="rbf", C=COST, gamma=BEND, epsilon=TUBE).fit(features, levels, sample_weight=weights)
    return {
        **rounded(fit.support_vectors_.astype(np.float32)),
        "dual": fit.dual_coef_[0].astype(np.float32),
        "bend": np.array([BEND, fit.intercept_[0]], np.float32),
    }


def layers(features: Rows, levels: Levels, weights: npt.NDArray[np.float64], seed: int) -> Arrays:
    """Fit small layers over signals, several members, each from its own start."""
    generator = torch.Generator().manual_seed(seed)
    shift = np.average(features, axis=0, weights=weights)
    scale = np.sqrt(np.average((features - shift) ** 2, axis=0, weights=weights)) + 1e-3
    x = torch.from_numpy(np.clip((features - shift) / scale, -5, 5).astype(np.float32))
    target = torch.from_numpy((levels[:, None] > np.arange(4)).astype(np.float32))
    weight = torch.from_numpy((weights / weights.sum()).astype(np.float32))[:, None] / 4
    width = x.shape[1]
    shapes = {
        "hidden": (MEMBERS, width, WIDTH),
        "hidden_bias": (MEMBERS, WIDTH),
        "out": (MEMBERS, WIDTH, 4),
        "out_bias": (MEMBERS, 4),
    }
    spread = {"hidden": width**-0.5, "hidden_bias": 0.1, "out": WIDTH**-0.5, "out_bias": 0.0}
    p = {
        name: (torch.randn(shape, generator=generator) * spread[name]).requires_grad_()
        for name, shape in shapes.items()
    }
    optimizer = torch.optim.AdamW(p.values(), lr=RATE, weight_decay=DECAY / RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        kept = (torch.rand((MEMBERS, 1, WIDTH), generator=generator) > DROPOUT).float() / (1 - DROPOUT)
        hidden = torch.relu(torch.einsum("nf,mfh->mnh", x, p["hidden"]) + p["hidden_bias"][:, None]) * kept
        logits = torch.einsum("mnh,mhk->mnk", hidden, p["out"]) + p["out_bias"][:, None]
        wrong = nn.functional.binary_cross_entropy_with_logits(logits, target.expand_as(logits), reduction="none")
        loss = (wrong * weight).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    found = {name: tensor.detach().numpy() for name, tensor in p.items()}
    return {**found, "shift": shift.astype(np.float32), "scale": scale.astype(np.float32)}


def cuts(score: Rows, levels: Levels) -> Rows:
    """Choose the scores from which the next level is said: best quadratic kappa, cut by cut, three rounds."""
    found = np.arange(0.5, 4, dtype=np.float32)
    for _ in range(3):
        for place in range(4):
            tried = [moved(found, place, step) for step in np.arange(-0.2, 0.21, 0.05)]
            apart = [candidate for candidate in tried if (np.diff(candidate) > 0.2).all()]
            found = max(apart, key=lambda candidate: kappa((score[:, None] >= candidate).sum(1), levels), default=found)
    return found


def moved(cuts: Rows, place: int, step: float) -> Rows:
    """Move one cut."""
    found = cuts.copy()
    found[place] += step
    return found
