"""Four experts (the network, the words, the signals, the kernel) mixed into level probabilities, in plain numpy.

It leaves out how the numbers are learned (`training`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classifiers import kernel, lexical
from classifiers.encoder import Reading, Rows
from classifiers.errors import ModelError
from classifiers.signals import signals
from classifiers.views import View
from ledger.records import CATEGORIES

AUTOMATION, CHAT = CATEGORIES.index("automation"), CATEGORIES.index("chat")
CHAT_UNDER = 1.2  # expected level
ARRAYS = (
    "rarity",
    "weights",
    "bias",
    "shift",
    "scale",
    "hidden",
    "hidden_bias",
    "out",
    "out_bias",
    *kernel.ARRAYS,
    "mix",
    "offset",
    "cuts",
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the head makes of turns."""

    probabilities: Rows  # (n, 5): of levels 0 to 4, rows sum to 1
    levels: npt.NDArray[np.int64]  # (n,): 0 to 4
    categories: Rows  # (n, 10): probabilities, in the order of CATEGORIES
    work: Rows  # (n,): probability that it serves some employer's work
    experts: Rows  # (n, 4): the levels that the network, the words, the signals and the kernel suggest, each alone
    signals: Rows  # (n, len(NAMES))

    def category(self, row: int) -> int:
        """Give the place of one turn's category: the likeliest, but automation only when likelier than not.

        Automation takes all value from a turn, so a guess must not do it. And what asks for work is no chat.
        """
        shares = self.categories[row].copy()
        if shares[AUTOMATION] < 0.5:
            shares[AUTOMATION] = 0
        if self.probabilities[row] @ np.arange(5) >= CHAT_UNDER:
            shares[CHAT] = 0
        return int(shares.argmax())


class Head:
    """A trained head."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self._a = {name: np.asarray(arrays[name], dtype=np.float32) for name in ARRAYS}
        self._kernel = kernel.Kernel(self._a)

    def marks(self, views: Sequence[View], reading: Reading) -> Marks:
        """Judge turns that the network has read."""
        counted = signals(views)
        words = np.array([self._words(view) for view in views], dtype=np.float32)
        near = kernel.features(reading.embeddings, counted, self._a["shift"], self._a["scale"])
        said = np.stack(
            [
                expected(reading.outputs[:, :4]),
                words,
                expected(layer_logits(self._a, counted)),
                self._kernel.scores(near),
            ],
            axis=1,
        )
        probabilities = to_probabilities(said @ self._a["mix"] + self._a["offset"])
        score = probabilities @ np.arange(5, dtype=np.float32)
        return Marks(
            probabilities=probabilities,
            levels=(score[:, None] >= self._a["cuts"]).sum(1),
            categories=softmax(reading.outputs[:, 4:-1]),
            work=sigmoid(reading.outputs[:, -1]),
            experts=said,
            signals=counted,
        )

    def _words(self, view: View) -> float:
        return lexical.dot(lexical.features(view), self._a["rarity"], self._a["weights"]) + float(self._a["bias"][0])


def layer_logits(arrays: Mapping[str, Rows], counted: Rows) -> Rows:
    """Run the small layers on signals (n, f): threshold logits (n, 4), the mean of several members."""
    x = np.clip((counted - arrays["shift"]) / arrays["scale"], -5, 5)
    hidden = np.maximum(np.einsum("nf,mfh->mnh", x, arrays["hidden"]) + arrays["hidden_bias"][:, None], 0)
    return np.asarray(
        (np.einsum("mnh,mhk->mnk", hidden, arrays["out"]) + arrays["out_bias"][:, None]).mean(0), np.float32
    )


def expected(logits: Rows) -> Rows:
    """Turn threshold logits (n, 4) into the expected level, 0 to 4, (n,)."""
    return np.asarray(sigmoid(logits).sum(axis=1), np.float32)


def to_probabilities(logits: Rows) -> Rows:
    """Turn threshold logits (n, 4) into level probabilities (n, 5), no threshold likelier passed than a lower one."""
    over = np.minimum.accumulate(sigmoid(logits), axis=1)
    ones, zeros = np.ones((len(over), 1), np.float32), np.zeros((len(over), 1), np.float32)
    edges = np.concatenate([ones, over, zeros], axis=1)
    probabilities: Rows = (edges[:, :-1] - edges[:, 1:]).astype(np.float32)
    return probabilities


def load_head(path: Path) -> Head:
    """Read a head's file. Raises ModelError."""
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return Head({name: arrays[name] for name in ARRAYS})
    except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile):
        raise ModelError(f"{path} is no head of this version of Assay: train it again with `assay train`") from None


def sigmoid(x: Rows) -> Rows:
    """Turn logits into probabilities."""
    return (1 / (1 + np.exp(-np.clip(x, -30, 30)))).astype(np.float32)


def softmax(x: Rows) -> Rows:
    """Turn rows of logits into rows of probabilities."""
    powers = np.exp(x - x.max(axis=1, keepdims=True)) if len(x) else x
    shares: Rows = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
