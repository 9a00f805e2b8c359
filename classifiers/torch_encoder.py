"""The encoder in torch, from the packaged base weights, a trained model's or any sentence-transformers folder.

Needs the `train` extra.
"""

from collections.abc import Sequence
from pathlib import Path

from classifiers.encoder import Reading, Rows, base_folder
from classifiers.errors import ModelError
from classifiers.tokens import open_tokenizer, tokenize
from classifiers.views import View, view


class TorchEncoder:
    """Runs a network in torch. Without trained `weights` its marks mean nothing, only its vectors do."""

    def __init__(self, weights: Path | None = None, base: Path | None = None) -> None:
        try:
            import torch

            from classifiers import network
        except ImportError:
            raise ModelError("the backend sentence-transformers needs torch: run `make train-env`") from None
        folder = base or base_folder()
        self._network = network.load(str(folder)).eval()
        if weights:
            from safetensors.torch import load_file

            self._network.load_state_dict(
                {name: tensor.to(torch.float32) for name, tensor in load_file(weights).items()}
            )
        self._tokenizer = open_tokenizer(folder / "tokenizer.json")

    @property
    def name(self) -> str:
        """Name the backend."""
        return "sentence-transformers"

    def encode(self, texts: Sequence[str]) -> Rows:
        """Turn texts into vectors, (n, dim) float32, rows of unit length."""
        return self.read([view(text) for text in texts]).embeddings

    def read(self, views: Sequence[View]) -> Reading:
        """Read turns in their conversation."""
        from classifiers import network

        return Reading(*network.predict(self._network, tokenize(self._tokenizer, views)))
