"""The fourth expert: a kernel machine over what an ask means and over its signals, run in plain numpy.

It compares a turn with turns that it was trained on, so it knows the rare kinds of work that a network with few
examples smooths over. It leaves out how it is learned (`stack.kernel`).
"""

from collections.abc import Mapping

import numpy as np

from classifiers.encoder import Rows

# The points that it compares with, in whole steps from -127 to 127 of each feature's own size; what each point adds;
# the width and the offset.
ARRAYS = ("points", "steps", "dual", "bend")
STEPS = 127
SIGNALS_SHARE = 0.2  # how much signals count beside the meaning, whose rows have unit length
CLIP = 4.0  # standard deviations


def features(embeddings: Rows, counted: Rows, shift: Rows, scale: Rows) -> Rows:
    """Put what turns mean, (n, dim) of unit length, beside their signals, (n, f), as the kernel compares them."""
    signals = np.clip((counted - shift) / scale, -CLIP, CLIP)
    return np.concatenate([embeddings, SIGNALS_SHARE * signals], axis=1).astype(np.float32)


def rounded(points: Rows) -> dict[str, Rows]:
    """Write points (k, f) in steps, so that they take a byte a number."""
    steps = np.maximum(np.abs(points).max(axis=0), 1e-6) / STEPS
    return {"points": np.round(points / steps).astype(np.float32), "steps": steps.astype(np.float32)}


class Kernel:
    """A fitted kernel machine, opened once."""

    def __init__(self, arrays: Mapping[str, Rows]) -> None:
        self._points = np.ascontiguousarray((arrays["points"] * arrays["steps"]).T, np.float32)
        self._squares = (self._points**2).sum(axis=0)
        self._dual = arrays["dual"]
        self._width, self._offset = arrays["bend"]

    def scores(self, rows: Rows) -> Rows:
        """Give the level that the kernel suggests for each of `rows`, (n,)."""
        apart = (rows**2).sum(axis=1)[:, None] + self._squares - 2 * rows @ self._points
        return np.asarray(np.exp(-self._width * np.maximum(apart, 0)) @ self._dual + self._offset, np.float32)
