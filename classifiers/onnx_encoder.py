"""The encoder without torch: ONNX Runtime on one thread. The one door to onnxruntime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.encoder import Reading, Rows
from classifiers.errors import ModelError
from classifiers.tokens import open_tokenizer, pad, tokenize
from classifiers.views import View, view

BATCH = 8  # perf: larger batches leave the caches, and the memory stays


class OnnxEncoder:
    """Runs an exported network."""

    def __init__(self, network: Path, tokenizer: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it grows to gigabytes and never shrinks
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
            self._tokenizer = open_tokenizer(tokenizer)
        except Exception:  # the two libraries raise classes of their own for a file that is no model
            raise ModelError(
                f"{network.parent} holds no model that can be run: train it again with `assay train`"
            ) from None

    @property
    def name(self) -> str:
        """Name the backend."""
        return "onnx"

    def encode(self, texts: Sequence[str]) -> Rows:
        """Turn texts into vectors, (n, dim) float32, rows of unit length."""
        return self.read([view(text) for text in texts]).embeddings

    def read(self, views: Sequence[View]) -> Reading:
        """Read turns, eight at a time, those of one length together."""
        tokens = tokenize(self._tokenizer, views)
        order = np.argsort([len(ids) for ids, _ in tokens], kind="stable")
        got = [
            self._session.run(["outputs", "embeddings"], pad([tokens[row] for row in order[start : start + BATCH]]))
            for start in range(0, len(order), BATCH)
        ]
        if not got:
            outputs, embeddings = (self._session.get_outputs()[k].shape[1] for k in (0, 1))
            return Reading(np.zeros((0, outputs), np.float32), np.zeros((0, embeddings), np.float32))
        back = np.argsort(order)
        return Reading(np.concatenate([g[0] for g in got])[back], np.concatenate([g[1] for g in got])[back])
