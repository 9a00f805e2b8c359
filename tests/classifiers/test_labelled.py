"""Reading JSONL."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.errors import BadLine
from classifiers.labelled import Asked, Labelled, group_folds, labelled, read_asked, records

GOOD = {"id": "a", "turns": [{"role": "user", "text": "secret words"}], "level": 2, "category": "coding", "work": "yes"}


def test_a_line_gives_prompt_and_conversation() -> None:
    """The last turn is the prompt, the rest comes before it."""
    turns = [{"role": "user", "text": "one"}, {"role": "assistant", "text": "two"}, {"role": "user", "text": "three"}]
    asked = read_asked(1, {"id": 5, "turns": turns})
    assert (asked.id, asked.text, [m.text for m in asked.context]) == (5, "three", ["one", "two"])


@pytest.mark.parametrize(
    "change",
    [
        {"turns": []},
        {"turns": "hello"},
        {"turns": [{"role": "assistant", "text": "secret words"}]},
        {"turns": [{"role": "robot", "text": "secret words"}]},
        {"turns": [{"role": "user"}]},
        {"id": None},
        {"id": True},
        {"level": 5},
        {"level": True},
        {"level": "2"},
        {"category": "poems"},
        {"work": True},
    ],
)
def test_a_bad_record_is_one_sentence_with_its_line(change: dict[str, object]) -> None:
    """It names the line and the field and quotes no prompt."""
    with pytest.raises(BadLine, match="line 12: ") as caught:
        labelled(12, {**GOOD, **change}, "x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("line", ["{", "[]", "3", '"x"', "{'id': 1}", "[" * 100_000])
def test_what_is_no_object_names_its_line(line: str) -> None:
    """Blank lines count but are not read."""
    with pytest.raises(BadLine, match="line 3: not "):
        list(records(["\n", json.dumps(GOOD), line]))


@given(st.text())
def test_any_line_is_a_record_or_a_bad_line(line: str) -> None:
    """Nothing else comes out of the parser."""
    with suppress(BadLine):
        for number, record in records([line]):
            assert isinstance(read_asked(number, record), Asked)


def test_a_group_never_lies_in_two_folds() -> None:
    """Folds are even, and keep what belongs together."""
    items = [Labelled(Asked(str(n), "", ()), 1, "chat", False, "en", "x", f"g{n % 40}") for n in range(400)]
    folds = group_folds(items, 4, seed=7)
    assert all(len({f for f, item in zip(folds, items, strict=True) if item.group == f"g{k}"}) == 1 for k in range(40))
    assert {folds.count(fold) for fold in range(4)} == {100}
