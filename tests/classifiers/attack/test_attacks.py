"""Each dress keeps the ask, is the same for the same seed, and uses no text that is trained on."""

import re
from itertools import chain
from random import Random

import pytest

from classifiers import disguise_parts, disguises
from classifiers.attack import texts
from classifiers.attack.attacks import ATTACKS, BY_NAME, Attack

DRESSING = [attack for attack in ATTACKS if attack.dress is not None]
ASK = "when does the library close?"


@pytest.mark.parametrize("attack", DRESSING, ids=lambda attack: attack.name)
def test_a_dress_adds_to_the_ask_and_keeps_it(attack: Attack) -> None:
    assert attack.dress is not None
    dressed = attack.dress(ASK, Random(1))
    assert ASK in dressed
    assert len(dressed) > len(ASK)


@pytest.mark.parametrize("attack", DRESSING, ids=lambda attack: attack.name)
def test_the_same_dice_give_the_same_dress(attack: Attack) -> None:
    assert attack.dress is not None
    assert attack.dress(ASK, Random("7 x")) == attack.dress(ASK, Random("7 x"))
    assert len({attack.dress(ASK, Random(dice)) for dice in range(12)}) > 1


def test_every_attack_has_one_source_and_costs_something() -> None:
    assert len(BY_NAME) == len(ATTACKS)
    for attack in ATTACKS:
        assert (attack.dress is None) or (attack.bank is None)
        assert attack.seconds > 0


def windows(text: str) -> set[tuple[str, ...]]:
    """Give a text's runs of five words."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def test_no_text_of_the_attacks_is_trained_on() -> None:
    """Or the figures would say how well the judge learned its disguises by heart."""
    fixed = (*disguise_parts.PREAMBLES, *disguise_parts.ENDINGS, *disguise_parts.PASTED)
    drawn = (disguises.dress("", Random(dice)) for dice in range(2000))
    trained = set(chain.from_iterable(map(windows, (*fixed, *drawn))))
    banks = (
        *texts.PERSONAS,
        *texts.JARGON,
        *texts.LOGS,
        *texts.CODES,
        *texts.CONSTRAINTS,
        *texts.IMPORTANCE,
        *texts.RATER,
        *texts.LONG_REPORTS,
        *texts.FRAGMENTS,
    )
    assert trained
    assert [text for text in banks if windows(text) & trained] == []
