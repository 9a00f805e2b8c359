"""From a network's reading, the lexical score and the signals to level probabilities: small layers in plain numpy.

It leaves out how the numbers are learned (`training`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers import lexical
from classifiers.encoder import Reading, Rows
from classifiers.errors import ModelError
from classifiers.signals import NAMES, signals
from classifiers.views import View

ARRAYS = ("rarity", "weights", "shift", "scale", "hidden", "hidden_bias", "out", "out_bias", "slope", "offset", "cuts")
FEATURES_BESIDE = 1 + len(NAMES)  # the lexical score and the signals, beside the network's outputs


@dataclass(frozen=True, slots=True)
class Marks:
    """What the head makes of turns."""

    probabilities: Rows  # (n, 5): of levels 0 to 4, rows sum to 1
    levels: npt.NDArray[np.int64]  # (n,): 0 to 4
    categories: Rows  # (n, 10): probabilities, in the order of CATEGORIES
    work: Rows  # (n,): probability that it serves some employer's work
    lexical: Rows  # (n,): the level that the words alone suggest
    signals: Rows  # (n, len(NAMES))


class Head:
    """A trained head."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self._a = {name: np.asarray(arrays[name], dtype=np.float32) for name in ARRAYS}

    def marks(self, views: Sequence[View], reading: Reading) -> Marks:
        """Judge turns that the network has read."""
        counted = signals(views)
        words = np.array([self._words(view) for view in views], dtype=np.float32)
        features = stacked(reading.outputs, words, counted)
        probabilities = self.probabilities(features)
        score = probabilities @ np.arange(5, dtype=np.float32)
        return Marks(
            probabilities=probabilities,
            levels=(score[:, None] >= self._a["cuts"]).sum(1),
            categories=softmax(reading.outputs[:, 4:-1]),
            work=sigmoid(reading.outputs[:, -1]),
            lexical=words,
            signals=counted,
        )

    def probabilities(self, features: Rows) -> Rows:
        """Run the small layers on stacked features (n, f): several members, averaged, then calibrated. (n, 5)"""
        a = self._a
        x = np.clip((features - a["shift"]) / a["scale"], -5, 5)
        hidden = np.maximum(np.einsum("nf,mfh->mnh", x, a["hidden"]) + a["hidden_bias"][:, None], 0)
        logits = (np.einsum("mnh,mhk->mnk", hidden, a["out"]) + a["out_bias"][:, None]).mean(0)
        over = np.minimum.accumulate(sigmoid(logits * a["slope"] + a["offset"]), axis=1)
        edges = np.concatenate(
            [np.ones((len(over), 1), np.float32), over, np.zeros((len(over), 1), np.float32)], axis=1
        )
        probabilities: Rows = (edges[:, :-1] - edges[:, 1:]).astype(np.float32)
        return probabilities

    def _words(self, view: View) -> float:
        return lexical.dot(lexical.features(view), self._a["rarity"], self._a["weights"])


def stacked(outputs: Rows, words: Rows, counted: Rows) -> Rows:
    """Put what the head looks at in its order: (n, 15 + FEATURES_BESIDE)."""
    return np.concatenate([outputs, words[:, None], counted], axis=1).astype(np.float32)


def load_head(path: Path) -> Head:
    """Read a head's file. Raises ModelError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Head({name: arrays[name] for name in ARRAYS})
    except (OSError, ValueError, KeyError):
        raise ModelError(f"{path} is no head of this version of Assay: train it again with `assay train`") from None


def sigmoid(x: Rows) -> Rows:
    """Turn logits into probabilities."""
    return (1 / (1 + np.exp(-np.clip(x, -30, 30)))).astype(np.float32)


def softmax(x: Rows) -> Rows:
    """Turn rows of logits into rows of probabilities."""
    powers = np.exp(x - x.max(axis=1, keepdims=True)) if len(x) else x
    shares: Rows = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
