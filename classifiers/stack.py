"""Learns the head on out-of-fold readings: small layers, calibration and cuts. Needs the `train` extra."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifiers.encoder import Rows

MEMBERS, WIDTH = 8, 16
STEPS, RATE, DECAY, DROPOUT = 250, 0.01, 0.03, 0.2

Arrays = dict[str, npt.NDArray[np.float32]]
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stacked:
    """A learned head's arrays but the lexicon's, and what it says of each row when it has not seen that row's fold."""

    arrays: Arrays
    probabilities: Rows  # (n, 5)


def learn(
    features: Rows, levels: Levels, weights: npt.NDArray[np.float64], folds: npt.NDArray[np.int64], seed: int
) -> Stacked:
    """Learn small layers on every fold but one in turn, calibrate on what they say of it, then learn on all."""
    logits = np.zeros((len(levels), 4), np.float32)
    for fold in np.unique(folds):
        rest = folds != fold
        plain = layers(features[rest], levels[rest], weights[rest], seed)
        logits[~rest] = raw(plain, features[~rest])
    slope, offset = calibrate(logits, levels, weights)
    arrays = {
        **layers(features, levels, weights, seed),
        "slope": slope,
        "offset": offset,
        "cuts": np.arange(0.5, 4, dtype=np.float32),
    }
    found = from_logits(logits, slope, offset)
    arrays["cuts"] = cuts(np.asarray(found @ np.arange(5), np.float32), levels, weights)
    return Stacked(arrays, found)


def layers(features: Rows, levels: Levels, weights: npt.NDArray[np.float64], seed: int) -> Arrays:
    """Fit the members, each from its own start."""
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


def raw(plain: Arrays, features: Rows) -> Rows:
    """Give the members' mean logits, uncalibrated."""
    x = np.clip((features - plain["shift"]) / plain["scale"], -5, 5)
    hidden = np.maximum(np.einsum("nf,mfh->mnh", x, plain["hidden"]) + plain["hidden_bias"][:, None], 0)
    logits: Rows = (
        (np.einsum("mnh,mhk->mnk", hidden, plain["out"]) + plain["out_bias"][:, None]).mean(0).astype(np.float32)
    )
    return logits


def calibrate(logits: Rows, levels: Levels, weights: npt.NDArray[np.float64]) -> tuple[Rows, Rows]:
    """Fit a slope and an offset for each threshold."""
    from sklearn.linear_model import LogisticRegression

    fits = [LogisticRegression(C=10.0).fit(logits[:, [k]], levels > k, sample_weight=weights) for k in range(4)]
    return np.array([f.coef_[0, 0] for f in fits], np.float32), np.array([f.intercept_[0] for f in fits], np.float32)


def from_logits(logits: Rows, slope: Rows, offset: Rows) -> Rows:
    """Turn threshold logits into level probabilities, as the head does."""
    over = np.minimum.accumulate(1 / (1 + np.exp(-(logits * slope + offset))), axis=1)
    ones, zeros = np.ones((len(over), 1)), np.zeros((len(over), 1))
    edges = np.concatenate([ones, over, zeros], axis=1)
    probabilities: Rows = (edges[:, :-1] - edges[:, 1:]).astype(np.float32)
    return probabilities


def cuts(score: Rows, levels: Levels, weights: npt.NDArray[np.float64]) -> Rows:
    """Choose the scores from which the next level is said: best quadratic kappa, cut by cut, three rounds."""
    from sklearn.metrics import cohen_kappa_score

    found = np.arange(0.5, 4, dtype=np.float32)

    def kappa(candidate: Rows) -> float:
        said = (score[:, None] >= candidate).sum(1)
        return float(cohen_kappa_score(levels, said, weights="quadratic", sample_weight=weights))

    for _ in range(3):
        for place in range(4):
            tried = [
                np.concatenate([found[:place], [found[place] + step], found[place + 1 :]]).astype(np.float32)
                for step in np.arange(-0.2, 0.21, 0.05)
            ]
            found = max((c for c in tried if (np.diff(c) > 0.2).all()), key=kappa, default=found)
    return found
