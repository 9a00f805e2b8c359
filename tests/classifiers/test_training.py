"""Training, export and both backends, on a network small enough to train in seconds."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.encoder import BASE_DIGESTS, base_folder
from classifiers.errors import BadLine, ModelError
from classifiers.exemplars import EXEMPLARS, load_exemplars
from classifiers.judge import HEAD, NETWORK, TOKENIZER, WEIGHTS, load_judge, open_encoder
from classifiers.manifest import read_manifest
from classifiers.scoring import score_text
from classifiers.training import Trained, gather, train
from classifiers.views import view
from tests.classifiers.asking import pending

pytestmark = [
    pytest.mark.train,
    # torch, transformers and the exporter warn of their own insides
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:Converting a tensor to a Python"),
]

NOISE = ("hi", "thanks", "hello there", "ok cool", "are you there", "good morning")
WORK = (
    "debug the nightly import of orders, it must finish before 6:00 and fails with a timeout",
    "compare the two leases for 40 desks under the constraint that we leave in 2027",
    "write the SQL over orders(id, placed_at, total) for the top 3 regions by quarter",
    "plan the move of 12 servers without downtime, each has 2 disks and one owner",
)


def corpus(folder: Path, copies: int = 20) -> Path:
    """Write labelled prompts that any judge can tell apart."""
    lines = []
    for copy in range(copies):
        for level, texts in ((0, NOISE), (3, WORK)):
            for place, text in enumerate(texts):
                turns = [{"role": "user", "text": f"{text} {copy}"}]
                category = "coding" if level else "chat"
                record = {"id": f"{level}-{copy}-{place}", "turns": turns, "level": level, "category": category}
                lines.append(json.dumps({**record, "work": "yes" if level else "no", "lang": "en"}))
    path = folder / "natural-made.jsonl"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with the packaged tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(1)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / TOKENIZER).write_bytes((base_folder() / TOKENIZER).read_bytes())
    return folder


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model trained on next to nothing."""
    folder = tmp_path_factory.mktemp("trained")
    return train([corpus(folder)], [], folder / "model", epochs=1, folds=2, members=1, base=base)


def test_the_base_weights_are_the_published_ones() -> None:
    """The packaged file is what its makers published."""
    assert (base_folder() / "model.safetensors").stat().st_size > 90_000_000
    assert set(BASE_DIGESTS) == {"model.safetensors", "tokenizer.json"}


def test_a_model_says_what_it_was_made_from(trained: Trained) -> None:
    """Seed, data digests, library versions and figures are in the manifest."""
    manifest = read_manifest(trained.path)
    assert manifest.name == trained.name
    assert set(manifest.files) == {NETWORK, WEIGHTS, TOKENIZER, HEAD, EXEMPLARS}
    assert set(manifest.made) >= {"seed", "data", "libraries", "out_of_fold"}
    assert list(manifest.made["data"]) == ["natural-made.jsonl"]


def test_it_learns(trained: Trained) -> None:
    """What anybody can tell apart is told apart, out of fold and by the judge that was written."""
    assert trained.figures["spearman"] > 0.7
    judge = load_judge(trained.path)
    assert score_text(judge, WORK[0]).score > score_text(judge, NOISE[0]).score + 1


def test_reasons_name_exemplars(trained: Trained) -> None:
    """The model brings them, and a turn that is one finds itself."""
    exemplars = load_exemplars(trained.path / EXEMPLARS)
    assert (trained.path / EXEMPLARS).stat().st_size < 400_000
    said = load_judge(trained.path).judge([pending(exemplars.texts[0])])[0].reasons
    assert any(reason.startswith("much like “") for reason in said)


def test_both_backends_agree(trained: Trained, base: Path) -> None:
    """int8 without torch and half precision with it see the same."""
    from classifiers.torch_encoder import TorchEncoder

    manifest = read_manifest(trained.path)
    views = [view(text) for text in (*NOISE, *WORK)]
    small = open_encoder(manifest, "onnx").read(views)
    large = TorchEncoder(manifest.file(WEIGHTS), base).read(views)
    assert ((small.embeddings * large.embeddings).sum(1) > 0.95).all()
    assert np.abs(small.outputs - large.outputs).max() < 0.5


def test_training_twice_gives_the_same_head(trained: Trained, base: Path, tmp_path: Path) -> None:
    """The seed decides everything."""
    again = train([corpus(tmp_path)], [], tmp_path / "model", epochs=1, folds=2, members=1, base=base)
    assert again.figures == trained.figures
    assert read_manifest(again.path).files == read_manifest(trained.path).files


def test_real_prompts_count_more_and_alone_make_the_figures(tmp_path: Path) -> None:
    """Disguised copies are added, and are never measured on."""
    lessons = gather([corpus(tmp_path)], [corpus(tmp_path / "..")], 2, seed=7)
    assert len(lessons.items) > 400
    assert lessons.real.sum() <= 400
    assert {
        str(item.asked.id).endswith("-dressed") for item, real in zip(lessons.items, lessons.real, strict=True) if real
    } == {False}


def test_too_little_data_is_refused(tmp_path: Path) -> None:
    """The sentence says how much is needed."""
    with pytest.raises(ModelError, match="10 labelled prompts are too few"):
        train([corpus(tmp_path, 1)], [], tmp_path / "model")


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    """Before anything is trained."""
    (tmp_path / "x.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(BadLine, match=r"x\.jsonl, line 1: `turns`"):
        train([tmp_path / "x.jsonl"], [], tmp_path / "model")


def test_a_judgement_carries_the_models_name(trained: Trained) -> None:
    """Old judgements stay under the old name."""
    assert load_judge(trained.path).judge([pending("hi")])[0].classifier == trained.name
