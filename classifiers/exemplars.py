"""Prompts of our own that show what each level looks like: a reason names those nearest to the turn.

Their texts may be shown to anybody, as we invented them: only the corpus files named in OWN are chosen from, never what
a company trains on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.encoder import Encoder, Rows
from classifiers.errors import ModelError
from classifiers.labelled import Labelled, read_labelled
from ledger.records import LEVELS

CORPUS = Path(__file__).with_name("corpus")
EXEMPLARS = "exemplars.npz"
OWN = (
    "business",
    "contrast",
    "conversations",
    "engineering",
    "gaming",
    "natural-mixed",
    "natural-office",
    "natural-tech",
)
EACH = 60  # of a level
UP_TO = (160, 160, 160, 220, 280)  # characters, by level: as short as that level's prompts come
SHOWN = 70  # characters of an exemplar that a reason quotes
ALIKE = 0.5  # cosine under which nothing is near enough to name


@dataclass(frozen=True, slots=True)
class Near:
    """An exemplar and how near it is."""

    id: str
    text: str = field(repr=False)
    level: int
    similarity: float  # cosine, -1 to 1


@dataclass(frozen=True, slots=True)
class Exemplars:
    """Exemplars with a model's embeddings of them."""

    ids: tuple[str, ...]
    texts: tuple[str, ...] = field(repr=False)
    levels: npt.NDArray[np.int64]  # (n,)
    embeddings: Rows = field(repr=False)  # (n, dim), rows of unit length

    def nearest(self, embedding: npt.NDArray[np.floating], n: int) -> list[Near]:
        """Give the `n` most similar to a unit vector (dim,), the nearest first."""
        similarity = self.embeddings @ embedding.astype(np.float32)
        order = np.argsort(-similarity, kind="stable")[:n]
        return [
            Near(self.ids[row], self.texts[row], int(self.levels[row]), float(similarity[row]))
            for row in map(int, order)
        ]

    def save(self, path: Path) -> None:
        """Write them, the embeddings in half precision."""
        np.savez_compressed(
            path,
            ids=np.array(self.ids),
            texts=np.array(self.texts),
            levels=self.levels.astype(np.int8),
            embeddings=self.embeddings.astype(np.float16),
        )


def exemplars(encoder: Encoder, doubted: Collection[str] = ()) -> Exemplars:
    """Choose exemplars from the shipped corpus and embed them, once a model is trained, whatever it was trained on.

    `doubted` has the ids of items that the model, when it had not seen them, rated otherwise: they make no example.
    """
    items = [item for name in OWN for item in read_labelled(CORPUS / f"{name}.jsonl")]
    chosen = choose(items, doubted)
    return Exemplars(
        tuple(str(item.asked.id) for item in chosen),
        tuple(item.asked.text for item in chosen),
        np.array([item.level for item in chosen], np.int64),
        encoder.encode([item.asked.text for item in chosen]),
    )


def load_exemplars(path: Path) -> Exemplars:
    """Read a model's exemplars. Raises ModelError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Exemplars(
                tuple(map(str, arrays["ids"])),
                tuple(map(str, arrays["texts"])),
                arrays["levels"].astype(np.int64),
                arrays["embeddings"].astype(np.float32),
            )
    except (OSError, ValueError, KeyError):
        raise ModelError(f"{path} holds no exemplars: train the model again with `assay train`") from None


def choose(items: Sequence[Labelled], doubted: Collection[str] = (), each: int = EACH) -> list[Labelled]:
    """Take `each` of every level: in turns from each category of each file, one of a topic."""
    chosen: list[Labelled] = []
    fitting = sorted((item for item in items if fits(item) and str(item.asked.id) not in doubted), key=salt)
    for level in range(len(LEVELS)):
        bins: dict[tuple[str, str], dict[str, Labelled]] = {}
        for item in fitting:
            if item.level == level:
                bins.setdefault((item.category, item.origin), {}).setdefault(item.group, item)
        turns = zip_longest(*(bins[key].values() for key in sorted(bins)))
        distinct = {item.asked.text.casefold(): item for turn in turns for item in turn if item is not None}
        chosen += list(distinct.values())[:each]
    return chosen


def fits(item: Labelled) -> bool:
    """Tell whether an item can be read on its own and is short."""
    asked = item.asked
    return (
        not asked.context
        and item.category != "automation"
        and "\n" not in asked.text
        and len(asked.text) <= UP_TO[item.level]
    )


def salt(item: Labelled) -> bytes:
    """Order items at random, the same each time."""
    return sha256(str(item.asked.id).encode("utf-8", "replace")).digest()


def likened(near: Sequence[Near]) -> str | None:
    """Write a reason that names the nearest exemplars; None: none is near."""
    alike = [one for one in near if one.similarity >= ALIKE]
    if not alike:
        return None
    quoted = (
        f"“{one.text[:SHOWN].rstrip()}{'…' if len(one.text) > SHOWN else ''}” ({LEVELS[one.level]})" for one in alike
    )
    return f"much like {' and '.join(quoted)}"
