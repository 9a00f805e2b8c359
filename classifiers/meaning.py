"""Leads the judge's embedding back to what an ask means.

A network that is fine-tuned to tell levels puts asks together that are alike in kind: "write to Anna about the pallet"
and "write to Ravi about the invoice". What they are about is still in its embedding, less loudly. A linear map, fitted
to give the base encoder's embedding, brings it out, at no cost worth the name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers.encoder import Encoder, Rows
from classifiers.views import View

MEANING = "meaning.npz"
SAMPLE = 2500  # views that a map is fitted on; several for each of its 384 rows
SHRINK = 0.1  # of the ridge regression; 0.03 to 0.3 find as many repeats (`python -m bench.novelty`)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A map from one encoder's embeddings to another's."""

    weights: Rows  # (dim, dim)
    offset: Rows  # (dim,)

    def of(self, embeddings: Rows) -> Rows:
        """Map embeddings (n, dim); give rows of unit length."""
        mapped = embeddings @ self.weights + self.offset
        return np.asarray(mapped / np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), 1e-9), np.float32)

    def save(self, path: Path) -> None:
        """Write the map at half precision."""
        np.savez_compressed(path, weights=self.weights.astype(np.float16), offset=self.offset.astype(np.float16))


def load_meaning(path: Path) -> Meaning:
    """Read a map."""
    with np.load(path, allow_pickle=False) as arrays:
        return Meaning(arrays["weights"].astype(np.float32), arrays["offset"].astype(np.float32))


def fit(tuned: Rows, base: Rows) -> Meaning:
    """Fit the map from `tuned` (n, dim) to `base` (n, dim), embeddings of the same asks."""
    wide, goal = tuned.astype(np.float64), base.astype(np.float64)
    mean, middle = wide.mean(axis=0), goal.mean(axis=0)
    centred = wide - mean
    weights = np.linalg.solve(centred.T @ centred + SHRINK * np.eye(centred.shape[1]), centred.T @ (goal - middle))
    return Meaning(weights.astype(np.float32), (middle - mean @ weights).astype(np.float32))


def learn(tuned: Encoder, base: Encoder, views: Sequence[View]) -> Meaning:
    """Fit the map on what both encoders read in an even sample of `views`."""
    sample = views[:: max(1, len(views) // SAMPLE)]
    return fit(tuned.read(sample).embeddings, base.read(sample).embeddings)
