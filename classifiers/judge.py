"""Turns in, judgements out. `load_judge` is where a model, its backend and its head are put together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from classifiers.encoder import Encoder, Rows
from classifiers.errors import ModelError
from classifiers.exemplars import EXEMPLARS, Exemplars, Near, load_exemplars
from classifiers.head import Head, load_head
from classifiers.judgements import Weighed, judgement
from classifiers.languages import language
from classifiers.manifest import MANIFEST, SHIPPED, Manifest, read_manifest
from classifiers.reasons import reasons
from classifiers.rules import RulesJudge
from classifiers.views import view
from ledger.records import CATEGORIES, Judgement, PendingTurn

NEAREST = 2  # exemplars that a reason names
BACKENDS = ("onnx", "sentence-transformers", "rules")
NETWORK, WEIGHTS, TOKENIZER, HEAD = "network.onnx", "network.safetensors", "tokenizer.json", "head.npz"


class Judge(Protocol):
    """Judges turns, one judgement each, in order."""

    @property
    def name(self) -> str:
        """Name and version: what its judgements are signed with."""

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Judge each turn in its conversation."""

    def weigh(self, turns: Sequence[PendingTurn]) -> list[Weighed]:
        """Judge each turn, and give its ask's embedding along."""


class ModelJudge:
    """Judges with a trained network and head."""

    def __init__(
        self,
        name: str,
        encoder: Encoder,
        head: Head,
        exemplars: Exemplars | None = None,
    ) -> None:
        self.name = name
        self._encoder = encoder
        self._head = head
        self._exemplars = exemplars

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Judge each turn."""
        return [found for found, _ in self.weigh(turns)]

    def weigh(self, turns: Sequence[PendingTurn]) -> list[Weighed]:
        """Judge each turn, and give its ask's embedding along."""
        if not turns:
            return []
        views = [view(turn.text, turn.context) for turn in turns]
        reading = self._encoder.read(views)
        marks = self._head.marks(views, reading)
        judgements = [
            judgement(
                turn,
                self.name,
                level=int(marks.levels[row]),
                probabilities=marks.probabilities[row].tolist(),
                category=CATEGORIES[marks.category(row)],
                work=bool(marks.work[row] >= 0.5),
                lang=language(views[row].said),
                reasons=reasons(marks, row, self._near(reading.embeddings[row])),
            )
            for row, turn in enumerate(turns)
        ]
        return list(zip(judgements, reading.embeddings, strict=True))

    def _near(self, embedding: Rows) -> list[Near]:
        return self._exemplars.nearest(embedding, NEAREST) if self._exemplars else []


def load_judge(model: Path | None = None, backend: str = "onnx") -> Judge:
    """Put a judge together from a model's folder, by default the shipped one.

    Where none was named and none is shipped, or its libraries are not installed, the rules judge. Raises ModelError for
    a folder that was named and holds no whole model, for shipped files that were changed, and for an unknown backend.
    """
    if backend not in BACKENDS:
        raise ModelError(f"unknown backend {backend}: choose one of {', '.join(BACKENDS)}")
    if backend == "rules":
        return RulesJudge("judged by simple rules, as was asked for")
    if model is None and not (SHIPPED / MANIFEST).exists():
        return RulesJudge()
    manifest = read_manifest(model or SHIPPED)
    try:
        encoder = open_encoder(manifest, backend)
    except ImportError as error:
        if model:
            raise ModelError(f"{error.name} is not installed: pip install 'assay[classifier]'") from None
        return RulesJudge(f"judged by simple rules, as {error.name} is not installed")
    exemplars = load_exemplars(manifest.file(EXEMPLARS)) if EXEMPLARS in manifest.files else None
    return ModelJudge(manifest.name, encoder, load_head(manifest.file(HEAD)), exemplars)


def open_encoder(manifest: Manifest, backend: str) -> Encoder:
    """Open a model's network in one of the two backends."""
    if backend == "onnx":
        from classifiers.onnx_encoder import OnnxEncoder

        return OnnxEncoder(manifest.file(NETWORK), manifest.file(TOKENIZER))
    from classifiers.torch_encoder import TorchEncoder

    return TorchEncoder(manifest.file(WEIGHTS))
