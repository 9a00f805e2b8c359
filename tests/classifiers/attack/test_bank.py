"""The banks hold what the attacks and the mirror test promise, and nothing of the corpus."""

import pytest

from classifiers.attack.attacks import ATTACKS
from classifiers.attack.bank import PAIRS, read_bank
from classifiers.attack.bases import CORPUS
from classifiers.labelled import read_labelled

NAMES = [attack.bank for attack in ATTACKS if attack.bank]


@pytest.mark.parametrize(
    ("name", "least", "highest"), [("hollow", 60, 2), ("translated", 90, 1), ("paraphrased", 80, 1), ("loops", 20, 1)]
)
def test_a_bank_is_large_enough_and_asks_for_little(name: str, least: int, highest: int) -> None:
    entries = read_bank(name)
    assert len(entries) >= least
    assert max(entry.item.level for entry in entries) <= highest
    assert len({entry.item.asked.text for entry in entries}) >= 0.9 * len(entries)


def test_translations_and_paraphrases_have_their_plain_ask() -> None:
    assert all(entry.plain for name in ("translated", "paraphrased") for entry in read_bank(name))
    assert len({entry.item.lang for entry in read_bank("translated")}) == 6


def test_loops_come_in_their_conversation() -> None:
    assert all(entry.item.asked.context for entry in read_bank("loops"))


def test_pairs_are_genuine_very_short_and_in_long_dress() -> None:
    entries = read_bank(PAIRS)
    assert len(entries) >= 60
    for entry in entries:
        assert entry.item.level >= 3
        assert entry.dressed is not None
        assert len(entry.item.asked.text) <= 170
        assert len(entry.dressed.text) > 2 * len(entry.item.asked.text)


def test_no_prompt_of_a_bank_is_trained_on() -> None:
    corpus = {item.asked.text.casefold() for path in CORPUS.glob("*.jsonl") for item in read_labelled(path)}
    banked = {entry.item.asked.text.casefold() for name in (*NAMES, PAIRS) for entry in read_bank(name)}
    long = {text for text in banked if len(text) > 40}  # shorter ones, such as `ping`, anybody may send
    assert corpus
    assert long & corpus == set()
