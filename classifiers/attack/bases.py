"""Chooses what is attacked: trivial prompts, and genuine ones for the mirror test. The same seed chooses the same."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from classifiers.errors import BadLine
from classifiers.labelled import Asked, Labelled, read_labelled

CORPUS = Path(__file__).parent.with_name("corpus")
TRIVIAL_UP_TO = 200  # characters: a longer trivial prompt is dressed already
GENUINE_UP_TO = 2000  # characters
GENUINE_SHARE = 2  # trivial prompts to a genuine one


@dataclass(frozen=True, slots=True)
class Bases:
    """Prompts without dress."""

    trivial: tuple[Asked, ...]  # labelled 0 or 1
    genuine: tuple[Asked, ...]  # labelled 3 or 4; may be none


def choose(data: Path | None, sample: int, seed: int) -> Bases:
    """Take `sample` trivial prompts and half as many genuine ones from `data`, by default the corpus.

    Raises BadLine when nothing in it is trivial, and OSError.
    """
    paths = [data] if data else sorted(CORPUS.glob("*.jsonl"))
    items = [item for path in paths for item in read_labelled(path)]
    trivial = drawn(items, sample, seed, lambda item: item.level <= 1 and len(item.asked.text) <= TRIVIAL_UP_TO)
    genuine = drawn(
        items,
        max(1, sample // GENUINE_SHARE),
        seed,
        lambda item: item.level >= 3 and len(item.asked.text) <= GENUINE_UP_TO,
    )
    if not trivial:
        raise BadLine(
            1, f"no prompt here is labelled 0 or 1, first in its chat and under {TRIVIAL_UP_TO} characters: add some"
        )
    return Bases(trivial, genuine)


def drawn(items: Iterable[Labelled], sample: int, seed: int, wanted: Callable[[Labelled], bool]) -> tuple[Asked, ...]:
    """Draw prompts that open a conversation and that a person wrote."""
    fit = [item.asked for item in items if not item.asked.context and item.category != "automation" and wanted(item)]
    return tuple(shuffled(fit, seed)[:sample])


def shuffled(asked: Sequence[Asked], seed: int) -> list[Asked]:
    """Order prompts by a salted digest, so that one more prompt in a file moves no other."""
    return sorted(asked, key=lambda one: sha256(f"{seed} {one.id} {one.text}".encode("utf-8", "replace")).digest())
