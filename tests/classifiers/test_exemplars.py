"""Exemplars are short and varied; the nearest are found and named."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from classifiers.encoder import Reading, Rows
from classifiers.errors import ModelError
from classifiers.exemplars import CORPUS, EACH, OWN, UP_TO, Near, choose, exemplars, likened, load_exemplars
from classifiers.labelled import Asked, Labelled, read_labelled
from classifiers.views import View


class HashingEncoder:
    """Turns words into fixed random directions, so that texts that share words are near."""

    name = "hashing"

    def encode(self, texts: Sequence[str]) -> Rows:
        rows = np.array([self._row(text) for text in texts], np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def read(self, views: Sequence[View]) -> Reading:
        raise NotImplementedError

    def _row(self, text: str) -> Rows:
        words = [sum(word.encode()) * 7919 + len(word) for word in text.lower().split()] or [0]
        return np.asarray(sum(np.random.default_rng(word).normal(size=384) for word in words), np.float32)


def corpus() -> list[Labelled]:
    return [item for name in OWN for item in read_labelled(CORPUS / f"{name}.jsonl")]


def item(name: str, level: int, text: str, origin: str = "business") -> Labelled:
    return Labelled(Asked(name, text, ()), level, "other", True, "en", origin, name)


def test_the_corpus_gives_each_level_its_share_short_and_varied() -> None:
    chosen = choose(corpus())
    assert Counter(one.level for one in chosen) == dict.fromkeys(range(5), EACH)
    assert len({one.asked.text for one in chosen}) == len(chosen)
    assert len({one.category for one in chosen}) >= 8
    assert all(len(one.asked.text) <= UP_TO[one.level] and not one.asked.context for one in chosen)
    assert chosen == choose(corpus())


def test_what_the_model_itself_doubts_is_not_chosen() -> None:
    items = [item("a", 1, "spell it"), item("b", 1, "spell this")]
    assert choose(items, doubted={"a"}) == [items[1]]


def test_they_come_back_from_a_small_file_and_find_themselves(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    made = exemplars(encoder)
    made.save(tmp_path / "exemplars.npz")
    assert (tmp_path / "exemplars.npz").stat().st_size < 400_000
    found = load_exemplars(tmp_path / "exemplars.npz")
    assert (found.ids, found.texts, found.levels.tolist()) == (made.ids, made.texts, made.levels.tolist())
    row = found.levels.tolist().index(3)
    near = found.nearest(encoder.encode([found.texts[row]])[0], 3)
    assert (near[0].id, near[0].level) == (found.ids[row], 3)
    assert near[0].similarity == pytest.approx(1, abs=0.01)
    assert near[0].similarity >= near[1].similarity >= near[2].similarity


def test_a_reason_names_what_is_near_and_nothing_that_is_not() -> None:
    near = [Near("a", "spell it", 1, 0.9), Near("b", "x" * 200, 4, 0.6), Near("c", "far away", 0, 0.1)]
    said = likened(near)
    assert said == f"much like “spell it” (trivial) and “{'x' * 70}…” (deep)"
    assert likened(near[2:]) is None


def test_a_file_that_holds_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "exemplars.npz").write_bytes(b"none")
    with pytest.raises(ModelError, match="holds no exemplars: train the model again"):
        load_exemplars(tmp_path / "exemplars.npz")
