"""The map that leads a judge's embedding back to what an ask means."""

from pathlib import Path

import numpy as np

from classifiers.encoder import Reading, Rows
from classifiers.meaning import Meaning, fit, load_meaning

RANDOM = np.random.default_rng(2)


def unit(rows: Rows) -> Rows:
    """Scale rows to unit length."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_what_is_still_there_is_brought_out(tmp_path: Path) -> None:
    """Two asks alike in kind lie close for the judge, and apart by the map, which outlives its file."""
    base = unit(RANDOM.normal(size=(400, 16)).astype(np.float32))
    kind = np.eye(16, dtype=np.float32)[RANDOM.integers(0, 2, 400)]
    turned = np.linalg.qr(RANDOM.normal(size=(16, 16)))[0].astype(np.float32)
    tuned = unit(base @ turned * 0.3 + kind)
    fit(tuned, base).save(tmp_path / "meaning.npz")
    mapped = load_meaning(tmp_path / "meaning.npz").of(tuned)
    assert np.allclose(np.linalg.norm(mapped, axis=1), 1, atol=1e-3)
    same = kind[:-1, 0] == kind[1:, 0]
    assert (tuned[:-1] * tuned[1:]).sum(1)[same].mean() > 0.8
    assert abs((mapped[:-1] * mapped[1:]).sum(1)[same].mean()) < 0.1
    assert (mapped * base).sum(1).mean() > 0.9


def test_a_reading_without_rows_stays_without() -> None:
    """Nothing in, nothing out."""
    reading = Reading(np.zeros((0, 15), np.float32), np.zeros((0, 4), np.float32))
    assert Meaning(np.eye(4, dtype=np.float32), np.zeros(4, np.float32)).of(reading.embeddings).shape == (0, 4)
