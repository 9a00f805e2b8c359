"""Learns the lexical score: a ridge over hashed n-grams. Needs the `train` extra."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import lexical
from classifiers.encoder import Rows
from classifiers.views import View

PENALTY = 1.0  # of the ridge; 0.3 to 3 differ by less than 0.003 in rank correlation across folds


def matrix(views: Sequence[View]) -> Any:
    """Make the sparse counts, (n, BUCKETS)."""
    from scipy.sparse import csr_matrix

    rows = [lexical.features(view) for view in views]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    counts = np.concatenate([counts for _, counts in rows])
    buckets = np.concatenate([buckets for buckets, _ in rows])
    return csr_matrix((counts, buckets, ends), shape=(len(rows), lexical.BUCKETS))


def learn(counts: Any, levels: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> dict[str, Rows]:
    """Give each bucket's `rarity` and `weights`, and as `bias` the level of a turn without words."""
    from sklearn.linear_model import Ridge

    seen = np.asarray((counts > 0).sum(0)).ravel()
    rarity = (np.log((1 + counts.shape[0]) / (1 + seen)) + 1).astype(np.float32)
    ridge = Ridge(alpha=PENALTY, solver="sparse_cg", random_state=0, tol=1e-4)
    ridge.fit(unit(counts, rarity), levels.astype(np.float64), sample_weight=weights)
    bias = np.array([ridge.intercept_], np.float32)
    return {"rarity": rarity, "weights": ridge.coef_.astype(np.float32), "bias": bias}


def scores(counts: Any, learned: dict[str, Rows]) -> Rows:
    """Give the level that the words suggest, (n,)."""
    return np.asarray(unit(counts, learned["rarity"]) @ learned["weights"] + learned["bias"], np.float32)


def unit(counts: Any, rarity: Rows) -> Any:
    """Scale counts by rarity and each row to unit length."""
    from scipy.sparse import diags

    scaled = counts @ diags(rarity)
    lengths = np.sqrt(np.asarray(scaled.multiply(scaled).sum(1)).ravel())
    return diags(1 / np.maximum(lengths, 1e-9)) @ scaled
