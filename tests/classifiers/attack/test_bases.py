"""The prompts that are attacked are trivial, open a conversation, and are the same for the same seed."""

import json
from pathlib import Path
from typing import Any

import pytest

from classifiers.attack.bases import TRIVIAL_UP_TO, choose
from classifiers.errors import BadLine


def written(path: Path, *items: tuple[str, int], category: str = "question", before: tuple[str, ...] = ()) -> Path:
    """Write labelled prompts."""
    earlier = [{"role": role, "text": text} for role, text in zip(("user", "assistant"), before, strict=False)]
    lines: list[dict[str, Any]] = [
        {
            "id": str(number),
            "turns": [*earlier, {"role": "user", "text": text}],
            "level": level,
            "category": category,
            "work": "yes",
        }
        for number, (text, level) in enumerate(items)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_trivial_and_genuine_prompts_are_told_apart(tmp_path: Path) -> None:
    items = (("hi", 0), ("spell it", 1), ("rewrite this", 2), ("find the bug", 3), ("prove it", 4), ("x" * 999, 1))
    bases = choose(written(tmp_path / "a.jsonl", *items), 100, 7)
    assert {one.text for one in bases.trivial} == {"hi", "spell it"}
    assert {one.text for one in bases.genuine} == {"find the bug", "prove it"}


def test_the_same_seed_draws_the_same_from_the_corpus() -> None:
    first, again, other = choose(None, 40, 7), choose(None, 40, 7), choose(None, 40, 8)
    assert first == again != other
    assert (len(first.trivial), len(first.genuine)) == (40, 20)
    assert max(len(one.text) for one in first.trivial) <= TRIVIAL_UP_TO


@pytest.mark.parametrize(
    ("category", "before"), [("automation", ()), ("question", ("make a table of it", "| a | b |"))]
)
def test_what_no_dress_fits_is_left_out(tmp_path: Path, category: str, before: tuple[str, ...]) -> None:
    with pytest.raises(BadLine, match="no prompt here is labelled 0 or 1"):
        choose(written(tmp_path / "a.jsonl", ("hi", 0), category=category, before=before), 10, 7)
